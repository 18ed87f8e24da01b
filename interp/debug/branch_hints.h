// The custom section metadata.code.branch_hint (Spec 3.0, Appendix "Custom Sections").
#pragma once

#include <cstdint>
#include <map>
#include <utility>

#include "interp/decode/module.h"

namespace weft::interp {

// By function and by the offset of the branch in its body: 1 if it is likely to be taken, else 0.
using BranchHints = std::map<std::pair<uint32_t, uint64_t>, uint8_t>;

// Empty if the section has none, or anything besides hints in order at an `if` or `br_if` each.
BranchHints read_branch_hints(const Module& module, ByteRange section);

}  // namespace weft::interp
