// The proposals that make up WebAssembly, each a switch of the engine's configuration.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace weft::interp {

// WEFT_FEATURE(Id, name): `name` is what error messages and the public Features call it.
#define WEFT_FEATURES(WEFT_FEATURE)                       \
  WEFT_FEATURE(Mvp, "mvp")                                \
  WEFT_FEATURE(MutableGlobals, "mutable-globals")         \
  WEFT_FEATURE(SignExtension, "sign-extension")           \
  WEFT_FEATURE(NontrappingFptoint, "nontrapping-fptoint") \
  WEFT_FEATURE(MultiValue, "multi-value")                 \
  WEFT_FEATURE(BulkMemory, "bulk-memory")                 \
  WEFT_FEATURE(ReferenceTypes, "reference-types")         \
  WEFT_FEATURE(Simd, "simd")                              \
  WEFT_FEATURE(TailCall, "tail-call")                     \
  WEFT_FEATURE(ExtendedConst, "extended-const")           \
  WEFT_FEATURE(MultiMemory, "multi-memory")               \
  WEFT_FEATURE(Memory64, "memory64")                      \
  WEFT_FEATURE(RelaxedSimd, "relaxed-simd")               \
  WEFT_FEATURE(FunctionReferences, "function-references") \
  WEFT_FEATURE(Gc, "gc")                                  \
  WEFT_FEATURE(Exceptions, "exceptions")                  \
  WEFT_FEATURE(LegacyExceptions, "legacy-exceptions")     \
  WEFT_FEATURE(Threads, "threads")                        \
  WEFT_FEATURE(CustomPageSizes, "custom-page-sizes")      \
  WEFT_FEATURE(WideArithmetic, "wide-arithmetic")

enum class Feature : uint8_t {
#define WEFT_FEATURE(Id, name) Id,
  WEFT_FEATURES(WEFT_FEATURE)
#undef WEFT_FEATURE
};

constexpr std::string_view name_of(Feature feature) {
  constexpr std::string_view names[] = {
#define WEFT_FEATURE(Id, name) name,
      WEFT_FEATURES(WEFT_FEATURE)
#undef WEFT_FEATURE
  };
  return names[static_cast<size_t>(feature)];
}

class FeatureSet {
 public:
  constexpr FeatureSet() = default;
  constexpr FeatureSet(std::initializer_list<Feature> features) {
    for (Feature feature : features) add(feature);
  }
  constexpr bool has(Feature feature) const { return (x_bits >> static_cast<int>(feature)) & 1; }
  constexpr void add(Feature feature) { x_bits |= uint64_t{1} << static_cast<int>(feature); }
  constexpr void remove(Feature feature) { x_bits &= ~(uint64_t{1} << static_cast<int>(feature)); }
  constexpr FeatureSet operator|(FeatureSet other) const {
    FeatureSet result;
    result.x_bits = x_bits | other.x_bits;
    return result;
  }
  constexpr bool operator==(const FeatureSet&) const = default;

 private:
  uint64_t x_bits = 0;
};

// clang-format off
inline constexpr FeatureSet kWasm2{
    Feature::Mvp,
    Feature::MutableGlobals,
    Feature::SignExtension,
    Feature::NontrappingFptoint,
    Feature::MultiValue,
    Feature::BulkMemory,
    Feature::ReferenceTypes,
    Feature::Simd,
};

// What this version executes. Rows of the instruction table outside it are known, decoded and
// refused by name.
inline constexpr FeatureSet kSupportedFeatures = kWasm2 | FeatureSet{
    Feature::TailCall,
    Feature::ExtendedConst,
    Feature::MultiMemory,
    Feature::Memory64,
    Feature::RelaxedSimd,
    Feature::FunctionReferences,
    Feature::Gc,
    Feature::Exceptions,
    Feature::LegacyExceptions,
    Feature::Threads,
    Feature::CustomPageSizes,
    Feature::WideArithmetic,
};
// clang-format on

}  // namespace weft::interp
