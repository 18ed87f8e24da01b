/* Indirect calls: a stack machine of tagged values, each instruction a function in a table. */
#include "workload.h"

typedef enum { kNil, kInteger, kReal } Tag;
typedef struct {
  Tag tag;
  union {
    int64_t integer;
    double real;
  } as;
} Value;
typedef struct {
  uint8_t op;
  int32_t operand;
} Instr;
typedef struct {
  const Instr* pc;
  Value* top; /* of the stack, the next free place */
  Value locals[8];
  int running;
} Machine;

static double real(Value v) { return v.tag == kReal ? v.as.real : (double)v.as.integer; }
static int truth(Value v) {
  return v.tag == kReal ? v.as.real != 0 : v.tag == kInteger && v.as.integer != 0;
}
static void push_integer(Machine* m, int64_t i) { *m->top++ = (Value){kInteger, {.integer = i}}; }
static void push_real(Machine* m, double r) { *m->top++ = (Value){kReal, {.real = r}}; }

static void constant(Machine* m, int32_t operand) { push_integer(m, operand); }
static void half(Machine* m, int32_t operand) { push_real(m, operand + 0.5); }
static void load(Machine* m, int32_t operand) { *m->top++ = m->locals[operand]; }
static void store(Machine* m, int32_t operand) { m->locals[operand] = *--m->top; }
static void jump(Machine* m, int32_t operand) { m->pc += operand; }
static void jump_unless(Machine* m, int32_t operand) {
  if (!truth(*--m->top)) m->pc += operand;
}
static void halt(Machine* m, int32_t operand) { m->running = operand; }

/* An arithmetic instruction: on integers if both are, else on reals. */
#define ARITHMETIC(name, operator)                                                        \
  static void name(Machine* m, int32_t operand) {                                         \
    const Value b = *--m->top, a = *--m->top;                                             \
    (void)operand;                                                                        \
    if (a.tag == kInteger && b.tag == kInteger) {                                         \
      push_integer(m, (int64_t)((uint64_t)a.as.integer operator(uint64_t) b.as.integer)); \
    } else {                                                                              \
      push_real(m, real(a) operator real(b));                                             \
    }                                                                                     \
  }
ARITHMETIC(add, +)
ARITHMETIC(subtract, -)
ARITHMETIC(multiply, *)

static void less(Machine* m, int32_t operand) {
  const Value b = *--m->top, a = *--m->top;
  (void)operand;
  push_integer(
      m, a.tag == kInteger && b.tag == kInteger ? a.as.integer < b.as.integer : real(a) < real(b));
}

enum {
  kConstant,
  kHalf,
  kLoad,
  kStore,
  kJump,
  kJumpUnless,
  kHalt,
  kAdd,
  kSubtract,
  kMultiply,
  kLess
};
static void (*const instrs[])(Machine*, int32_t) = {
    constant, half, load, store, jump, jump_unless, halt, add, subtract, multiply, less,
};

int main(int argc, char** argv) {
  /* locals: 0 n, 1 i, 2 an integer, 3 a real */
  static const Instr program[] = {
      {kLoad, 1},     {kLoad, 0},      {kLess, 0},     {kJumpUnless, 22}, /* 0: while i < n */
      {kLoad, 2},     {kConstant, 31}, {kMultiply, 0},                    /* 4 */
      {kLoad, 1},     {kAdd, 0},       {kStore, 2},                       /* 7 */
      {kLoad, 3},     {kHalf, 100},    {kLess, 0},     {kJumpUnless, 5},  /* 10: real < 100.5 */
      {kLoad, 3},     {kHalf, 1},      {kMultiply, 0}, {kStore, 3},
      {kJump, 2},                  /* 14: times 1.5 */
      {kConstant, 1}, {kStore, 3}, /* 19: else 1 */
      {kLoad, 1},     {kConstant, 1},  {kAdd, 0},      {kStore, 1},
      {kJump, -26}, /* 21 */
      {kHalt, 0},   /* 26 */
  };
  Value stack[16];
  Machine m = {.pc = program, .top = stack, .running = 1};
  for (int i = 0; i < 8; i++) m.locals[i] = (Value){kInteger, {.integer = 1}};
  m.locals[0].as.integer = workload_size(argc, argv, 350000);
  while (m.running) {
    const Instr* instr = m.pc++;
    instrs[instr->op](&m, instr->operand);
  }
  return workload_result(
      mix((uint64_t)m.locals[2].as.integer, (uint64_t)(real(m.locals[3]) * 1000)));
}
