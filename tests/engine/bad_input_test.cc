// Damaged modules through the whole engine: every one is refused with an error, or is translated,
// instantiated and run without crash, hang or sanitizer report. That decoding and validation alone
// survive is tests/validate/bad_input_test.cc, byte by byte; what counts here is what they accept.
//
// Five real modules: C with its library, C++, vectors, several values and references, bulk
// operations. Of those above 2 KiB a sample of positions is taken, other ones each time the seed is
// changed: WEFT_BAD_INPUT_SEED; WEFT_BAD_INPUT_SAMPLES=n takes n positions, 0 all of them.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "interp/execute/backtrace.h"
#include "interp/execute/invoke.h"
#include "interp/runtime/instantiate.h"
#include "interp/runtime/store.h"
#include "interp/translate/code.h"
#include "interp/validate/module_validator.h"
#include "tests/decode/module_bytes.h"
#include "tests/engine/random_program.h"

namespace weft::interp::testing {
namespace {

constexpr uint64_t kMaxMemory = uint64_t{2} << 20;
constexpr uint64_t kMaxTable = 10'000;
constexpr uint64_t kFuel = 3'000;
constexpr uint32_t kMaxRuns = 12;  // exports called

Bytes read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  Bytes bytes(std::istreambuf_iterator<char>(file), {});
  EXPECT_FALSE(bytes.empty()) << path;
  return bytes;
}

struct Counts {
  uint64_t modules = 0;
  uint64_t accepted = 0;
  uint64_t instantiated = 0;
  uint64_t runs = 0;
  uint64_t finished = 0;
};

// Answers every import with zeroes.
TrapCode answer(void* env, Store&, Instance*, Value* values) {
  const auto* const type = static_cast<const FuncType*>(env);
  for (size_t i = 0; i < type->results.size(); ++i) values[i] = Value();
  return TrapCode::None;
}

bool make_imports(Store& store, const CompiledModule& compiled, std::vector<ExternVal>& imports) {
  const Module& module = *compiled.module;
  for (const Import& import : module.imports) {
    void* object = nullptr;
    switch (import.kind) {
      case ExternKind::Func: {
        const FuncType& type = module.func_type(import.index);
        object = store.new_host_func(module.func_type_id(import.index), type, answer,
                                     const_cast<FuncType*>(&type), nullptr);
        break;
      }
      case ExternKind::Memory: {
        const auto made = store.new_memory(module.memories[import.index]);
        if (!made) return false;
        object = *made;
        break;
      }
      case ExternKind::Table: {
        const auto made = store.new_table(module.tables[import.index].type, nullptr);
        if (!made) return false;
        object = *made;
        break;
      }
      case ExternKind::Global:
        object = store.new_global(module.globals[import.index].type, {});
        break;
      default:
        return false;
    }
    imports.push_back({import.kind, object});
  }
  return true;
}

void run(Store& store, Instance& instance, FuncInst& func, RandomBits& bits, Counts& counts) {
  store.set_fuel(kFuel);
  const FuncType& type = func_type_of(func);
  std::vector<Value> values(std::max(type.params.size(), type.results.size()) + 1);
  for (size_t i = 0; i < type.params.size(); ++i) {
    const ValType param = type.params[i];
    if (param == ValType::V128) {
      values[i] = Value::of_v128({{1, 2, 3}});
    } else if (!param.is_ref()) {
      values[i].bits = param == ValType::I32   ? bits.value_of('i')
                       : param == ValType::I64 ? bits.value_of('l')
                                               : bits.value_of(param == ValType::F32 ? 'f' : 'd');
    }
  }
  ++counts.runs;
  const TrapCode trap = invoke(store, func, values.data());
  if (trap == TrapCode::None) {
    ++counts.finished;
    return;
  }
  // Where it happened lies in the module.
  const Backtrace trace = backtrace(store, store.state().trap);
  for (const TraceFrame& frame : trace.frames) {
    if (frame.instance == nullptr) continue;
    EXPECT_EQ(frame.instance, &instance);
    EXPECT_LT(frame.func, instance.module().funcs.size());
    EXPECT_LT(frame.offset, instance.module().source.bytes.size()) << text_of(trap);
  }
}

void feed(const Bytes& bytes, uint64_t seed, Counts& counts) {
  ++counts.modules;
  auto module = decode(bytes);
  if (!module) {
    EXPECT_FALSE(module.error().message().empty());
    return;
  }
  auto types = std::make_shared<TypeRegistry>();
  ValidateOptions options;
  options.threads = 1;
  if (const auto valid = validate_module(**module, *types, options); !valid) {
    EXPECT_FALSE(valid.error().message().empty());
    return;
  }
  ++counts.accepted;
  const auto compiled = std::make_shared<CompiledModule>(*std::move(module), types);
  RandomBits bits(seed);
  StoreConfig config;
  config.fuel = true;
  config.stack_bytes = uint64_t{64} << 10;
  config.max_call_depth = 200;
  if (bits.chance(50)) config.memories = StoreConfig::Memories::Checked;
  auto store = *Store::make(types, config);
  Limiter limiter;
  limiter.memory = [](uint64_t, uint64_t wanted, auto) { return wanted <= kMaxMemory; };
  limiter.table = [](uint64_t, uint64_t wanted, auto) { return wanted <= kMaxTable; };
  store->set_limiter(std::move(limiter));
  std::vector<ExternVal> imports;
  if (!make_imports(*store, *compiled, imports)) return;
  const auto made = instantiate(*store, compiled, imports);
  if (!made || made->trap != TrapCode::None) return;
  ++counts.instantiated;
  Instance& instance = *made->instance;
  EXPECT_TRUE(instance.context().code->translate_all());
  if (compiled->module->start)
    run(*store, instance, *instance.func(*compiled->module->start), bits, counts);
  uint32_t runs = 0;
  for (size_t i = 0; i < compiled->module->exports.size() && runs < kMaxRuns; ++i) {
    const ExternVal exported = instance.export_at(i);
    if (exported.kind != ExternKind::Func) continue;
    ++runs;
    run(*store, instance, *static_cast<FuncInst*>(exported.object), bits, counts);
  }
}

uint64_t from_environment(const char* name, uint64_t otherwise) {
  const char* const text = std::getenv(name);
  return text ? std::strtoull(text, nullptr, 0) : otherwise;
}

struct Case {
  const char* name;
  bool is_guest;
};

class BadInput : public ::testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    const std::string name = GetParam().name;
    bytes = read_file((GetParam().is_guest ? WEFT_GUESTS_DIR "/" : WEFT_FIXTURES_DIR "/") + name +
                      ".wasm");
    seed = from_environment("WEFT_BAD_INPUT_SEED", 1);
  }
  void TearDown() override {
    std::cout << GetParam().name << ", " << bytes.size() << " bytes: " << counts.modules
              << " modules, " << counts.accepted << " accepted, " << counts.instantiated
              << " instantiated, " << counts.runs << " runs, " << counts.finished << " finished\n";
  }

  // All positions of a small module, `samples` of a large one.
  std::vector<size_t> positions(uint64_t samples) const {
    samples = from_environment("WEFT_BAD_INPUT_SAMPLES", bytes.size() <= 2048 ? 0 : samples);
    std::vector<size_t> result;
    RandomBits bits(seed);
    if (samples == 0) {
      for (size_t i = 0; i < bytes.size(); ++i) result.push_back(i);
    } else {
      // The head, with its types and imports, is denser.
      for (size_t i = 0; i < samples; ++i)
        result.push_back(bits.below(static_cast<uint32_t>(
            i % 4 == 0 ? std::min<size_t>(bytes.size(), 600) : bytes.size())));
    }
    return result;
  }

  Bytes bytes;
  uint64_t seed = 1;
  Counts counts;
};

