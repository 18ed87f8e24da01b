#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>

#include "interp/core/small.h"
#include "tests/decode/module_bytes.h"
#include "tests/layer/layer_test.h"

namespace weft::layer {
namespace {

class ModuleLayer : public LayerTest {};
WEFT_ON_EVERY_BACKEND(ModuleLayer);

TEST_P(ModuleLayer, ListsImportsInTheModulesOrder) {
  const Module module = load("everything");
  std::vector<std::string> imports;
  for (const ImportType& import : module.imports()) {
    imports.push_back(import.module + "." + import.name + ": " + to_string(import.type));
  }
  EXPECT_EQ(
      imports,
      (std::vector<std::string>{
          "b.global: " + to_string(GlobalType{ValType::I64, Mutability::Var}),
          "a.func: func (i32, f64) -> i64", "a.memory: " + to_string(MemoryType{.limits = {1, 4}}),
          "c.table: " + to_string(TableType{.limits = {2, 10}}), "a.func2: func () -> ()",
          "c.const: " + to_string(GlobalType{ValType::F32})}));
}

// Its functions are translated when they are called, from bytes that nobody else can take away.
TEST_P(ModuleLayer, RunsAfterItsFileWasTruncated) {
  const std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("weft-truncated-" + std::to_string(::getpid()));
  std::filesystem::copy_file(WEFT_FIXTURES_DIR "/traps.wasm", path);
  const Module module = or_throw(Module::from_file(engine_, path));
  std::filesystem::resize_file(path, 0);
  EXPECT_EQ(module.custom_sections("none").size(), 0u);
  const Instance instance = or_throw(Instance::create(store_, module));
  for (const ExportType& item : module.exports()) {
    const auto* type = std::get_if<FuncType>(&item.type);
    if (type == nullptr || !type->params().empty()) continue;
    const auto called = or_throw(instance.func(store_, item.name)).call(store_);
    ASSERT_FALSE(called) << item.name;
    EXPECT_EQ(called.error().code(), Errc::trap) << item.name;
  }
  std::filesystem::remove(path);
}

TEST_P(ModuleLayer, ReadsText) {
  constexpr const char* kText = "(module $m (func $f (export \"f\") (result i32) (i32.const 7)))";
  const auto module = Module::from_wat(engine_, kText);
  if (interp::kSmall) {
    ASSERT_FALSE(module);
    EXPECT_EQ(module.error().code(), Errc::unsupported);
    return;
  }
  ASSERT_TRUE(module);
  EXPECT_EQ(module->name(), "m");
  EXPECT_EQ(module->function_name(0), "f");
  const Instance instance = or_throw(Instance::create(store_, *module));
  EXPECT_EQ(or_throw(or_throw(instance.func<std::int32_t()>(store_, "f"))(store_)), 7);

  const std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("weft-text-" + std::to_string(::getpid()));
  std::ofstream(path) << kText;
  for (const FileAccess access : {FileAccess::Read, FileAccess::Map}) {
    EXPECT_EQ(or_throw(Module::from_file(engine_, path, access)).name(), "m");
  }
  std::filesystem::remove(path);

  EXPECT_EQ(Module::from_wat(engine_, "(func").error().code(), Errc::malformed);
  EXPECT_EQ(Module::from_wat(engine_, "(func i32.add drop)").error().code(), Errc::invalid);
  EXPECT_EQ(or_throw(wat2wasm("(module)")).size(), 8u);
}

TEST_P(ModuleLayer, ListsExportsInTheModulesOrder) {
  const Module module = load("everything");
  std::vector<std::string> names;
  for (const ExportType& item : module.exports()) names.push_back(item.name);
  EXPECT_EQ(names, (std::vector<std::string>{"own", "many", "memory", "again", "a.func",
                                             "own_global", "table", "externs", "global", ""}));
  using enum ValType::Kind;
  EXPECT_EQ(std::get<FuncType>(module.exports()[1].type), FuncType({}, {I32, I64, F32, F64}));
  EXPECT_EQ(std::get<MemoryType>(*module.find_export("memory")), (MemoryType{.limits = {1, 4}}));
  EXPECT_EQ(std::get<GlobalType>(*module.find_export("own_global")), (GlobalType{V128}));
  EXPECT_EQ(std::get<TableType>(*module.find_export("externs")),
            (TableType{.element = ValType::ExternRef, .limits = {3, {}}}));
  EXPECT_EQ(module.find_export("owm"), nullptr);
}

TEST_P(ModuleLayer, InstancesExportWhatTheModuleSaysInItsOrder) {
  const Func f =
      or_throw(Func::create(store_, FuncType({ValType::I32, ValType::F64}, {ValType::I64}),
                            [](Caller&, std::span<const Val> in, std::span<Val> out) {
                              out[0] = std::int64_t{in[0].i32()};
                              return Result<void>();
                            }));
  const Global global =
      or_throw(Global::create(store_, {ValType::I64, Mutability::Var}, std::int64_t{7}));
  const Global constant = or_throw(Global::create(store_, {ValType::F32}, 1.5f));
  const Memory memory = or_throw(Memory::create(store_, {.limits = {2, 4}}));
  const Table table = or_throw(Table::create(store_, {.limits = {2, 9}}, Ref()));
  const Instance instance = make("everything", {global, f, memory, table, wrap([] {}), constant});

  const std::vector<Export> exports = or_throw(instance.exports(store_));
  ASSERT_EQ(exports.size(), 10u);
  EXPECT_EQ(exports[0].name, "own");
  EXPECT_EQ(exports[0].item, exports[3].item);
  EXPECT_EQ(exports[2].item, Extern(memory));
  EXPECT_EQ(exports[4].item, Extern(f));
  EXPECT_EQ(exports[6].item, Extern(table));
  EXPECT_EQ(exports[8].item, Extern(global));
  EXPECT_EQ(exports[9].item, Extern(constant));
  for (const Export& item : exports) {
    EXPECT_EQ(or_throw(instance.get(store_, item.name)), item.item) << item.name;
  }
  EXPECT_EQ(or_throw(or_throw(instance.func(store_, "many")).call(store_)),
            (std::vector<Val>{1, std::int64_t{2}, 3.0f, 4.0}));
  EXPECT_EQ(instance.get(store_, "none").error().code(), Errc::not_found);
  EXPECT_EQ(instance.func(store_, "memory").error().code(), Errc::type_mismatch);
  EXPECT_EQ(or_throw(instance.module(store_)).exports().size(), 10u);
  const Module empty = load("empty");
  EXPECT_EQ(or_throw(or_throw(Instance::create(store_, empty)).module(store_)), empty);
}

TEST_P(ModuleLayer, RefusesImportsOfAWrongType) {
  const Module module = load("loops");
  const auto with = [&](const Extern& import) {
    return Instance::create(store_, module, {&import, 1});
  };
  EXPECT_TRUE(with(wrap([] {})));
  EXPECT_EQ(with(wrap([](std::int32_t) {})).error().code(), Errc::link);
  EXPECT_EQ(with(or_throw(Memory::create(store_, {}))).error().code(), Errc::link);
  EXPECT_EQ(Instance::create(store_, module).error().code(), Errc::link);
}

TEST_P(ModuleLayer, SaysWhereBytesAreWrong) {
  const auto error = [&](Bytes bytes) { return Module::from_bytes(engine_, bytes).error(); };
  EXPECT_EQ(error("").code(), Errc::malformed);
  const Error magic = error("\0bsm\1\0\0\0");
  EXPECT_EQ(magic.code(), Errc::malformed);
  EXPECT_TRUE(magic.byte_offset());

  namespace bytes = interp::testing;
  // i32.add without operands.
  const bytes::Bytes invalid = bytes::ModuleBuilder().type({}, {}).func(0, {0x6a}).build();
  EXPECT_EQ(error(invalid).code(), Errc::invalid);
  EXPECT_EQ(error(invalid).byte_offset(), invalid.size() - 2);
  EXPECT_EQ(Module::validate(engine_, invalid).error().code(), Errc::invalid);
  EXPECT_TRUE(Module::validate(engine_, bytes::ModuleBuilder().build()));
}

TEST_P(ModuleLayer, FeaturesAreReportedAndCanBeSwitchedOff) {
  const Features used = load("features").required_features();
  EXPECT_TRUE(used.bulk_memory && used.multi_value && used.sign_extension);
  EXPECT_FALSE(used.simd || used.reference_types || used.tail_call);
  const Engine old = engine_with([](Config& config) { config.features.sign_extension = false; });
  const auto refused = Module::from_file(old, WEFT_FIXTURES_DIR "/features.wasm");
  EXPECT_EQ(refused.error().code(), Errc::unsupported);
  EXPECT_NE(refused.error().message().find("sign-extension"), std::string::npos);
}

TEST_P(ModuleLayer, AFeatureThatIsSwitchedOffIsNamed) {
  using interp::testing::Bytes;
  using Builder = interp::testing::ModuleBuilder;
  const auto with = [](std::uint8_t section, const Bytes& item) {
    return Builder().type({}, {}).item(section, item).build();
  };
  const auto body = [](const Bytes& code) { return Builder().type({}, {}).func(0, code).build(); };
  struct Case {
    std::string_view feature;
    Bytes module;
    std::string_view also_off = {};  // what implies the feature
  };
  const Case cases[] = {
      {"sign-extension", body({0x41, 0, 0xc0, 0x1a})},
      {"bulk-memory", Builder().type({}, {}).memory().func(0, {0x00, 0xfc, 0x0b, 0}).build()},
      {"multi-value", Builder().type({}, {0x7f, 0x7f}).build()},
      {"extended-const",
       with(Builder::kGlobal, {0x7f, 0, 0x41, 1, 0x41, 2, 0x6a, 0x0b})},  // i32.add
      {"tail-call", body({0x12, 0})},
      {"function-references", with(Builder::kType, {0x60, 1, 0x64, 0x70, 0}), ",-gc"},
      {"gc", with(Builder::kType, {0x5f, 0})},  // struct
      {"exceptions", with(Builder::kTag, {0, 0})},
      {"memory64", with(Builder::kMemory, {4, 1})},
      {"multi-memory", Builder().memory().memory().build()},
      {"relaxed-simd", body({0x00, 0xfd, 0x80, 0x02, 0x1a})},
      {"legacy-exceptions", body({0x06, 0x40, 0x0b})},
      {"threads", with(Builder::kMemory, {3, 1, 1})},
      {"custom-page-sizes", with(Builder::kMemory, {8, 1, 0})},
      {"wide-arithmetic", body({0x00, 0xfc, 0x13, 0x1a, 0x1a})},
  };
  const auto made_with = [&](const Case& c, const std::string& features) {
    const Engine engine =
        engine_with([&](Config& config) { config.features = or_throw(Features::parse(features)); });
    return Module::from_bytes(engine, c.module);
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.feature);
    const std::string name(c.feature);
    const Result<Module> made = made_with(c, "all");
    if (engine_.backend_name() == "interp" || made) {
      EXPECT_TRUE(made);
    } else {
      EXPECT_EQ(made.error().code(), Errc::unsupported);
    }
    const auto refused = made_with(c, "all,-" + name + std::string(c.also_off));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), Errc::unsupported);
    EXPECT_EQ(refused.error().message(), "needs the feature " + name + ", which is switched off");
  }
}

