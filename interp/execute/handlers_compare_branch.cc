// if op(a, b) go to target: every comparison, and the bit test of i32.and, fused with the branch on
// it.
#include "interp/core/numeric.h"
#include "interp/execute/families.h"
#include "interp/execute/shapes_branch.h"

namespace weft::interp {
namespace {

using Space = VariantSpace<2, false, kBranchFlags>;

template <Opcode Op, auto Fn>
constexpr OpcodeTable<Space::Table> row() {
  if constexpr (fuses_with_branch(Op)) {
    return {Op, Space::table<HandlerKey{.shape = Shape::CompareBranch, .op = Op}>(
                    []<HandlerKey key, size_t flags>() -> HandlerFn* {
                      // Where a comparison has an opposite, the translator uses that one and never
                      // negates.
                      if constexpr ((flags & kNegate) != 0 && negated(Op)) {
                        return nullptr;
                      } else {
                        return &compare_branch<kWithBranchFlags<key, flags>, Fn>;
                      }
                    })};
  }
  return {Op, {}};
}

}  // namespace

HandlerFn* compare_branch_handler(const HandlerKey& key) {
  using Tables = OpcodeTables<[] {
    return std::array{
#define WEFT_OP(...)
#define WEFT_BINARY(prefix, code, Id, text, sig, feature, ...) row<Opcode::Id, &__VA_ARGS__>(),
#include "interp/core/opcodes.def"
    };
  }>;
  return key.shape == Shape::CompareBranch
             ? Tables::find(key.op, Space::index_of_key(key, key.flags & (kNegate | kBack)))
             : nullptr;
}

}  // namespace weft::interp
