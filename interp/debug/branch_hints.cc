#include "interp/debug/branch_hints.h"

#include <vector>

#include "interp/debug/body_reader.h"
#include "interp/decode/reader.h"

namespace weft::interp {
namespace {

struct Hint {
  uint32_t offset;
  uint8_t likely;
};

// Those of one function, in order.
std::vector<Hint> read_hints(Reader& in) {
  std::vector<Hint> hints;
  const uint32_t count = in.u32();
  for (uint32_t i = 0; i < count && in.ok(); ++i) {
    const uint32_t offset = in.u32();
    const uint32_t size = in.u32();
    const uint8_t likely = in.byte();
    if (size != 1 || likely > 1 || (i > 0 && offset <= hints.back().offset)) {
      in.malformed("malformed branch hint");
    }
    hints.push_back({offset, likely});
  }
  return hints;
}

bool are_of_branches(const Module& module, ByteRange range, const std::vector<Hint>& hints) {
  BodyReader body(module, range);
  body.locals([](uint64_t, uint32_t, ValType) {});
  size_t found = 0;
  for (BodyReader::Instr instr; found < hints.size() && body.next(instr);) {
    if (instr.offset - range.begin != hints[found].offset) continue;
    if (instr.opcode != Opcode::If && instr.opcode != Opcode::BrIf) return false;
    ++found;
  }
  return found == hints.size();
}

}  // namespace

BranchHints read_branch_hints(const Module& module, ByteRange section) {
  BranchHints result;
  Reader in(module.source.bytes, section);
  const uint32_t count = in.u32();
  uint64_t next = module.imported_funcs;
  for (uint32_t i = 0; i < count && in.ok(); ++i) {
    const uint32_t func = in.u32();
    const std::vector<Hint> hints = read_hints(in);
    if (!in.ok() || func < next || func >= module.funcs.size() || hints.empty() ||
        !are_of_branches(module, module.funcs[func].body, hints)) {
      return {};
    }
    next = uint64_t{func} + 1;
    for (const Hint& hint : hints) result.emplace(std::pair(func, hint.offset), hint.likely);
  }
  return in.ok() && in.at_end() ? result : BranchHints();
}

}  // namespace weft::interp
