#include "interp/debug/custom_sections.h"

#include <optional>
#include <utility>

#include "interp/core/binary_format.h"
#include "interp/debug/branch_hints.h"
#include "interp/decode/names.h"

namespace weft::interp {

Result<void> check_custom_sections(const Module& module) {
  const NameSection names(module);
  if (const std::optional<Error>& problem = names.problem()) {
    return std::unexpected(Error(problem->kind(), problem->offset(), problem->message()));
  }
  for (const CustomSection& section : module.customs) {
    if (section.name != kBranchHintSection) continue;
    Result<BranchHints> hints = read_branch_hints(module, section.payload);
    if (!hints) return std::unexpected(std::move(hints).error());
  }
  return {};
}

}  // namespace weft::interp