TEST_P(ModuleLayer, LimitsBoundModules) {
  const Engine strict = engine_with([](Config& config) { config.limits.functions = 3; });
  EXPECT_EQ(Module::from_file(strict, WEFT_FIXTURES_DIR "/traps.wasm").error().code(), Errc::limit);
  const Engine tiny = engine_with([](Config& config) { config.limits.module_bytes = 100; });
  EXPECT_EQ(Module::from_file(tiny, WEFT_FIXTURES_DIR "/traps.wasm").error().code(), Errc::limit);

  namespace bytes = interp::testing;
  const Engine preset = engine_with([](Config& config) { config.limits = ModuleLimits::strict(); });
  EXPECT_TRUE(Module::from_file(preset, WEFT_FIXTURES_DIR "/traps.wasm"));
  const bytes::Bytes params(33, 0x7f);
  const bytes::Bytes wide = bytes::ModuleBuilder().type(params, {}).build();
  EXPECT_TRUE(Module::from_bytes(engine_, wide));
  EXPECT_EQ(Module::from_bytes(preset, wide).error().code(), Errc::limit);
}

TEST_P(ModuleLayer, NamesAndSectionsAreThere) {
  WEFT_NEEDS(engine_, CustomSections);
  const Module module = load("everything");
  EXPECT_EQ(module.name(), "everything");
  EXPECT_EQ(module.function_count(), 4u);
  EXPECT_EQ(module.function_name(0), "f");
  EXPECT_EQ(module.function_name(2), "own");
  EXPECT_EQ(module.function_name(3), std::nullopt);
  EXPECT_EQ(module.function_name(4), std::nullopt);
  EXPECT_EQ(load("empty").name(), std::nullopt);

  const std::vector<Section> sections = module.sections();
  std::vector<std::string_view> names;
  names.reserve(sections.size());
  for (const Section& section : sections) names.push_back(section.name);
  EXPECT_EQ(names, (std::vector<std::string_view>{"type", "import", "function", "table", "global",
                                                  "export", "code", "name"}));
  EXPECT_EQ(sections[1].count, 6u);
  EXPECT_EQ(sections[7].id, 0);
  const std::vector<Bytes> custom = module.custom_sections("name");
  ASSERT_EQ(custom.size(), 1u);
  EXPECT_EQ(custom[0].size() + 5, sections[7].size);
  EXPECT_TRUE(module.custom_sections("none").empty());
}