TEST_P(BadInput, TheModuleItselfRuns) {
  feed(bytes, seed, counts);
  EXPECT_EQ(counts.instantiated, 1u);
  EXPECT_GT(counts.runs, 0u);
}

TEST_P(BadInput, EveryPrefixIsRefusedOrRuns) {
  for (const size_t length : positions(400))
    feed(Bytes(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(length)), seed, counts);
}

TEST_P(BadInput, EveryChangedByteIsRefusedOrRuns) {
  RandomBits bits(seed + 1);
  const bool is_small = bytes.size() <= 2048;
  for (const size_t at : positions(700)) {
    const uint8_t original = bytes[at];
    std::vector<uint8_t> values = {
        static_cast<uint8_t>(original + 1), static_cast<uint8_t>(original - 1),
        static_cast<uint8_t>(original ^ 0x80), static_cast<uint8_t>(bits.next()),
        static_cast<uint8_t>(bits.next())};
    if (is_small) {
      for (const int more :
           {0x00, 0x01, 0x0b, 0x1a, 0x20, 0x21, 0x22, 0x40, 0x6a, 0x7e, 0x7f, 0xfc, 0xff})
        values.push_back(static_cast<uint8_t>(more));
    }
    for (const uint8_t value : values) {
      bytes[at] = value;
      feed(bytes, seed + at, counts);
    }
    bytes[at] = original;
  }
}

// Two changes, the second one where code is: what validation catches least.
TEST_P(BadInput, SwappedAndRepeatedBytesAreRefusedOrRun) {
  RandomBits bits(seed + 2);
  const Bytes good = bytes;
  for (const size_t at : positions(300)) {
    const uint32_t length = 1 + bits.below(4);
    const uint32_t from = bits.below(static_cast<uint32_t>(good.size()));
    for (size_t i = 0; i < length && at + i < good.size() && from + i < good.size(); ++i)
      bytes[at + i] = good[from + i];
    feed(bytes, seed + at, counts);
    bytes = good;
  }
}

INSTANTIATE_TEST_SUITE_P(Modules, BadInput,
                         ::testing::Values(Case{"bad_hello", true}, Case{"bad_shapes", true},
                                           Case{"bad_kernel", true}, Case{"values", false},
                                           Case{"bulk", false}),
                         [](const auto& module) { return std::string(module.param.name); });

}  // namespace
}  // namespace weft::interp::testing
