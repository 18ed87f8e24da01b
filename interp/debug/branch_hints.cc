#include "interp/debug/branch_hints.h"

#include <optional>
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

// The offset in the module of the first that is not at a branch.
std::optional<uint64_t> astray(const Module& module, ByteRange range,
                               const std::vector<Hint>& hints) {
  BodyReader body(module, range);
  body.locals([](uint64_t, uint32_t, ValType) {});
  size_t found = 0;
  for (BodyReader::Instr instr; found < hints.size() && body.next(instr);) {
    if (instr.offset - range.begin != hints[found].offset) continue;
    if (instr.opcode != Opcode::If && instr.opcode != Opcode::BrIf) break;
    ++found;
  }
  if (found == hints.size()) return std::nullopt;
  return range.begin + hints[found].offset;
}

}  // namespace

Result<BranchHints> read_branch_hints(const Module& module, ByteRange section) {
  BranchHints result;
  Reader in(module.source.bytes, section);
  const uint32_t count = in.u32();
  uint64_t next = module.imported_funcs;
  for (uint32_t i = 0; i < count && in.ok(); ++i) {
    const uint32_t func = in.u32();
    if (in.ok() && (func < next || func >= module.funcs.size())) {
      in.malformed("malformed branch hint: the function");
    }
    const std::vector<Hint> hints = read_hints(in);
    // Text, which names no function without hints, could not give it back.
    if (in.ok() && hints.empty()) in.malformed("malformed branch hint: a function without any");
    if (!in.ok()) break;
    if (const auto stray = astray(module, module.funcs[func].body, hints)) {
      in.fail(ErrorKind::Invalid, *stray, "@metadata.code.branch_hint annotation: invalid target");
    }
    next = uint64_t{func} + 1;
    for (const Hint& hint : hints) result.emplace(std::pair(func, hint.offset), hint.likely);
  }
  if (in.ok() && !in.at_end()) in.malformed("malformed branch hint: the section is longer");
  if (!in.ok()) return std::unexpected(in.take_error());
  return result;
}

}  // namespace weft::interp