TEST_P(ModuleLayer, ModulesOfAnotherEngineAreRefused) {
  const Engine other(GetParam().config, GetParam().backend);
  EXPECT_EQ(Instance::create(store_, load(other, "empty")).error().code(), Errc::usage);
}

TEST_P(ModuleLayer, OneModuleServesManyStores) {
  const Module module = load("memory");
  Store other = store_of(engine_);
  const Instance a = or_throw(Instance::create(store_, module));
  const Instance b = or_throw(Instance::create(other, module));
  ASSERT_TRUE((func<void(std::int32_t, std::int32_t)>(a, "store32")(store_, 0, 99)));
  EXPECT_EQ(func<std::int32_t(std::int32_t)>(a, "load8")(store_, 0), 99);
  EXPECT_EQ(func<std::int32_t(std::int32_t)>(other, b, "load8")(other, 0), 0);
}

TEST_P(ModuleLayer, StartFunctionsRunAtInstantiation) {
  int seen = 0;
  (void)make("start", {wrap([&](std::int32_t x) { return seen = x; })});
  EXPECT_EQ(seen, 5);
}

TEST_P(ModuleLayer, AFailingStartFunctionFailsTheInstantiation) {
  const Extern thrower = wrap([](std::int32_t) -> std::int32_t { throw std::logic_error("no"); });
  const auto instance = Instance::create(store_, load("start"), {&thrower, 1});
  EXPECT_EQ(instance.error().code(), Errc::host);
  EXPECT_THROW(throw_error(instance.error()), std::logic_error);
  if (engine_.supports(backend::Capability::Backtrace)) {
    EXPECT_EQ(names_of(instance.error()), std::vector<std::string>{"begin"});
  }
}

TEST_P(ModuleLayer, SegmentsWrittenBeforeATrapStay) {
  const Memory memory = or_throw(Memory::create(store_, {.limits = {1, {}}}));
  const Table table = or_throw(Table::create(store_, {.limits = {2, {}}}, Ref()));
  const std::vector<Extern> imports = {memory, table};
  const auto instance = Instance::create(store_, load("bad_data"), imports);
  EXPECT_EQ(instance.error().code(), Errc::trap);
  EXPECT_EQ(instance.error().trap_code(), TrapCode::MemoryOutOfBounds);
  EXPECT_EQ(memory.string(store_, 0, 2), "ab");
  EXPECT_EQ(memory.load<std::uint8_t>(store_, 65535), 0);
  const Func left = *or_throw(table.get(store_, 0)).func();
  EXPECT_EQ(or_throw(left.call(store_)), std::vector<Val>{11});
}

}  // namespace
}  // namespace weft::layer
