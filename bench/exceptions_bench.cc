// Throwing through calls and catching, against returning from the same calls.
#include <benchmark/benchmark.h>

#include <memory>

#include "interp/execute/invoke.h"
#include "interp/runtime/instantiate.h"
#include "interp/runtime/store.h"
#include "interp/validate/module_validator.h"
#include "tests/decode/module_bytes.h"

namespace weft::interp::testing {
namespace {

using enum Opcode;

Bytes op(Opcode opcode, const Bytes& immediates = {}) { return join(encode(opcode), immediates); }

// The export `f` calls `down` with `depth` so many times, in a try; `down` calls itself until its
// argument is 0, and then throws or returns.
Bytes program(bool throws) {
  constexpr uint8_t i32 = 0x7f, void_type = 0x40, catch_tag = 0;
  ModuleBuilder builder;
  builder.type({}, {}).type({i32}, {}).type({i32, i32}, {});
  builder.item(ModuleBuilder::kTag, {0, 0});
  const Bytes get = op(LocalGet, {0});
  const Bytes minus_one = join(op(I32Const, {1}), op(I32Sub));
  builder.func(1, join(get, op(I32Eqz), op(If, {void_type}), throws ? op(Throw, {0}) : op(Return),
                       op(End), get, minus_one, op(Call, {0})));
  builder.func(
      2, join(op(Loop, {void_type}), op(Block, {void_type}),
              op(TryTable, {void_type, 1, catch_tag, 0, 0}), get, op(Call, {0}), op(End), op(End),
              op(LocalGet, {1}), minus_one, op(LocalTee, {1}), op(BrIf, {0}), op(End)));
  builder.item(ModuleBuilder::kExport, {1, 'f', 0, 1});
  return builder.build();
}

void run(benchmark::State& state, bool throws) {
  constexpr uint32_t times = 1'000;
  auto types = std::make_shared<TypeRegistry>();
  auto module = decode(program(throws));
  if (!module || !validate_module(**module, *types)) return state.SkipWithError("the module");
  const auto store = *Store::make(types, StoreConfig{});
  Instance& instance =
      *instantiate(*store, std::make_shared<CompiledModule>(*std::move(module), types), {})
           ->instance;
  auto* func = static_cast<FuncInst*>(instance.find_export("f")->object);
  for (auto _ : state) {
    Value values[] = {Value::of_i32(static_cast<uint32_t>(state.range(0)) - 1),
                      Value::of_i32(times)};
    if (invoke(*store, *func, values) != TrapCode::None) return state.SkipWithError("a trap");
  }
  state.SetItemsProcessed(state.iterations() * times);
}

void BM_Throw(benchmark::State& state) { run(state, true); }
void BM_Return(benchmark::State& state) { run(state, false); }

BENCHMARK(BM_Throw)->Arg(1)->Arg(10)->Arg(100);
BENCHMARK(BM_Return)->Arg(1)->Arg(10)->Arg(100);

}  // namespace
}  // namespace weft::interp::testing
