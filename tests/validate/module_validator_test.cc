#include "interp/validate/module_validator.h"

#include <gtest/gtest.h>

#include "interp/decode/feature_gate.h"
#include "tests/validate/validate_helpers.h"

namespace weft::interp::testing {
namespace {

using B = ModuleBuilder;

void expect_error(const ModuleBuilder& builder, std::string_view text,
                  FeatureSet features = kSupportedFeatures) {
  const std::string error = validation_error(builder.build(), features);
  EXPECT_TRUE(error.starts_with(text)) << '"' << error << "\" instead of " << text;
}

TEST(ModuleValidator, FunctionsHaveAType) {
  expect_error(B().func(0, {}), "unknown type 0");
  expect_error(B().item(B::kImport, join(text("m"), text("f"), Bytes{0, 3})), "unknown type 3");
  expect_error(B().item(B::kType, {0x5f, 0}).func(0, {}), "unknown type", all_features());
}

TEST(ModuleValidator, LimitsAreOrderedAndBounded) {
  expect_error(B().item(B::kMemory, {1, 2, 1}), "size minimum must not be greater than maximum");
  expect_error(B().item(B::kTable, {0x70, 1, 2, 1}),
               "size minimum must not be greater than maximum");
  expect_error(B().item(B::kMemory, join(Bytes{0}, unsigned_leb(65'537))),
               "memory size must be at most 65536 pages (4GiB)");
  expect_error(B().item(B::kMemory, join(Bytes{1, 0}, unsigned_leb(65'537))),
               "memory size must be at most 65536 pages (4GiB)");
  EXPECT_EQ(validation_error(B().item(B::kMemory, join(Bytes{0}, unsigned_leb(65'536))).build()),
            "");
  EXPECT_EQ(
      validation_error(B().item(B::kTable, join(Bytes{0x70, 0}, unsigned_leb(UINT32_MAX))).build()),
      "");
}

TEST(ModuleValidator, SeveralMemoriesAreAProposal) {
  expect_error(B().memory().memory(), refusal_of(Feature::MultiMemory), kWasm2);
  EXPECT_EQ(validation_error(B().memory().memory().build(), all_features()), "");
}

TEST(ModuleValidator, TheFirstVersionHasOneTableOfFunctions) {
  const FeatureSet first{Feature::Mvp};
  const auto tables = [](uint8_t element, int count) {
    ModuleBuilder builder;
    for (int i = 0; i < count; ++i) builder.item(B::kTable, {element, 0, 1});
    return builder;
  };
  EXPECT_EQ(validation_error(tables(0x70, 1).build(), first), "");
  expect_error(tables(0x70, 2), "needs the feature reference-types, which is switched off", first);
  expect_error(tables(0x6f, 1), "needs the feature reference-types, which is switched off", first);
}

TEST(ModuleValidator, ExportsExistAndHaveDifferentNames) {
  const auto item = [](std::string_view name, uint8_t kind, uint8_t index) {
    return join(text(name), Bytes{kind, index});
  };
  ModuleBuilder builder;
  builder.type({}, {}).func(0, {}).memory();
  EXPECT_EQ(
      validation_error(
          B(builder).item(B::kExport, item("a", 0, 0)).item(B::kExport, item("", 2, 0)).build()),
      "");
  expect_error(B(builder).item(B::kExport, item("a", 0, 0)).item(B::kExport, item("a", 2, 0)),
               "duplicate export name");
  expect_error(B(builder).item(B::kExport, item("a", 0, 1)), "unknown function 1");
  expect_error(B(builder).item(B::kExport, item("a", 1, 0)), "unknown table 0");
  expect_error(B(builder).item(B::kExport, item("a", 2, 1)), "unknown memory 1");
  expect_error(B(builder).item(B::kExport, item("a", 3, 0)), "unknown global 0");
}

TEST(ModuleValidator, AStartFunctionTakesAndYieldsNothing) {
  expect_error(B().raw(B::kStart, {0}), "unknown function 0");
  expect_error(B().type({0x7f}, {}).func(0, {}).raw(B::kStart, {0}), "start function");
  expect_error(B().type({}, {0x7f}).func(0, {0x41, 0}).raw(B::kStart, {0}), "start function");
  EXPECT_EQ(validation_error(B().type({}, {}).func(0, {}).raw(B::kStart, {0}).build()), "");
}

TEST(ModuleValidator, SegmentsNameWhatExists) {
  expect_error(B().item(B::kData, {0, 0x41, 0, 0x0b, 0}), "unknown memory 0");
  expect_error(B().memory().item(B::kData, {0, 0x42, 0, 0x0b, 0}), "type mismatch");
  expect_error(B().item(B::kElement, {0, 0x41, 0, 0x0b, 0}), "unknown table 0");
  expect_error(B().item(B::kElement, {1, 0, 1, 0}), "unknown function 0");
  expect_error(B().item(B::kTable, {0x6f, 0, 1}).item(B::kElement, {0, 0x41, 0, 0x0b, 0}),
               "type mismatch");
  expect_error(B().item(B::kElement, {5, 0x70, 1, 0xd0, 0x6f, 0x0b}), "type mismatch");
}

TEST(ModuleValidator, DataInstructionsNeedTheDataCount) {
  const Bytes init = {0x41, 0, 0x41, 0, 0x41, 0, 0xfc, 8, 0, 0};
  const Bytes drop = {0xfc, 9, 0};
  for (const Bytes& code : {init, drop}) {
    ModuleBuilder builder;
    builder.type({}, {}).memory().item(B::kData, {1, 0}).func(0, code);
    expect_error(builder, "data count section required");
    EXPECT_EQ(validation_error(builder.raw(B::kDataCount, {1}).build()), "");
  }
  expect_error(module_with_body({0xfc, 9, 1}), "unknown data segment 1");
}

TEST(ModuleValidator, TablesAreIndexedAndTyped) {
  expect_error(module_with_body({0x41, 0, 0x25, 2, 0x1a}), "unknown table 2");
  expect_error(module_with_body({0x41, 0, 0xd0, 0x6f, 0x26, 0}), "type mismatch");
  expect_error(module_with_body({0x41, 0, 0x41, 0, 0x41, 0, 0xfc, 14, 0, 1}), "type mismatch");
  expect_error(module_with_body({0x41, 0, 0x41, 0, 0x41, 0, 0xfc, 12, 0, 1}), "type mismatch");
  expect_error(module_with_body({0xfc, 13, 7}), "unknown elem segment 7");
  expect_error(module_with_body({0x41, 0, 0x11, 0, 1}), "type mismatch");
  expect_error(module_with_body({0x41, 0, 0x11, 9, 0}), "unknown type 9");
  EXPECT_EQ(validation_error(module_with_body({0x41, 0, 0x11, 0, 0}).build()), "");
}

TEST(ModuleValidator, ImmutableGlobalsArentSet) {
  EXPECT_EQ(validation_error(module_with_body({0x41, 0, 0x24, 0}).build()), "");
  expect_error(
      B().type({}, {}).item(B::kGlobal, {0x7f, 0, 0x41, 0, 0x0b}).func(0, {0x41, 0, 0x24, 0}),
      "immutable global");
  expect_error(module_with_body({0x23, 1, 0x1a}), "unknown global 1");
}

TEST(ModuleValidator, ErrorsSayWhere) {
  auto module = decode(module_with_body({0x01, 0x20, 7}).build());
  TypeRegistry types;
  const auto valid = validate_module(**module, types);
  ASSERT_FALSE(valid);
  EXPECT_EQ(valid.error().offset(),
            (*module)->funcs[0].body.begin + 2);  // after the locals and the nop
  EXPECT_EQ(valid.error().kind(), ErrorKind::Invalid);
}

TEST(ModuleValidator, ThreadsReportTheFirstFunctionsError) {
  ModuleBuilder builder;
  builder.type({}, {});
  const Bytes good(20'000, 0x01);
  for (int i = 0; i < 400; ++i) {
    Bytes code = good;
    if (i >= 123 && i % 3 == 0) append(code, {0x20, static_cast<uint8_t>(i % 100)});
    builder.func(0, code);
  }
  for (const unsigned threads : {1u, 2u, 7u}) {
    for (int repeat = 0; repeat < 5; ++repeat) {
      auto module = decode(builder.build());
      TypeRegistry types;
      const auto valid = validate_module(
          **module, types, {.features = kSupportedFeatures, .limits = {}, .threads = threads});
      ASSERT_FALSE(valid);
      EXPECT_EQ(valid.error().message(), "unknown local 23");
    }
  }
}

TEST(ModuleValidator, UsedFeaturesIncludeTheBodies) {
  auto module = decode(module_with_body({0xfc, 13, 0, 0x41, 0, 0xc0, 0x1a}).build());
  TypeRegistry types;
  ASSERT_TRUE(validate_module(**module, types));
  EXPECT_EQ((*module)->used_features,
            (FeatureSet{Feature::Mvp, Feature::BulkMemory, Feature::ReferenceTypes,
                        Feature::SignExtension}));
}

TEST(ModuleValidator, SubtypesMatchTheirSupertypes) {
  // (sub (struct)), (sub 0 (struct (field i32))): fine; a final supertype, another kind or a field
  // lost: not.
  const Bytes open = {0x50, 0, 0x5f, 0};
  const auto second = [&](const Bytes& type) {
    return validation_error(B().item(B::kType, open).item(B::kType, type).build(), all_features());
  };
  EXPECT_EQ(second({0x50, 1, 0, 0x5f, 1, 0x7f, 0}), "");
  EXPECT_EQ(second({0x50, 1, 0, 0x60, 0, 0}), "sub type 1 does not match super type");
  EXPECT_EQ(second({0x50, 1, 1, 0x5f, 0}), "unknown type 1");
  EXPECT_EQ(
      validation_error(B().item(B::kType, {0x5f, 0}).item(B::kType, {0x50, 1, 0, 0x5f, 0}).build(),
                       all_features()),
      "sub type 1 does not match super type");
  EXPECT_EQ(second({0x5f, 1, 0x63, 2, 0}), "unknown type 2");
}

}  // namespace
}  // namespace weft::interp::testing
