#include "interp/decode/module_decoder.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/decode/module_bytes.h"

namespace weft::interp::testing {
namespace {

const Bytes kHeader = {0, 'a', 's', 'm', 1, 0, 0, 0};

Bytes section(uint8_t id, const Bytes& content) {
  return join(Bytes{id}, unsigned_leb(content.size()), content);
}

std::string error_of(const Bytes& bytes, const DecodeOptions& options = {}) {
  const auto module = decode(bytes, options);
  return module ? "" : module.error().message();
}

void expect_error(const Bytes& bytes, std::string_view text,
                  ErrorKind kind = ErrorKind::Malformed) {
  const auto module = decode(bytes);
  ASSERT_FALSE(module) << text;
  EXPECT_TRUE(module.error().message().starts_with(text)) << module.error().message();
  EXPECT_EQ(module.error().kind(), kind) << module.error().message();
  EXPECT_LE(module.error().offset(), bytes.size());
}

TEST(ModuleDecoder, AModuleMayBeEmpty) { EXPECT_EQ(error_of(kHeader), ""); }

TEST(ModuleDecoder, TheHeaderIsMagicAndVersion) {
  expect_error({}, "unexpected end");
  expect_error({0, 'a', 's'}, "unexpected end");
  expect_error({'w', 'a', 's', 'm', 1, 0, 0, 0}, "magic header not detected");
  expect_error({0, 'a', 's', 'm', 1, 0}, "unexpected end");
  expect_error({0, 'a', 's', 'm', 2, 0, 0, 0}, "unknown binary version");
}

TEST(ModuleDecoder, SectionsComeInOrderAndOnce) {
  const Bytes types = section(1, {0});
  const Bytes memories = section(5, {0});
  EXPECT_EQ(error_of(join(kHeader, types, memories)), "");
  expect_error(join(kHeader, memories, types), "unexpected content after last section");
  expect_error(join(kHeader, types, types), "unexpected content after last section");
  expect_error(join(kHeader, section(14, {})), "malformed section id");
  expect_error(join(kHeader, Bytes{0x80, 0x00}), "malformed section id");
}

TEST(ModuleDecoder, TheDataCountStandsBeforeTheCode) {
  const Bytes code = section(10, {0});
  const Bytes data_count = section(12, {0});
  EXPECT_EQ(error_of(join(kHeader, data_count, code)), "");
  expect_error(join(kHeader, code, data_count), "unexpected content after last section");
}

TEST(ModuleDecoder, CustomSectionsStandAnywhere) {
  const Bytes custom = section(0, join(text("note"), Bytes{1, 2, 3}));
  const auto module = decode(join(kHeader, custom, section(1, {0}), custom, custom));
  ASSERT_TRUE(module);
  ASSERT_EQ((*module)->customs.size(), 3u);
  EXPECT_EQ((*module)->customs[0].name, "note");
  EXPECT_EQ((*module)->customs[2].payload.size(), 3u);
  expect_error(join(kHeader, section(0, {})), "unexpected end");
  expect_error(join(kHeader, section(0, {5, 'a'})), "length out of bounds");
  expect_error(join(kHeader, section(0, {1, 0xff})), "malformed UTF-8 encoding");
}

TEST(ModuleDecoder, SectionsAreAsLongAsTheySay) {
  expect_error(join(kHeader, section(1, {0, 0})), "section size mismatch");
  expect_error(join(kHeader, section(1, {1, 0x60, 0})), "unexpected end of section or function");
  expect_error(join(kHeader, Bytes{1, 100, 0}), "length out of bounds");
}

TEST(ModuleDecoder, FunctionsAndBodiesAreEqualInNumber) {
  const Bytes types = section(1, {1, 0x60, 0, 0});
  constexpr std::string_view kText = "function and code section have inconsistent lengths";
  expect_error(join(kHeader, types, section(3, {1, 0})), kText);
  expect_error(join(kHeader, section(10, {1, 2, 0, 0x0b})), kText);
  expect_error(join(kHeader, types, section(3, {1, 0}), section(10, {2, 2, 0, 0x0b, 2, 0, 0x0b})),
               kText);
}

TEST(ModuleDecoder, TheDataCountIsTheNumberOfSegments) {
  constexpr std::string_view kText = "data count and data section have inconsistent lengths";
  expect_error(join(kHeader, section(12, {1})), kText);
  expect_error(join(kHeader, section(12, {0}), section(11, {1, 1, 0})), kText);
  EXPECT_EQ(error_of(join(kHeader, section(12, {1}), section(11, {1, 1, 0}))), "");
}

TEST(ModuleDecoder, UnknownKindsAndFlagsAreMalformed) {
  expect_error(join(kHeader, section(1, {1, 0x5d, 0, 0})), "malformed definition type");
  expect_error(join(kHeader, section(1, {1, 0x60, 1, 0x40, 0})), "malformed value type");
  expect_error(join(kHeader, section(2, {1, 0, 0, 5, 0})), "malformed import kind");
  expect_error(join(kHeader, section(4, {1, 0x7f, 0, 0})), "malformed reference type");
  expect_error(join(kHeader, section(4, {1, 0x70, 8, 0})), "malformed limits flags");
  expect_error(join(kHeader, section(5, {1, 16, 0})), "malformed limits flags");
  expect_error(join(kHeader, section(6, {1, 0x7f, 2, 0x41, 0, 0x0b})), "malformed mutability");
  expect_error(join(kHeader, section(7, {1, 0, 9, 0})), "malformed export kind");
  expect_error(join(kHeader, section(9, {1, 8})), "malformed element segment kind");
  expect_error(join(kHeader, section(9, {1, 1, 1, 0})), "malformed element kind");
  expect_error(join(kHeader, section(11, {1, 3})), "malformed data segment kind");
}

TEST(ModuleDecoder, ElementSegmentsHaveEightForms) {
  const Bytes offset = {0x41, 0, 0x0b};
  const Bytes funcs = {2, 0, 1};
  const Bytes exprs = {1, 0xd2, 0, 0x0b};
  const Bytes segments[] = {join(Bytes{0}, offset, funcs),
                            join(Bytes{1, 0}, funcs),
                            join(Bytes{2, 0}, offset, Bytes{0}, funcs),
                            join(Bytes{3, 0}, funcs),
                            join(Bytes{4}, offset, exprs),
                            join(Bytes{5, 0x70}, exprs),
                            join(Bytes{6, 0}, offset, Bytes{0x70}, exprs),
                            join(Bytes{7, 0x70}, exprs)};
  using enum SegmentMode;
  const SegmentMode modes[] = {Active, Passive, Active, Declarative,
                               Active, Passive, Active, Declarative};
  for (size_t i = 0; i < 8; ++i) {
    const Bytes bytes = join(kHeader, section(9, join(Bytes{1}, segments[i])));
    const auto module = decode(bytes);
    ASSERT_TRUE(module) << i << ": " << module.error().message();
    const ElemSegment& segment = (*module)->elems[0];
    EXPECT_EQ(segment.mode, modes[i]) << i;
    EXPECT_EQ(segment.uses_exprs, i >= 4) << i;
    EXPECT_EQ(segment.size(), i >= 4 ? 1u : 2u) << i;
    EXPECT_EQ(segment.offset.range.size(), modes[i] == Active ? 2u : 0u) << i;
  }
}

TEST(ModuleDecoder, ConstantExpressionsReachToTheirOwnEnd) {
  // A block is not constant, but where the expression ends is a matter of the binary format.
  const Bytes bytes = join(kHeader, section(6, {1, 0x7f, 0, 0x02, 0x40, 0x0b, 0x41, 1, 0x0b}));
  const auto module = decode(bytes);
  ASSERT_TRUE(module);
  EXPECT_EQ((*module)->globals[0].init.range.size(), 5u);
}

TEST(ModuleDecoder, CountsNeverDriveAllocation) {
  for (const uint8_t id : std::initializer_list<uint8_t>{1, 2, 3, 4, 5, 6, 7, 9, 10, 11}) {
    for (const uint32_t count : {1'000'000u, 10'000'000u, UINT32_MAX}) {
      const auto module = decode(join(kHeader, section(id, unsigned_leb(count))));
      ASSERT_FALSE(module);
    }
  }
  // Counts inside items.
  const Bytes huge = unsigned_leb(UINT32_MAX);
  EXPECT_NE(error_of(join(kHeader, section(1, join(Bytes{1, 0x60}, huge)))), "");
  EXPECT_NE(error_of(join(kHeader, section(1, join(Bytes{1, 0x4e}, huge))),
                     {.features = all_features(), .limits = {}}),
            "");
  EXPECT_NE(error_of(join(kHeader, section(9, join(Bytes{1, 1, 0}, huge)))), "");
  EXPECT_NE(error_of(join(kHeader, section(9, join(Bytes{1, 5, 0x70}, huge)))), "");
}

TEST(ModuleDecoder, LimitsAreErrorsOfTheirOwnKind) {
  const Bytes many_params = join(
      kHeader, section(1, join(Bytes{1, 0x60}, unsigned_leb(1001), Bytes(1001, 0x7f), Bytes{0})));
  expect_error(many_params, "too many parameters", ErrorKind::Limit);
  const Bytes enough = join(
      kHeader, section(1, join(Bytes{1, 0x60}, unsigned_leb(1000), Bytes(1000, 0x7f), Bytes{0})));
  EXPECT_EQ(error_of(enough), "");
  DecodeOptions strict{.features = kSupportedFeatures, .limits = ImplementationLimits::strict()};
  EXPECT_EQ(error_of(enough, strict), "too many parameters");
  strict.limits.module_bytes = 7;
  EXPECT_TRUE(error_of(kHeader, strict).starts_with("module too large"));
}

TEST(ModuleDecoder, FormsOfOtherFeaturesAreRefusedByName) {
  const std::pair<Bytes, std::string_view> forms[] = {
      {section(1, {1, 0x5f, 0}), "gc"},
      {section(1, {1, 0x4e, 0}), "gc"},
      {section(1, {1, 0x50, 0, 0x60, 0, 0}), "gc"},
      {section(1, {1, 0x60, 1, 0x64, 0x70, 0}), "function-references"},
      {section(1, {1, 0x60, 1, 0x6e, 0}), "gc"},
      {section(1, {1, 0x60, 1, 0x69, 0}), "exceptions"},
      {section(2, {1, 0, 0, 4, 0, 0}), "exceptions"},
      {section(4, {1, 0x40, 0, 0x70, 0, 0, 0xd0, 0x70, 0x0b}), "function-references"},
      {section(5, {1, 4, 0}), "memory64"},
      {section(5, {1, 3, 0, 1}), "threads"},
      {section(5, {1, 8, 0, 0}), "custom-page-sizes"},
      {section(13, {0}), "exceptions"},
  };
  for (const auto& [bytes, name] : forms) {
    const auto module = decode(join(kHeader, bytes), {.features = kWasm2, .limits = {}});
    ASSERT_FALSE(module) << name;
    EXPECT_EQ(module.error().kind(), ErrorKind::Unsupported);
    const Feature feature = [&] {
      for (int i = 0;; ++i) {
        if (name_of(static_cast<Feature>(i)) == name) return static_cast<Feature>(i);
      }
    }();
    EXPECT_EQ(module.error().message(),
              "needs the feature " + std::string(name) +
                  (kSupportedFeatures.has(feature) ? ", which is switched off"
                                                   : ", which this version does not have"));
    EXPECT_EQ(error_of(join(kHeader, bytes), {.features = all_features(), .limits = {}}), "")
        << name;
  }
}

TEST(ModuleDecoder, FeaturesThatAreSwitchedOffAreNamed) {
  DecodeOptions options;
  options.features.remove(Feature::Simd);
  EXPECT_EQ(error_of(join(kHeader, section(1, {1, 0x60, 1, 0x7b, 0})), options),
            "needs the feature simd, which is switched off");
  options.features.remove(Feature::MultiValue);
  EXPECT_EQ(error_of(join(kHeader, section(1, {1, 0x60, 0, 2, 0x7f, 0x7f})), options),
            "needs the feature multi-value, which is switched off");
}

TEST(ModuleDecoder, UsedFeaturesAreWhatTheModuleNeeds) {
  const auto module = decode(join(kHeader, section(1, {1, 0x60, 0, 2, 0x7f, 0x6f})));
  ASSERT_TRUE(module);
  EXPECT_EQ((*module)->used_features,
            (FeatureSet{Feature::Mvp, Feature::MultiValue, Feature::ReferenceTypes}));
}

TEST(ModuleDecoder, RecursiveGroupsKeepTheirBounds) {
  const Bytes types = {2, 0x60, 0, 0, 0x4e, 2, 0x50, 0, 0x5f, 1,    0x63, 2,
                       1, 0x4f, 1, 1, 0x5f, 2, 0x63, 2, 1,    0x78, 0};
  const auto module =
      decode(join(kHeader, section(1, types)), {.features = all_features(), .limits = {}});
  ASSERT_TRUE(module) << module.error().message();
  const std::vector<DefinedType>& defined = (*module)->types;
  ASSERT_EQ(defined.size(), 3u);
  EXPECT_EQ(defined[0].rec_group_end, 1u);
  EXPECT_EQ(defined[1].rec_group_begin, 1u);
  EXPECT_EQ(defined[2].rec_group_end, 3u);
  EXPECT_FALSE(defined[1].type.is_final);
  EXPECT_EQ(defined[2].type.super, 1u);
  EXPECT_EQ(defined[2].type.composite.fields[1].packed, FieldType::Packed::I8);
}

}  // namespace
}  // namespace weft::interp::testing
