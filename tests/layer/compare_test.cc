// The same scenarios on all backends, whose results are compared with one another: the
// interpreter's are what the others' must be.
#include <bit>
#include <cmath>
#include <cstdio>
#include <functional>

#include "tests/decode/module_bytes.h"
#include "tests/layer/layer_test.h"

namespace weft::layer {
namespace {

using Transcript = std::vector<std::string>;

class CompareLayer : public LayerTest {
 protected:
  // What the scenario tells on the interpreter.
  static Transcript on_interpreter(const std::function<Transcript(Store&)>& scenario) {
    const Engine engine;
    Store store(engine);
    return scenario(store);
  }
  void compare(const std::function<Transcript(Store&)>& scenario) {
    const Transcript expected = on_interpreter(scenario);
    const Transcript actual = scenario(store_);
    EXPECT_GT(expected.size(), 0u);
    ASSERT_EQ(actual.size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_EQ(actual[i], expected[i]);
  }
};
WEFT_ON_EVERY_BACKEND(CompareLayer);

// Without offsets: Wasmtime's machine code gives a trap at times to the function as a whole.
std::string text_of(const Error& error) {
  std::string text = std::string(to_string(error.code())) + ": " + error.message();
  if (error.trap_code()) text += " [" + std::string(to_string(*error.trap_code())) + "]";
  if (error.byte_offset()) text += " @" + std::to_string(*error.byte_offset());
  for (const Frame& frame : error.frames()) {
    text += "\n  " + frame.module_name + "." + frame.func_name + " #" +
            std::to_string(frame.func_index);
  }
  return text;
}

// Which NaN an operation gives is not said.
std::string text_of(const Val& value) {
  if (value.kind() == ValType::Kind::F32 && std::isnan(value.f32())) return "f32:nan";
  if (value.kind() == ValType::Kind::F64 && std::isnan(value.f64())) return "f64:nan";
  std::string text = to_string(value.type()) + ":";
  for (const std::uint8_t byte : value.bits().bytes) {
    char hex[3];
    std::snprintf(hex, sizeof hex, "%02x", byte);
    text += hex;
  }
  return text;
}

std::string text_of(const Result<std::vector<Val>>& results) {
  if (!results) return text_of(results.error());
  std::string text;
  for (const Val& value : *results) text += text_of(value) + " ";
  return text;
}

constexpr std::string_view kFixtures[] = {"bad_data", "empty",  "everything", "externs", "features",
                                          "globals",  "hosted", "loops",      "memory",  "start",
                                          "strings",  "tables", "traps"};

TEST_P(CompareLayer, ModulesAreDescribedAlike) {
  compare([&](Store& store) {
    Transcript lines;
    for (const std::string_view name : kFixtures) {
      if (name == "externs" && !engine_.supports(backend::Capability::ExternRef)) continue;
      const Module module = load(or_throw(store.engine()), name);
      lines.emplace_back(name);
      for (const ImportType& import : module.imports()) {
        lines.push_back(import.module + " " + import.name + " " + to_string(import.type));
      }
      for (const ExportType& item : module.exports()) {
        lines.push_back(item.name + " " + to_string(item.type));
      }
      for (std::uint32_t i = 0; i < module.function_count(); ++i) {
        lines.emplace_back(module.function_name(i).value_or("?"));
      }
      for (const Section& section : module.sections()) {
        lines.push_back(std::string(section.name) + " " + std::to_string(section.offset));
      }
      for (const std::string_view feature : module.required_features().names()) {
        lines.emplace_back(feature);
      }
    }
    return lines;
  });
}

TEST_P(CompareLayer, TrapsHaveTheSameCodesTextsAndFrames) {
  WEFT_NEEDS(engine_, Backtrace);
  compare([&](Store& store) {
    Transcript lines;
    const Instance instance = make(store, "traps");
    for (const Export& item : or_throw(instance.exports(store))) {
      const Func* func = item.item.get_if<Func>();
      if (func == nullptr || !or_throw(func->type(store)).params().empty()) continue;
      lines.push_back(item.name + ": " + text_of(func->call(store)));
    }
    return lines;
  });
}

TEST_P(CompareLayer, BadModulesAreRefusedAlike) {
  using interp::testing::Bytes;
  using Builder = interp::testing::ModuleBuilder;
  const Bytes valid = Builder().type({}, {0x7f}).func(0, {0x41, 5}).build();
  std::vector<Bytes> modules;
  for (std::size_t size = 0; size < valid.size(); ++size) {
    modules.emplace_back(valid.begin(), valid.begin() + size);
  }
  for (std::size_t at = 0; at < valid.size(); ++at) {
    modules.push_back(valid);
    modules.back()[at] ^= 0xff;
  }
  compare([&](Store& store) {
    Transcript lines;
    const Engine engine = or_throw(store.engine());
    for (const Bytes& bytes : modules) {
      const Result<Module> module = Module::from_bytes(engine, bytes);
      const Result<void> valid_too = Module::validate(engine, bytes);
      lines.push_back(module ? "fine" : text_of(module.error()));
      EXPECT_EQ(module.has_value(), valid_too.has_value());
    }
    return lines;
  });
}

TEST_P(CompareLayer, ImportsThatDontFitAreRefusedAlike) {
  compare([&](Store& store) {
    Transcript lines;
    const std::vector<Extern> given{
        or_throw(Func::wrap(store, [] {})),
        or_throw(Func::wrap(store, [](std::int32_t x) { return x; })),
        or_throw(Memory::create(store, {.limits = {1, {}}})),
        or_throw(Memory::create(store, {.limits = {0, 1}})),
        or_throw(Table::create(store, {.limits = {2, {}}}, Ref())),
        or_throw(Global::create(store, {ValType::I64, Mutability::Const}, std::int64_t{1})),
        or_throw(Global::create(store, {ValType::I64, Mutability::Var}, std::int64_t{1})),
    };
    for (const std::string_view name : {"loops", "hosted", "bad_data", "strings", "everything"}) {
      const Module module = load(or_throw(store.engine()), name);
      for (const Extern& item : given) {
        const std::vector<Extern> imports(module.imports().size(), item);
        const Result<Instance> instance = Instance::create(store, module, imports);
        // The kind of failure, and the import that it names.
        lines.push_back(instance ? "fine"
                                 : std::string(to_string(instance.error().code())) + " " +
                                       instance.error().message().substr(0, 40));
      }
    }
    return lines;
  });
}

// Operands at the edges of each type.
std::vector<Val> edges(char type) {
  std::vector<Val> values;
  switch (type) {
    case 'i':
      for (const std::uint32_t bits : {0u, 1u, 31u, 32u, 0x7fu, 0x80u, 0x8000u, 0x7fff'ffffu,
                                       0x8000'0000u, 0xffff'ffffu, 0x1234'5678u}) {
        values.emplace_back(bits);
      }
      break;
    case 'l':
      for (const std::uint64_t bits :
           {0ull, 1ull, 63ull, 64ull, 0x8000ull, 0x7fff'ffffull, 0x8000'0000ull,
            0x7fff'ffff'ffff'ffffull, 0x8000'0000'0000'0000ull, ~0ull, 0x0123'4567'89ab'cdefull}) {
        values.emplace_back(std::uint64_t{bits});
      }
      break;
    case 'f':
      for (const float value :
           {0.0f, -0.0f, 1.0f, -1.5f, 0.5f, 2.5f, 1e-45f, 3.4e38f, 2147483648.0f, 4294967296.0f,
            9.3e18f, HUGE_VALF, -HUGE_VALF, NAN}) {
        values.emplace_back(value);
      }
      break;
    default:
      for (const double value : {0.0, -0.0, 1.0, -1.5, 0.5, 2.5, 5e-324, 1.7e308, 2147483647.5,
                                 4294967295.5, 1.8e19, HUGE_VAL, -HUGE_VAL, double{NAN}}) {
        values.emplace_back(value);
      }
      break;
  }
  return values;
}

std::uint8_t code_of(char type) {
  return type == 'i' ? 0x7f : type == 'l' ? 0x7e : type == 'f' ? 0x7d : 0x7c;
}

// Every numeric instruction as a function of its own.
TEST_P(CompareLayer, NumericInstructionsComputeTheSame) {
  using interp::testing::Bytes;
  namespace bytes = interp::testing;
  bytes::ModuleBuilder builder;
  std::vector<const interp::InstrInfo*> instrs;
  for (const interp::InstrInfo& instr : interp::kInstrs) {
    if (instr.immediate != interp::Imm::None || !instr.has_signature()) continue;
    if (instr.feature != interp::Feature::Mvp && instr.feature != interp::Feature::SignExtension &&
        instr.feature != interp::Feature::NontrappingFptoint) {
      continue;
    }
    const auto is_number = [](char type) { return std::string_view("ilfd").contains(type); };
    if (instr.params().empty() || !std::ranges::all_of(instr.params(), is_number) ||
        instr.results().size() != 1 || !is_number(instr.results()[0])) {
      continue;
    }
    const auto index = static_cast<std::uint32_t>(instrs.size());
    Bytes params;
    Bytes code;
    for (const char type : instr.params()) {
      code = bytes::join(code, Bytes{0x20, static_cast<std::uint8_t>(params.size())});
      params.push_back(code_of(type));
    }
    if (instr.prefix != 0) code.push_back(instr.prefix);
    code = bytes::join(code, instr.prefix != 0 ? bytes::unsigned_leb(instr.code)
                                               : Bytes{static_cast<std::uint8_t>(instr.code)});
    builder.type(params, {code_of(instr.results()[0])}).func(index, code);
    builder.item(bytes::ModuleBuilder::kExport,
                 bytes::join(bytes::text(instr.text), Bytes{0}, bytes::unsigned_leb(index)));
    instrs.push_back(&instr);
  }
  EXPECT_GT(instrs.size(), 130u);
  const Bytes module = builder.build();
  compare([&](Store& store) {
    Transcript lines;
    const Instance instance = or_throw(
        Instance::create(store, or_throw(Module::from_bytes(or_throw(store.engine()), module))));
    for (const interp::InstrInfo* instr : instrs) {
      const Func func = or_throw(instance.func(store, instr->text));
      for (const Val& a : edges(instr->params()[0])) {
        const std::vector<Val> seconds =
            instr->params().size() == 2 ? edges(instr->params()[1]) : std::vector<Val>{Val()};
        for (const Val& b : seconds) {
          std::vector<Val> args{a};
          if (instr->params().size() == 2) args.push_back(b);
          lines.push_back(std::string(instr->text) + " " + text_of(a) + " " + text_of(b) + ": " +
                          text_of(func.call(store, args)));
        }
      }
    }
    return lines;
  });
}

TEST_P(CompareLayer, MemoriesHoldTheSame) {
  compare([&](Store& store) {
    Transcript lines;
    const Instance instance = make(store, "memory");
    const Memory memory = or_throw(instance.memory(store, "memory"));
    const auto tell = [&](std::string_view what, auto&& result) {
      std::string line(what);
      if (!result) line += ": " + text_of(result.error());
      lines.push_back(line + " " + std::to_string(or_throw(memory.size(store))));
    };
    const auto call = [&](std::string_view name, std::vector<Val> args) {
      lines.push_back(std::string(name) + ": " +
                      text_of(or_throw(instance.func(store, name)).call(store, args)));
    };
    for (const std::int32_t address : {0, 1, 65532, 65533, 65535, 65536, -4, -1}) {
      call("store32", {address, 0x1234'5678});
      call("load8", {address});
      call("load64", {address});
      call("load_far", {address});
      tell("load", memory.load<std::uint32_t>(store, static_cast<std::uint32_t>(address)));
    }
    for (const std::int32_t length : {0, 1, 100, 65536, 65537, -1}) {
      call("fill", {7, 0xab, length});
      call("copy", {length, 3, 70});
    }
    for (const std::int32_t pages : {0, 1, 2, 5, -1}) call("grow", {pages});
    tell("grow", memory.grow(store, 1));
    tell("grow", memory.grow(store, 1));
    call("size", {});
    const std::string all = or_throw(memory.string(store, 0, or_throw(memory.byte_size(store))));
    lines.push_back(std::to_string(std::hash<std::string>()(all)));
    return lines;
  });
}

TEST_P(CompareLayer, MisuseIsRefusedAlike) {
  compare([&](Store& store) {
    Transcript lines;
    const Instance instance = make(store, "memory");
    const Func load = or_throw(instance.func(store, "load8"));
    const Memory memory = or_throw(instance.memory(store, "memory"));
    const Instance tables = make(store, "tables");
    const Table table = or_throw(tables.table(store, "table"));
    const Global constant = or_throw(Global::create(store, {ValType::I32}, 1));
    const auto tell = [&](const auto& result) {
      lines.push_back(result ? "fine" : text_of(result.error()));
    };
    tell(load.call(store, {}));
    tell(load.call(store, {1, 2}));
    tell(load.call(store, {1.5}));
    tell(load.call(store, {-1}));
    tell(instance.func<void()>(store, "load8"));
    tell(instance.get(store, "none"));
    tell(instance.table(store, "memory"));
    tell(memory.load<std::uint64_t>(store, 65530));
    tell(memory.grow(store, 100));
    tell(table.get(store, 1000));
    tell(table.set(store, 1000, Ref()));
    tell(table.set(store, 0, Ref::null(HeapKind::Extern)));
    tell(table.grow(store, 1u << 31, Ref()));
    tell(constant.set(store, 2));
    tell(Memory::create(store, {.limits = {70'000, {}}}));
    tell(Memory::create(store, {.limits = {2, 1}}));
    return lines;
  });
}

}  // namespace
}  // namespace weft::layer
