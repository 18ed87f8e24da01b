#include <algorithm>

#include "interp/translate/code.h"
#include "interp/translate/ir.h"

namespace weft::interp {

CatchTable::CatchTable(const IrFunction& function, const std::vector<uint32_t>& cell_offsets,
                       const uint8_t* code) {
  std::vector<const uint8_t*> targets(function.label_count);
  for (size_t i = 0; i < function.instrs.size(); ++i) {
    const IrInstr& instr = function.instrs[i];
    if (instr.is_label) targets[instr.label] = code + cell_offsets[i];
  }
  x_catches.reserve(function.catches.size());
  for (const IrCatch& clause : function.catches) {
    x_catches.push_back(
        {targets[clause.target], nullptr, clause.tag, clause.values, clause.reference});
  }
  // The clauses of a try go on with those around it, so that a search follows one list.
  std::vector<const Catch*> firsts;  // by try; parents come before what they hold
  firsts.reserve(function.tries.size());
  for (const IrTry& tried : function.tries) {
    const Catch* first = tried.parent == kNoTry ? nullptr : firsts[tried.parent];
    if (tried.first != kNoCatch) {
      x_catches[tried.last].next = first;
      for (uint32_t i = tried.first; i != tried.last; i = function.catches[i].next) {
        x_catches[i].next = &x_catches[function.catches[i].next];
      }
      first = &x_catches[tried.first];
    }
    firsts.push_back(first);
  }
  x_stretches.reserve(function.try_changes.size());
  for (const IrTryChange& change : function.try_changes) {
    if (change.from >= cell_offsets.size()) continue;  // behind all code
    // Labels and what passes removed have the offset of what follows them: the last one counts.
    const uint32_t from = cell_offsets[change.from];
    if (!x_stretches.empty() && x_stretches.back().from == from) x_stretches.pop_back();
    x_stretches.push_back({from, change.innermost == kNoTry ? nullptr : firsts[change.innermost]});
  }
}

const Catch* CatchTable::at(size_t offset) const {
  const auto after = std::ranges::upper_bound(x_stretches, offset, {}, &Stretch::from);
  return after == x_stretches.begin() ? nullptr : std::prev(after)->first;
}

}  // namespace weft::interp
