// Cells that begin with a step: a local is advanced, or moved, by a cell that comes later, above
// all by the one that ends the loop.
#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "interp/core/hash_index.h"
#include "interp/execute/families.h"
#include "interp/execute/shapes_call.h"
#include "interp/execute/shapes_memory.h"
#include "interp/execute/shapes_move.h"
#include "interp/execute/shapes_numeric.h"
#include "interp/execute/shapes_op_branch.h"

namespace weft::interp {
namespace {

constexpr std::array<uint8_t, 3> kKinds = {kStep, kStepConst, kStep64};

// The keys that have a handler: of a shape and instruction those with these places and flags.
struct Forms {
  HandlerKey key;
  bool a_in_acc = false;
  bool a_is_const = false;
  bool b_is_const = false;
  bool b_in_acc = false;
  bool c_is_const = false;
  bool d_in_acc = false;
  uint8_t flags = 0;

  constexpr size_t count() const {
    size_t count = kKinds.size();
    for (const bool varies : {a_in_acc, a_is_const, b_is_const, b_in_acc, c_is_const, d_in_acc,
                              (flags & kBack) != 0, (flags & kNegate) != 0}) {
      if (varies) count *= 2;
    }
    return count;
  }
  constexpr HandlerKey at(size_t index) const {
    HandlerKey at = key;
    const auto next = [&index](bool varies) {
      const bool bit = varies && index % 2 != 0;
      if (varies) index /= 2;
      return bit;
    };
    if (next(a_in_acc)) at.a = In::Acc;
    if (next(a_is_const)) at.a = In::Imm;
    if (next(b_is_const)) at.b = In::Imm;
    if (next(b_in_acc)) at.b = In::Acc;
    if (next(c_is_const)) at.c = In::Imm;
    if (next(d_in_acc)) at.d = Out::Acc;
    if (next((flags & kBack) != 0)) at.flags |= kBack;
    if (next((flags & kNegate) != 0)) at.flags |= kNegate;
    at.flags |= kKinds[index];
    return at;
  }
};

// Calls f with all of them.
template <class F>
constexpr void for_each_forms(F f) {
  f(Forms{.key = {.shape = Shape::Call}});
  f(Forms{.key = {.shape = Shape::CallLazy}});
  f(Forms{.key = {.shape = Shape::MovePair}, .a_is_const = true, .b_is_const = true});
  f(Forms{
      .key = {.shape = Shape::MoveBranch, .repr = Repr::I64}, .a_is_const = true, .flags = kBack});
  f(Forms{.key = {.shape = Shape::MoveBranch, .a = In::Acc, .repr = Repr::I64}, .flags = kBack});
  for (const Opcode load : {Opcode::I32Load, Opcode::I32Load8U, Opcode::I64Load, Opcode::F64Load}) {
    f(Forms{.key = {.shape = Shape::Load, .op = load}, .a_in_acc = true, .d_in_acc = true});
    f(Forms{.key = {.shape = Shape::LoadIndexed, .op = load},
            .a_is_const = true,
            .b_in_acc = true,
            .d_in_acc = true});
  }
  for (const Opcode store : {Opcode::I32Store, Opcode::I32Store8, Opcode::F64Store}) {
    f(Forms{.key = {.shape = Shape::Store, .op = store}, .a_in_acc = true, .b_is_const = true});
    f(Forms{.key = {.shape = Shape::Store, .op = store, .b = In::Acc}});
  }
  f(Forms{.key = {.shape = Shape::Branch}, .flags = kBack});
  f(Forms{.key = {.shape = Shape::BranchIf}, .a_in_acc = true, .flags = kBack | kNegate});
  f(Forms{.key = {.shape = Shape::Binary, .op = Opcode::I32Add},
          .a_in_acc = true,
          .b_is_const = true,
          .d_in_acc = true});
  const auto compare = [&f](Opcode op, uint8_t flags) {
    f(Forms{.key = {.shape = Shape::CompareBranch, .op = op},
            .a_in_acc = true,
            .b_is_const = true,
            .flags = flags});
  };
  compare(Opcode::I32And, kBack | kNegate);
  for (size_t op = index_of(Opcode::I32Eq); op <= index_of(Opcode::I32GeU); ++op)
    compare(static_cast<Opcode>(op), kBack);
  for (const Fusion& fusion : kFusions) {
    if (fusion.shape != Shape::BranchOp || fusion.inner != Opcode::I32Add) continue;
    HandlerKey key = fusion.key();
    key.b = In::Imm;
    f(Forms{.key = key, .c_is_const = true, .flags = kBack});
  }
}

// Calls f with every key.
template <class F>
constexpr void for_each_key(F f) {
  for_each_forms([&f](const Forms& forms) {
    for (size_t i = 0; i < forms.count(); ++i) {
      const HandlerKey key = forms.at(i);
      if (!kSmall || exists_with_step_when_small(key)) f(key);
    }
  });
}

constexpr size_t kCount = [] {
  size_t count = 0;
  for_each_key([&count](const HandlerKey&) { ++count; });
  return count;
}();

constexpr auto kKeys = [] {
  std::array<HandlerKey, kCount> keys{};
  size_t count = 0;
  for_each_key([&](const HandlerKey& key) { keys[count++] = key; });
  return keys;
}();

static_assert(std::ranges::all_of(kKeys, exists));

constexpr auto kWords = [] {
  std::array<uint64_t, kCount> words{};
  std::ranges::transform(kKeys, words.begin(), &HandlerKey::word);
  return words;
}();
struct WordAt {
  constexpr uint64_t operator()(size_t index) const { return kWords[index]; }
};
constexpr HashIndex<kCount, WordAt> kIndex;

template <HandlerKey Key>
constexpr HandlerFn* handler_of() {
  if constexpr (Key.shape == Shape::Call)
    return &call<Key>;
  else if constexpr (Key.shape == Shape::CallLazy)
    return &call_lazy<Key>;
  else if constexpr (Key.shape == Shape::MovePair)
    return &move_pair<Key>;
  else if constexpr (Key.shape == Shape::MoveBranch)
    return &move_branch<Key>;
  else if constexpr (Key.shape == Shape::Branch)
    return &branch<Key>;
  else if constexpr (Key.shape == Shape::BranchIf)
    return &branch_if<Key>;
  else if constexpr (Key.shape == Shape::CompareBranch)
    return &compare_branch<Key, kFunctionOf<Key.op>>;
  else if constexpr (Key.shape == Shape::BranchOp)
    return &branch_op<Key>;
  else if constexpr (Key.shape == Shape::Load)
    return &load<Key, StoredOf<Key.op>, ValueOf<Key.op>>;
  else if constexpr (Key.shape == Shape::LoadIndexed)
    return &load_indexed<Key, StoredOf<Key.op>, ValueOf<Key.op>>;
  else if constexpr (Key.shape == Shape::Store)
    return &store<Key, StoredOf<Key.op>, ValueOf<Key.op>>;
  else
    return &binary<Key, kFunctionOf<Key.op>>;
}

struct All {
  static constexpr auto kHandlers = []<size_t... I>(std::index_sequence<I...>) {
    return std::array<HandlerFn*, kCount>{handler_of<kKeys[I]>()...};
  }(std::make_index_sequence<kCount>{});
};

}  // namespace

HandlerFn* step_handler(const HandlerKey& key) {
  // Most keys that are asked for. The predicate is code that a build for size does without.
  if (kSmall ? !steps_exist(key.shape) : !exists_with_step(key)) return nullptr;
  const size_t at = kIndex.find(key.word());
  return at == kIndex.kNone ? nullptr : HandlerList<All>::at(at);
}

}  // namespace weft::interp
