// Hand-made cells and handlers: threaded code without the translator.
#pragma once

#include <array>

#include "interp/execute/abi.h"
#include "interp/execute/host_call.h"
#include "interp/execute/invoke.h"
#include "interp/translate/code.h"
#include "tests/runtime/fixtures.h"

namespace weft::interp::testing {

// Cells for these handlers: the handler and one operand of 8 bytes.
struct Cell {
  HandlerFn* handler;
  uint64_t operand = 0;
};
// Inlined even where sanitizers instrument the rest: a call would disturb registers that the fault
// handler looks at.
[[gnu::always_inline]] inline uint64_t operand_of(const uint8_t* pc) {
  return reinterpret_cast<const Cell*>(pc)->operand;
}
template <class T>
uint64_t to_operand(T* pointer) {
  return reinterpret_cast<uintptr_t>(pointer);
}

// Returns to the caller; results are in the frame.
inline WEFT_HANDLER(hand_return) {
  WEFT_REGS;
  pc = rs->pc;
  fp = rs->fp;
  ++rs;
  WEFT_DISPATCH();
}

// frame[0] := the byte of memory 0 at frame[0] + operand, which is below 2^33.
inline WEFT_HANDLER(hand_load) {
  WEFT_REGS;
  const uint64_t at = fp[0] + operand_of(pc);
  const uint64_t value = mem[at];
  keep_until_loaded(pc, value);
  fp[0] = value;
  WEFT_NEXT(sizeof(Cell));
}

// frame[0] := the word at that address of the process.
inline WEFT_HANDLER(hand_peek) {
  WEFT_REGS;
  const uint64_t value = *reinterpret_cast<const volatile uint64_t*>(fp[0]);
  fp[0] = value;
  WEFT_NEXT(sizeof(Cell));
}

// frame[0] := frame[0] + operand.
inline WEFT_HANDLER(hand_add) {
  WEFT_REGS;
  fp[0] += operand_of(pc);
  WEFT_NEXT(sizeof(Cell));
}

// Calls the host function in the operand with the frame as its arguments.
inline WEFT_HANDLER(hand_call_host) {
  WEFT_REGS;
  const TrapCode trap =
      call_host_from_wasm(ctx, reinterpret_cast<FuncInst*>(operand_of(pc)), fp, pc, rs);
  if (trap != TrapCode::None) WEFT_TRAP_WITH(trap);
  WEFT_NEXT(sizeof(Cell));
}

// Pushes a record and calls the cells in the operand, with the same frame.
inline WEFT_HANDLER(hand_call) {
  WEFT_REGS;
  --rs;
  *rs = {pc + sizeof(Cell), fp};
  if (reinterpret_cast<uintptr_t>(rs) < ctx->state->record_limit.load(std::memory_order_relaxed)) {
    WEFT_TRAP_WITH(ctx->state->on_record_limit(rs));
  }
  pc = reinterpret_cast<const uint8_t*>(operand_of(pc));
  WEFT_DISPATCH();
}

inline WEFT_HANDLER(hand_trap) {
  WEFT_REGS;
  WEFT_TRAP_WITH(static_cast<TrapCode>(operand_of(pc)));
}

// An infinite loop with a look at the interrupt flag.
inline WEFT_HANDLER(hand_spin) {
  WEFT_REGS;
  if (ctx->state->stop_requested()) WEFT_TRAP(TrapCode::Interrupted);
  WEFT_DISPATCH();
}

// A store with an instance that has a memory of one page and functions made of the cells given.
class HandMadeTest : public ::testing::Test {
 protected:
  explicit HandMadeTest(StoreConfig config = {}) { open(config); }

  void open(StoreConfig config) {
    store = make_store(config, types);
    instance = &instance_of({{ValType::I32}, {ValType::I32}});
  }

  Instance& instance_of(const FuncType& func_type) {
    InstanceBuilder builder(types);
    builder.module.memories.push_back(memory_type(1));
    builder.module.funcs.assign(100, {builder.type(func_type.params, func_type.results), {}});
    return instantiate_ok(*store, builder);
  }

  // The next unused function of the instance, running these cells. They live as long as the test.
  FuncInst& func(std::initializer_list<Cell> cells, Instance* of = nullptr) {
    code.emplace_back(cells);
    FuncInst& made = *(of != nullptr ? of : instance)->func(next_func++);
    made.code = reinterpret_cast<const uint8_t*>(code.back().data());
    return made;
  }

  FuncInst& host_func(const FuncType& type, HostCallback call, void* env) {
    host_types.push_back(type);
    return *store->new_host_func(types->intern(type), host_types.back(), call, env, nullptr);
  }

  // As a call of (i32) -> i32.
  TrapCode call(FuncInst& f, uint32_t argument, uint32_t* result = nullptr) {
    Value values[2] = {Value::of_i32(argument)};
    const TrapCode trap = invoke(*store, f, values);
    if (result != nullptr) *result = values[0].i32;
    return trap;
  }

  std::shared_ptr<TypeRegistry> types = std::make_shared<TypeRegistry>();
  std::deque<FuncType> host_types;
  std::deque<std::vector<Cell>> code;
  uint32_t next_func = 0;
  std::unique_ptr<Store> store;
  Instance* instance = nullptr;
};

inline const FuncType kUnary{{ValType::I32}, {ValType::I32}};

}  // namespace weft::interp::testing
