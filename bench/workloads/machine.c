/* A switch in a loop: a little register machine runs a program that collects primes. */
#include "workload.h"

enum Op {
  kLoadI,
  kAdd,
  kSub,
  kMul,
  kRem,
  kLess,
  kJumpIf,
  kJump,
  kStore,
  kLoad,
  kMove,
  kXor,
  kShift,
  kHalt
};
typedef struct {
  uint8_t op, a, b, c;
  int32_t imm;
} Instr;

static uint32_t memory[4096];

static uint64_t run(const Instr* code, uint32_t limit) {
  uint32_t r[16] = {0};
  uint64_t steps = 0;
  r[0] = limit;
  for (const Instr* at = code;; at++, steps++) {
    switch (at->op) {
      case kLoadI:
        r[at->a] = (uint32_t)at->imm;
        break;
      case kAdd:
        r[at->a] = r[at->b] + r[at->c];
        break;
      case kSub:
        r[at->a] = r[at->b] - r[at->c];
        break;
      case kMul:
        r[at->a] = r[at->b] * r[at->c];
        break;
      case kRem:
        r[at->a] = r[at->b] % r[at->c];
        break;
      case kLess:
        r[at->a] = r[at->b] < r[at->c];
        break;
      case kJumpIf:
        if (r[at->a]) at += at->imm;
        break;
      case kJump:
        at += at->imm;
        break;
      case kStore:
        memory[r[at->b] & 4095] = r[at->a];
        break;
      case kLoad:
        r[at->a] = memory[r[at->b] & 4095];
        break;
      case kMove:
        r[at->a] = r[at->b];
        break;
      case kXor:
        r[at->a] = r[at->b] ^ r[at->c];
        break;
      case kShift:
        r[at->a] = r[at->b] << (at->imm & 31);
        break;
      case kHalt:
        return mix(mix(steps, r[1]), r[2]);
    }
  }
}

int main(int argc, char** argv) {
  /* r1: primes found, r2: their xor, r3: candidate, r4: divisor, r5: scratch, r6: 1, r7: square */
  static const Instr code[] = {
      {kLoadI, 6, 0, 0, 1},   {kLoadI, 3, 0, 0, 2},   /* 0 */
      {kLess, 5, 0, 3, 0},    {kJumpIf, 5, 0, 0, 14}, /* 2: candidate > limit: to 18 */
      {kLoadI, 4, 0, 0, 2},                           /* 4 */
      {kMul, 7, 4, 4, 0},     {kLess, 5, 3, 7, 0},    /* 5: divisor * divisor > candidate: prime */
      {kJumpIf, 5, 0, 0, 4},                          /* 7: to 12 */
      {kRem, 5, 3, 4, 0},     {kAdd, 4, 4, 6, 0},     /* 8 */
      {kJumpIf, 5, 0, 0, -6},                         /* 10: to 5 */
      {kJump, 0, 0, 0, 4},                            /* 11: composite: to 16 */
      {kStore, 3, 1, 0, 0},   {kLoad, 5, 1, 0, 0},    /* 12 */
      {kXor, 2, 2, 5, 0},     {kAdd, 1, 1, 6, 0},     /* 14 */
      {kAdd, 3, 3, 6, 0},     {kJump, 0, 0, 0, -16},  /* 16: to 2 */
      {kHalt, 0, 0, 0, 0},                            /* 18 */
  };
  return workload_result(run(code, workload_size(argc, argv, 60000)));
}
