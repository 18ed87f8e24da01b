// setjmp and longjmp: over many frames, within loops, nested, with values that survive.
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static jmp_buf outer;

__attribute__((noinline)) static int dive(int depth, int value) {
  volatile char frame[64];
  memset((char*)frame, depth, sizeof frame);
  if (depth == 0) longjmp(outer, value);
  return dive(depth - 1, value) + frame[3];
}

static void values(void) {
  for (int i = -1; i <= 2; i++) {
    volatile int before = 10 * i;
    const int came = setjmp(outer);
    if (came == 0) {
      before++;
      dive(50, i);
      printf("never\n");
    }
    printf("%d -> %d, %d\n", i, came, before);
  }
}

// Two targets in one function, and one in a function in between that isn't meant.
static jmp_buf first;
static jmp_buf second;

__attribute__((noinline)) static void middle(int which) {
  jmp_buf unused;
  if (setjmp(unused) == 0) longjmp(which == 0 ? first : second, 1 + which);
  printf("never\n");
}

static void nested(void) {
  volatile int round = 0;
  if (setjmp(first) != 0) {
    printf("first ");
    round = round + 1;
  }
  if (setjmp(second) != 0) {
    printf("second ");
    round = round + 1;
  }
  if (round < 4) middle(round % 2);
  printf("after %d rounds\n", round);
}

// Errors of an allocator and a parser, undone by their callers.
static jmp_buf* handler;

__attribute__((noinline)) static void fail(const char* what) {
  printf("(%s) ", what);
  longjmp(*handler, 1);
}

__attribute__((noinline)) static long number(const char** at) {
  char* end = NULL;
  const long value = strtol(*at, &end, 10);
  if (end == *at) fail(*at);
  *at = end;
  return value;
}

static void sum(const char* text) {
  jmp_buf here;
  jmp_buf* const previous = handler;
  const char* at = text;
  volatile long total = 0;
  handler = &here;
  if (setjmp(here) == 0) {
    total = number(&at);
    while (*at == '+') {
      at++;
      total += number(&at);
    }
    printf("%s = %ld\n", text, total);
  } else {
    printf("%s: gave up at %ld\n", text, total);
  }
  handler = previous;
}

int main(void) {
  values();
  nested();
  sum("1+2+3");
  sum("40+x+2");
  sum("");
  volatile unsigned jumps = 0;
  jmp_buf again;
  if (setjmp(again) < 100000) {
    jumps = jumps + 1;
    longjmp(again, (int)jumps);
  }
  printf("%u jumps\n", jumps);
  return 4;
}
