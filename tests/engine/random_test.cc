// Random valid programs, run by the engine and by a naive evaluator: same results, traps, globals,
// memory and table.
//
// WEFT_RANDOM_PROGRAMS=n runs n programs instead of the few thousand of the continuous tests,
// WEFT_RANDOM_SEED=n starts at another one. A program that fails is made smaller and printed.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <ostream>
#include <set>

#include "interp/execute/backtrace.h"
#include "interp/execute/handlers.h"
#include "interp/execute/invoke.h"
#include "interp/runtime/instantiate.h"
#include "interp/runtime/store.h"
#include "interp/translate/cell_layout.h"
#include "interp/translate/code.h"
#include "interp/translate/fusion_rows.h"
#include "interp/validate/module_validator.h"
#include "tests/engine/random_program.h"
#include "tests/engine/reference_evaluator.h"
#include "tests/execute/simd_reference.h"

namespace weft::interp::testing {
namespace {

char letter_of(ValType type) {
  switch (type.kind()) {
    case ValType::I32:
      return 'i';
    case ValType::I64:
      return 'l';
    case ValType::F32:
      return 'f';
    case ValType::F64:
      return 'd';
    default:
      return 'v';
  }
}

bool same(char type, const Value& a, const Value& b, bool exact_nans) {
  switch (type) {
    case 'i':
      return a.i32 == b.i32;
    case 'f':
      return a.i32 == b.i32 || (!exact_nans && std::isnan(a.f32) && std::isnan(b.f32));
    case 'd':
      return a.i64 == b.i64 || (!exact_nans && std::isnan(a.f64) && std::isnan(b.f64));
    case 'v':
      return a.v128 == b.v128;
    default:
      return a.i64 == b.i64;
  }
}

// What the import computes, for both.
void host_function(Value* values) {
  const uint64_t real = std::isnan(values[2].f64) ? 3 : std::bit_cast<uint64_t>(values[2].f64);
  values[0] = Value::of_i64(values[0].i64 * 3 + values[1].i32 + real);
}

uint8_t initial_byte(size_t at) { return static_cast<uint8_t>(at * 37 ^ at >> 8); }

struct Options {
  bool checked;
  bool fuel;
  bool eager;
  bool profile;
  Optimizations optimizations;
};

// All of them, none, or any.
Optimizations any_optimizations(RandomBits& bits) {
  Optimizations optimizations = Optimizations::all();
  if (bits.chance(40)) return optimizations;
  const bool none = bits.chance(20);
  for (size_t i = 0; i < kOptimizationCount; ++i)
    optimizations.set(static_cast<Optimization>(i), !none && bits.chance(70));
  return optimizations;
}

class EngineRun {
 public:
  EngineRun(std::shared_ptr<const CompiledModule> compiled, const Options& options) {
    StoreConfig config;
    config.memories =
        options.checked ? StoreConfig::Memories::Checked : StoreConfig::Memories::Auto;
    config.fuel = options.fuel;
    config.profile = options.profile;
    config.optimizations = options.optimizations;
    x_store = *Store::make(compiled->types, config);
    if (options.fuel) x_store->set_fuel(INT64_MAX);
    const FuncType& host_type = compiled->module->func_type(0);
    std::vector<ExternVal> imports;
    imports.push_back({ExternKind::Func, x_store->new_host_func(
                                             compiled->types->intern(host_type), host_type,
                                             [](void*, Store&, Instance*, Value* values) {
                                               host_function(values);
                                               return TrapCode::None;
                                             },
                                             nullptr, nullptr)});
    for (uint32_t i = 0; i < kRandomImportedGlobals; ++i)
      imports.push_back(
          {ExternKind::Global, x_store->new_global(compiled->module->globals[i].type, {})});
    const auto made = instantiate(*x_store, std::move(compiled), imports);
    instance = made->instance;
    if (options.eager) instance->context().code->translate_all();
    for (size_t i = 0; i < memory().bytes; ++i) memory().base[i] = initial_byte(i);
  }

