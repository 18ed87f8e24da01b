// setjmp for guest programs: wasi-libc of 2022 has none. Beside it, jumps.c has what the compiler
// calls.
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

// Which call of which setjmp this is, and what a jump to it carries.
struct weft_jump {
  void* invocation;
  int label;
  struct {
    void* target;
    int value;
  } payload;
};
typedef struct weft_jump jmp_buf[1];

int setjmp(jmp_buf target) __attribute__((returns_twice));
void longjmp(jmp_buf target, int value) __attribute__((noreturn));

#ifdef __cplusplus
}
#endif
