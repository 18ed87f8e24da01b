// setjmp and longjmp for guest programs. With -mllvm -wasm-enable-sjlj clang turns them into
// exceptions with a tag of their own, and calls of these functions.
#include <setjmp.h>
#include <stddef.h>

// A call of setjmp, numbered within its function, by one invocation of that function.
void __wasm_setjmp(struct weft_jump* target, int label, void* invocation) {
  target->invocation = invocation;
  target->label = label;
}

// Which call of setjmp in the function that caught a jump was meant; 0 if it was another
// function's.
int __wasm_setjmp_test(const struct weft_jump* target, const void* invocation) {
  return target->invocation == invocation ? target->label : 0;
}

_Noreturn void __wasm_longjmp(struct weft_jump* target, int value) {
  target->payload.target = target;
  target->payload.value = value == 0 ? 1 : value;
  __builtin_wasm_throw(1, &target->payload);
  __builtin_unreachable();
}