  MemoryInst& memory() {
    return *instance->memory(static_cast<uint32_t>(instance->module().memories.size() - 1));
  }
  TrapCode call(uint32_t func, std::vector<Value>& values) {
    return invoke(*x_store, *instance->func(func), values.data());
  }
  // Where the last call trapped, innermost first.
  std::vector<CodePosition> trace() {
    std::vector<CodePosition> result;
    for (const TraceFrame& frame : backtrace(*x_store, x_store->state().trap).frames)
      result.push_back({frame.instance != nullptr ? frame.func : UINT32_MAX, frame.offset});
    return result;
  }

  Instance* instance = nullptr;

 private:
  std::unique_ptr<Store> x_store;
};

// Null if the program is not valid, which is a mistake of the generator (or of shrinking).
std::shared_ptr<const CompiledModule> compile(const RandomProgram& program,
                                              std::string* error = nullptr) {
  auto types = std::make_shared<TypeRegistry>();
  ValidateOptions one_thread;
  one_thread.threads = 1;
  auto module = decode(program.build());
  if (module) {
    const auto valid = validate_module(**module, *types, one_thread);
    if (valid) return std::make_shared<CompiledModule>(*std::move(module), std::move(types));
    if (error) *error = valid.error().message();
  } else if (error) {
    *error = module.error().message();
  }
  return nullptr;
}

std::string describe(const Value& value) {
  char text[80];
  std::snprintf(text, sizeof text, "%016llx:%016llx",
                static_cast<unsigned long long>(read_unaligned<uint64_t>(value.v128.bytes + 8)),
                static_cast<unsigned long long>(value.bits));
  return text;
}

struct Statistics {
  uint64_t calls = 0;
  uint64_t traps = 0;
  uint64_t given_up = 0;
};

// "" if both agree on a series of calls.
std::string difference(const RandomProgram& program, uint64_t seed,
                       Statistics* statistics = nullptr) {
  std::string error;
  const auto compiled = compile(program, &error);
  if (compiled == nullptr) return "invalid: " + error;
  const Module& module = *compiled->module;
  RandomBits bits(seed ^ 0xabcdef);
  const Options options{bits.chance(50), bits.chance(20), bits.chance(30), bits.chance(20),
                        any_optimizations(bits)};
  EngineRun engine(compiled, options);
  // Traps must not tell what was inlined.
  std::unique_ptr<EngineRun> calling;
  if (bits.chance(30)) {
    Options other = options;
    other.optimizations.set(Optimization::Inlining, false);
    calling = std::make_unique<EngineRun>(compiled, other);
  }
  ReferenceEvaluator reference(module);
  reference.host = [](uint32_t, Value* values) { host_function(values); };
  reference.max_steps = 20'000;
  reference.globals.resize(kRandomGlobals.size());
  reference.memory.resize(kPageBytes);
  for (size_t i = 0; i < kPageBytes; ++i) reference.memory[i] = initial_byte(i);
  reference.table = program.table;

  for (uint32_t round = 0; round < 6; ++round) {
    const uint32_t func =
        1 + (round < program.funcs.size() ? round : bits.below(uint32_t(program.funcs.size())));
    const FuncType& type = module.func_type(func);
    std::vector<Value> arguments;
    for (const ValType param : type.params) {
      Value value;
      write_unaligned(value.v128.bytes, bits.value_of(letter_of(param)));
      if (param == ValType::V128) write_unaligned(value.v128.bytes + 8, bits.next());
      arguments.push_back(value);
    }
    std::vector<Value> expected = arguments;
    const auto outcome = reference.call(func, expected);
    if (statistics) ++statistics->calls;
    if (!outcome) {
      if (statistics) ++statistics->given_up;
      return "";
    }
    std::vector<Value> actual = arguments;
    actual.resize(std::max(type.params.size(), type.results.size()));
    const TrapCode trap = engine.call(func, actual);
    std::vector<Value> same_arguments = arguments;
    same_arguments.resize(actual.size());
    if (calling != nullptr) calling->call(func, same_arguments);
    const std::string at =
        "call " + std::to_string(round) + ", function " + std::to_string(func) + ": ";
    if (trap != *outcome)
      return at + "trap '" + std::string(text_of(trap)) + "' instead of '" +
             std::string(text_of(*outcome)) + "'";
    if (trap != TrapCode::None) {
      if (statistics) ++statistics->traps;
      if (calling != nullptr && engine.trace() != calling->trace()) return at + "backtrace";
    } else {
      for (size_t i = 0; i < type.results.size(); ++i) {
        if (!same(letter_of(type.results[i]), expected[i], actual[i], program.exact_nans))
          return at + "result " + std::to_string(i) + " is " + describe(actual[i]) + ", not " +
                 describe(expected[i]);
      }
    }
    for (uint32_t i = 0; i < kRandomGlobals.size(); ++i) {
      const Value& value = *engine.instance->global(i)->value;
      if (!same(kRandomGlobals[i], reference.globals[i], value, program.exact_nans))
        return at + "global " + std::to_string(i) + " is " + describe(value) + ", not " +
               describe(reference.globals[i]);
    }
    MemoryInst& memory = engine.memory();
    if (memory.bytes != reference.memory.size()) return at + "size of memory";
    if (std::memcmp(memory.base, reference.memory.data(), memory.bytes) != 0) {
      const auto first =
          std::mismatch(memory.base, memory.base + memory.bytes, reference.memory.begin()).first;
      return at + "memory at " + std::to_string(first - memory.base);
    }
    for (uint32_t i = 0; i < kRandomTableSize; ++i) {
      const auto* const element = static_cast<FuncInst*>(engine.instance->table(0)->elems[i].ref);
      if ((element ? element->index + 1 : 0) != reference.table[i])
        return at + "table element " + std::to_string(i);
    }
  }
  return "";
}

bool fails(const RandomProgram& program, uint64_t seed) {
  if (compile(program) == nullptr) return false;
  return !difference(program, seed).empty();
}

// Takes away what can be taken away while the program still fails.
RandomProgram shrink(RandomProgram program, uint64_t seed) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  const auto try_change = [&](auto change) {
    RandomProgram smaller = program;
    change(smaller);
    if (std::chrono::steady_clock::now() > deadline || !fails(smaller, seed)) return false;
    program = std::move(smaller);
    return true;
  };
  for (bool progress = true; progress;) {
    progress = false;
    for (size_t f = 0; f < program.funcs.size(); ++f) {
      const auto instrs = [f](RandomProgram& p) -> std::vector<Bytes>& {
        return p.funcs[f].instrs;
      };
      for (const size_t length : {64, 16, 8, 4, 3, 2, 1}) {
        for (size_t at = 0; at + length <= instrs(program).size();) {
          const bool removed = try_change([&](RandomProgram& p) {
            const auto begin = instrs(p).begin() + static_cast<ptrdiff_t>(at);
            instrs(p).erase(begin, begin + static_cast<ptrdiff_t>(length));
          });
          progress |= removed;
          if (!removed) ++at;
        }
      }
      // A block without what it holds, and two instructions that are apart.
      for (size_t at = 0; at < instrs(program).size(); ++at) {
        for (size_t to = at + 1; to < instrs(program).size() && to < at + 60; ++to) {
          progress |= try_change([&](RandomProgram& p) {
            instrs(p).erase(instrs(p).begin() + static_cast<ptrdiff_t>(to));
            instrs(p).erase(instrs(p).begin() + static_cast<ptrdiff_t>(at));
          });
          if (at >= instrs(program).size()) break;
        }
      }
      // Something simple instead.
      for (size_t at = 0; at < instrs(program).size(); ++at) {
        for (const Bytes& simple : {Bytes{0x1a}, Bytes{0x41, 0}, Bytes{0x01}}) {
          if (instrs(program)[at].size() > simple.size() || instrs(program)[at][0] > 0x44)
            progress |= try_change([&](RandomProgram& p) { instrs(p)[at] = simple; });
        }
      }
    }
  }
  return program;
}

uint64_t from_environment(const char* name, uint64_t otherwise) {
  const char* const text = std::getenv(name);
  return text ? std::strtoull(text, nullptr, 0) : otherwise;
}

TEST(RandomPrograms, ComputeTheSameAsTheNaiveEvaluator) {
  const uint64_t count = from_environment("WEFT_RANDOM_PROGRAMS", 4000);
  const uint64_t first = from_environment("WEFT_RANDOM_SEED", 1);
  Statistics statistics;
  int failures = 0;
  for (uint64_t seed = first; seed < first + count && failures < 3; ++seed) {
    const RandomProgram program = random_program(seed);
    const std::string found = difference(program, seed, &statistics);
    if (found.empty()) continue;
    ++failures;
    const RandomProgram small = found.starts_with("invalid") ? program : shrink(program, seed);
    std::string listing;
    if (const auto compiled = compile(small)) {
      const ReferenceEvaluator reference(*compiled->module);
      for (uint32_t func = 1; func < compiled->module->funcs.size(); ++func)
        listing += reference.listing(func);
    }
    ADD_FAILURE() << "seed " << seed << ": " << found << "\nshrunk: " << difference(small, seed)
                  << "\n"
                  << listing;
  }
  RecordProperty("calls", std::to_string(statistics.calls));
  std::cout << statistics.calls << " calls, " << statistics.traps << " traps, "
            << statistics.given_up << " given up\n";
  EXPECT_LT(statistics.given_up * 10, statistics.calls + 10);
  EXPECT_LT(statistics.traps * 2, statistics.calls + 10);
}

// That the generator makes what the translator fuses: every row for vectors whose NaNs are no
// matter of taste.
TEST(RandomPrograms, ContainEveryPairOfVectorInstructions) {
  if (handler_for({.shape = Shape::VUnary, .op = Opcode::I8x16Abs, .a = In::Acc}) == nullptr)
    GTEST_SKIP() << "the build or the processor has no such pairs";
  const auto exact = [](Opcode op) {
    const std::string_view results = info(op).results();
    return results != "f" && results != "d" &&
           simd_reference::reference_of(op).nans == simd_reference::NanLanes::None;
  };
  std::set<uint64_t> missing;
  for (const Fusion& row : kFusions) {
    if (is_vector(row.shape) && exact(row.op) && exact(row.inner)) missing.insert(row.order());
  }
  EXPECT_GT(missing.size(), 30u);
  std::set<Shape> alone = {Shape::VShiftOr, Shape::VLoadIndexed, Shape::VStoreIndexed};
  for (uint64_t seed = 0; seed < 20'000 && !(missing.empty() && alone.empty()); ++seed) {
    const RandomProgram program = random_program(seed);
    if (program.memory != RandomMemory::First) continue;
    EngineRun run(compile(program), {.checked = false,
                                     .fuel = false,
                                     .eager = true,
                                     .profile = false,
                                     .optimizations = Optimizations::all()});
    CodeSpace& code = *run.instance->context().code;
    for (uint32_t i = 1; i <= program.funcs.size(); ++i) {
      const uint8_t* cell = code.entry(i);
      const uint8_t* const end = code.find_function(cell)->end;
      while (cell < end) {
        const HandlerKey key = *key_of(read_unaligned<Handler>(cell));
        const CellLayout layout = cell_layout(key);
        alone.erase(key.shape);
        if (has_inner(key.shape) && is_vector(key.shape))
          missing.erase(kFusions[*find_fusion(key)].order());
        if (key.shape == Shape::BranchTable)
          cell +=
              (size_t{read_unaligned<uint32_t>(cell + layout.x)} + 1) * sizeof(BranchTableEntry);
        cell += layout.size;
      }
    }
  }
  EXPECT_TRUE(alone.empty());
  for (const Fusion& row : kFusions) {
    EXPECT_FALSE(missing.contains(row.order())) << info(row.inner).text << ", " << info(row.op).text
                                                << " shape " << static_cast<int>(row.shape);
  }
}

}  // namespace
}  // namespace weft::interp::testing
