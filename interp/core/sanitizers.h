// Code that sanitizers leave alone, because what it touches is not theirs to judge.
#pragma once

#if defined(__clang__)
// Without any check: for code whose registers and calls must stay as written.
#define WEFT_UNINSTRUMENTED \
  __attribute__((no_sanitize("address", "undefined", "thread"), disable_sanitizer_instrumentation))
#else
#define WEFT_UNINSTRUMENTED
#endif

// Accesses to a guest's memory: when threads share it, guests may race in it as they please.
#define WEFT_GUEST_ACCESS __attribute__((no_sanitize("thread")))

#if defined(__SANITIZE_THREAD__)
#define WEFT_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define WEFT_TSAN 1
#endif
#endif
