// The custom section metadata.code.branch_hint (Spec 3.0, Appendix "Custom Sections").
#pragma once

#include <cstdint>
#include <map>
#include <string_view>
#include <utility>

#include "interp/core/error.h"
#include "interp/decode/module.h"

namespace weft::interp {

// By function and by the offset of the branch in its body: 1 if it is likely to be taken, else 0.
using BranchHints = std::map<std::pair<uint32_t, uint64_t>, uint8_t>;

inline constexpr std::string_view kBranchHintSection = "metadata.code.branch_hint";

// An error unless the section has hints in order and nothing else: ErrorKind::Malformed, or
// ErrorKind::Invalid if one is not at an `if` or `br_if`.
Result<BranchHints> read_branch_hints(const Module& module, ByteRange section);

}  // namespace weft::interp
