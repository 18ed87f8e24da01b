// Which proposals a module may use, and which it was found to use.
#pragma once

#include <cstdint>
#include <string>

#include "interp/core/features.h"
#include "interp/decode/reader.h"

namespace weft::interp {

// Why a module that uses a feature which isn't enabled is refused.
inline std::string refusal_of(Feature feature) {
  return "needs the feature " + std::string(name_of(feature)) +
         (kSupportedFeatures.has(feature) ? ", which is switched off"
                                          : ", which this version does not have");
}

struct FeatureGate {
  FeatureSet enabled;
  FeatureSet used;

  // What gc is built on comes with it.
  bool has(Feature feature) const {
    return enabled.has(feature) ||
           (feature == Feature::FunctionReferences && enabled.has(Feature::Gc));
  }

  // Notes the use of a feature. False, with an error in the reader, if it isn't enabled.
  bool require(Reader& in, Feature feature, uint64_t offset) {
    used.add(feature);
    if (has(feature)) [[likely]]
      return true;
    refuse(in, feature, offset);
    return false;
  }
  bool require(Reader& in, Feature feature) { return require(in, feature, in.offset()); }

  [[gnu::cold, gnu::noinline]] static void refuse(Reader& in, Feature feature, uint64_t offset) {
    in.fail(ErrorKind::Unsupported, offset, refusal_of(feature));
  }
};

}  // namespace weft::interp
