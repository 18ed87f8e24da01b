// Functions that are seldom called from code that is hot.
#pragma once

// Out of line, and what the caller has in registers stays there: it saves nothing for the call.
#if defined(__clang__) && defined(__x86_64__)
#define WEFT_SELDOM __attribute__((noinline, preserve_most))
#else
#define WEFT_SELDOM __attribute__((noinline))
#endif
