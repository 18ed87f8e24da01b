// The handlers' calling convention. A handler computes, then jumps to the next cell's handler: on
// clang, x86-64, by a tail call in which all of the interpreter's state stays in registers;
// elsewhere (WEFT_DISPATCH_LOOP) by returning to a loop. The bodies are the same.
//
//   register  name   what it holds
//   r12       ctx    the running instance's Context
//   r13       rs     innermost return Record; records grow down
//   r14       mem    base of memory 0
//   r15       pc     this cell
//   rdi       fp     the frame: 8-byte slots, parameters first
//   rsi       acc    integer accumulator (i32 zero-extended)
//   xmm0      facc   f64 accumulator
//   xmm1      sacc   f32 accumulator
//   xmm2      vacc   v128 accumulator
//
// rdx is free for one more. preserve_none makes every register but the stack pointer caller-saved,
// so that handlers save nothing. Entering from C++ is done by assembly only (entry_x86_64.S): the
// C++ caller may keep its frame in rbx.
#pragma once

#include <cstdint>
#include <cstring>
#include <type_traits>

#include "interp/core/sanitizers.h"
#include "interp/core/trap.h"
#include "interp/core/value.h"
#include "interp/runtime/context.h"
#include "interp/runtime/objects.h"
#include "interp/translate/cell.h"

namespace weft::interp {

// A v128 on its way from one handler to the next: plain, so that code for any target can pass it.
using VectorAcc [[gnu::vector_size(16)]] = uint8_t;

// The interpreter's registers on entry, and in the dispatch loop's case all the time. Assembly
// knows these offsets.
struct EntryState {
  Context* ctx;               // 0
  Record* rs;                 // 8
  uint8_t* mem;               // 16
  const uint8_t* pc;          // 24
  uint64_t* fp;               // 32
  uint64_t acc;               // 40
  double facc;                // 48
  float sacc;                 // 56
  uint32_t running;           // 60: loop dispatch only
  void* saved_stack_pointer;  // 64: where a fault lands
  VectorAcc vacc;             // 80
};

#if WEFT_DISPATCH_LOOP

using HandlerFn = void(EntryState&);
#define WEFT_HANDLER(name) void name([[maybe_unused]] ::weft::interp::EntryState& weft_state)
#define WEFT_REGS                                \
  [[maybe_unused]] auto& ctx = weft_state.ctx;   \
  [[maybe_unused]] auto& rs = weft_state.rs;     \
  [[maybe_unused]] auto& mem = weft_state.mem;   \
  [[maybe_unused]] auto& pc = weft_state.pc;     \
  [[maybe_unused]] auto& fp = weft_state.fp;     \
  [[maybe_unused]] auto& acc = weft_state.acc;   \
  [[maybe_unused]] auto& facc = weft_state.facc; \
  [[maybe_unused]] auto& sacc = weft_state.sacc; \
  [[maybe_unused]] auto& vacc = weft_state.vacc
#define WEFT_TAIL(handler) return (handler)(weft_state)
#define WEFT_DISPATCH() return
// For table entries that name the next handler: the loop finds it in the cell.
#define WEFT_DISPATCH_TO(handler) \
  do {                            \
    static_cast<void>(handler);   \
    return;                       \
  } while (false)
#define WEFT_EXIT()         \
  do {                      \
    weft_state.running = 0; \
    return;                 \
  } while (false)

#else

#define WEFT_PRESERVE_NONE __attribute__((preserve_none))
using HandlerFn = WEFT_PRESERVE_NONE void(Context*, Record*, uint8_t*, const uint8_t*, uint64_t*,
                                          uint64_t, double, float, VectorAcc);
// Uninstrumented: sanitizers' checks would be calls, and guest memory is not theirs to judge.
#define WEFT_HANDLER(name)                                                                        \
  WEFT_PRESERVE_NONE WEFT_UNINSTRUMENTED void name(                                               \
      [[maybe_unused]] ::weft::interp::Context* ctx, [[maybe_unused]] ::weft::interp::Record* rs, \
      [[maybe_unused]] uint8_t* mem, [[maybe_unused]] const uint8_t* pc,                          \
      [[maybe_unused]] uint64_t* fp, [[maybe_unused]] uint64_t acc, [[maybe_unused]] double facc, \
      [[maybe_unused]] float sacc, [[maybe_unused]] ::weft::interp::VectorAcc vacc)
#define WEFT_REGS static_assert(true)
#define WEFT_TAIL(handler) \
  [[clang::musttail]] return (handler)(ctx, rs, mem, pc, fp, acc, facc, sacc, vacc)
#define WEFT_DISPATCH() WEFT_TAIL(*::weft::interp::read_unaligned<::weft::interp::HandlerFn*>(pc))
#define WEFT_DISPATCH_TO(handler) WEFT_TAIL(*(handler))
#define WEFT_EXIT() return

#endif

// Goes on with the cell after this one, of `size` bytes.
#define WEFT_NEXT(size) \
  do {                  \
    pc += (size);       \
    WEFT_DISPATCH();    \
  } while (false)

// Out of line, so that the handlers that may trap save no registers for it. A handler traps before
// it has changed anything: where the reason is gone, its cell begins again.
template <TrapCode Code>
[[gnu::cold, gnu::noinline]] WEFT_HANDLER(trap_exit) {
  WEFT_REGS;
  if constexpr (Code == TrapCode::OutOfBoundsMemoryAccess) {
    if (refresh_shared_memories(*ctx->state)) WEFT_DISPATCH();
  }
  ctx->state->trap = {Code, pc, fp, rs, ctx};
  WEFT_EXIT();
}
#define WEFT_TRAP(code) WEFT_TAIL(::weft::interp::trap_exit<code>)

// The same for a code known only at run time: it is in the accumulator.
[[gnu::cold, gnu::noinline]] inline WEFT_HANDLER(trap_exit_dynamic) {
  WEFT_REGS;
  ctx->state->trap = {static_cast<TrapCode>(acc), pc, fp, rs, ctx};
  WEFT_EXIT();
}
#define WEFT_TRAP_WITH(code)                      \
  do {                                            \
    acc = static_cast<uint64_t>(code);            \
    WEFT_TAIL(::weft::interp::trap_exit_dynamic); \
  } while (false)

// Keep `pc` at this cell until guest memory was accessed, so that a fault finds the cell in its
// register: the compiler may not advance it before an access whose result (or effect) it must pass
// through here. No instruction comes of it.
template <class T>
[[gnu::always_inline]] inline void keep_until_loaded(const uint8_t*& pc, const T& value) {
#if defined(__x86_64__)
  if constexpr (std::is_floating_point_v<T>) {
    asm volatile("" : "+r"(pc) : "x"(value));
  } else {
    asm volatile("" : "+r"(pc) : "r"(value));
  }
#endif
}
[[gnu::always_inline]] inline void keep_until_stored(const uint8_t*& pc) {
  asm volatile("" : "+r"(pc) : : "memory");
}

}  // namespace weft::interp
