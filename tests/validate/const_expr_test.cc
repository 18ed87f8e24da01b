#include <gtest/gtest.h>

#include "interp/decode/feature_gate.h"
#include "tests/validate/validate_helpers.h"

namespace weft::interp::testing {
namespace {

// (global i32|type ...) after an imported immutable and an imported mutable i32 and one defined
// i32.
ModuleBuilder globals(uint8_t type, const Bytes& init) {
  ModuleBuilder builder;
  builder.type({}, {}).func(0, {});
  builder.item(ModuleBuilder::kImport, join(text("m"), text("g"), Bytes{3, 0x7f, 0}));
  builder.item(ModuleBuilder::kImport, join(text("m"), text("h"), Bytes{3, 0x7f, 1}));
  builder.item(ModuleBuilder::kGlobal, {0x7f, 0, 0x41, 5, 0x0b});
  builder.item(ModuleBuilder::kGlobal, join(Bytes{type, 0}, init, Bytes{0x0b}));
  return builder;
}

std::string error_of(uint8_t type, const Bytes& init, FeatureSet features = kSupportedFeatures) {
  return validation_error(globals(type, init).build(), features);
}

FeatureSet with(Feature feature) { return kWasm2 | FeatureSet{feature}; }

TEST(ConstExpr, ConstantsReferencesAndImportedGlobalsAreConstant) {
  EXPECT_EQ(error_of(0x7f, {0x41, 1}), "");
  EXPECT_EQ(error_of(0x7e, {0x42, 1}), "");
  EXPECT_EQ(error_of(0x7d, {0x43, 0, 0, 0, 0}), "");
  EXPECT_EQ(error_of(0x7c, {0x44, 0, 0, 0, 0, 0, 0, 0, 0}), "");
  EXPECT_EQ(error_of(0x7b, join(Bytes{0xfd, 0x0c}, Bytes(16))), "");
  EXPECT_EQ(error_of(0x70, {0xd0, 0x70}), "");
  EXPECT_EQ(error_of(0x70, {0xd2, 0}), "");
  EXPECT_EQ(error_of(0x7f, {0x23, 0}), "");
}

TEST(ConstExpr, EverythingElseIsNot) {
  for (const Bytes& init :
       {Bytes{0x41, 1, 0x41, 1, 0x6d}, Bytes{0x00}, Bytes{0x01, 0x41, 1}, Bytes{0x41, 1, 0x45},
        Bytes{0x02, 0x7f, 0x41, 1, 0x0b}, Bytes{0x10, 0}}) {
    EXPECT_TRUE(error_of(0x7f, init).starts_with("constant expression required"));
  }
}

TEST(ConstExpr, YieldsOneValueOfItsType) {
  for (const Bytes& init : {Bytes{}, Bytes{0x42, 1}, Bytes{0x41, 1, 0x41, 1}, Bytes{0xd0, 0x6f}}) {
    EXPECT_TRUE(error_of(0x7f, init).starts_with("type mismatch"));
  }
}

TEST(ConstExpr, ReadsImmutableGlobalsImportedOrSinceThreeDefinedBefore) {
  EXPECT_TRUE(error_of(0x7f, {0x23, 1}).starts_with("constant expression required"));
  EXPECT_EQ(error_of(0x7f, {0x23, 2}, kWasm2), "unknown global 2");
  EXPECT_EQ(error_of(0x7f, {0x23, 2}, with(Feature::ExtendedConst)), "");
  EXPECT_EQ(error_of(0x7f, {0x23, 3}, with(Feature::ExtendedConst)), "unknown global 3");
}

TEST(ConstExpr, ExtendedConstHasIntegerArithmetic) {
  EXPECT_EQ(error_of(0x7f, {0x41, 1, 0x41, 2, 0x6a}, kWasm2), refusal_of(Feature::ExtendedConst));
  const FeatureSet extended = with(Feature::ExtendedConst);
  for (const uint8_t op : std::initializer_list<uint8_t>{0x6a, 0x6b, 0x6c})
    EXPECT_EQ(error_of(0x7f, {0x41, 1, 0x41, 2, op}, extended), "");
  for (const uint8_t op : std::initializer_list<uint8_t>{0x7c, 0x7d, 0x7e})
    EXPECT_EQ(error_of(0x7e, {0x42, 1, 0x42, 2, op}, extended), "");
  EXPECT_TRUE(error_of(0x7f, {0x41, 1, 0x41, 2, 0x6d}, extended)
                  .starts_with("constant expression required"));
}

TEST(ConstExpr, IsReducedToItsInstructions) {
  auto module = decode(globals(0x7f, {0x41, 1, 0x23, 0, 0x6c}).build(),
                       {.features = with(Feature::ExtendedConst), .limits = {}});
  ASSERT_TRUE(module);
  TypeRegistry types;
  ASSERT_TRUE(
      validate_module(**module, types, {.features = with(Feature::ExtendedConst), .limits = {}}));
  const auto& instrs = (*module)->globals[3].init.instrs;
  ASSERT_EQ(instrs.size(), 3u);
  EXPECT_EQ(instrs[0].opcode, Opcode::I32Const);
  EXPECT_EQ(instrs[0].value.i32, 1u);
  EXPECT_EQ(instrs[1].opcode, Opcode::GlobalGet);
  EXPECT_EQ(instrs[1].index, 0u);
  EXPECT_EQ(instrs[2].opcode, Opcode::I32Mul);
}

TEST(ConstExpr, DeclaresTheFunctionsThatItNames) {
  auto module = decode(globals(0x70, {0xd2, 0}).build());
  TypeRegistry types;
  ASSERT_TRUE(validate_module(**module, types));
  EXPECT_TRUE((*module)->declared_funcs[0]);
  const Bytes ref_func = {0xd2, 0, 0x1a};
  EXPECT_EQ(validation_error(ModuleBuilder().type({}, {}).func(0, ref_func).build()),
            "undeclared function reference 0");
}

}  // namespace
}  // namespace weft::interp::testing
