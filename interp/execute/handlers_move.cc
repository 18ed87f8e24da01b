// Moves, selection, globals, zeroing.
#include <cstring>

#include "interp/execute/families.h"
#include "interp/execute/operands.h"
#include "interp/execute/shapes_fused.h"
#include "interp/execute/shapes_move.h"
#include "interp/execute/variants.h"

namespace weft::interp {
namespace {

// D := A
template <HandlerKey Key>
WEFT_HANDLER(move) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout(Key);
  const auto value = read_operand<Key.a, Key.repr>(cell.a, WEFT_STATE);
  write_result<Key.d, Key.repr>(value, cell.d, WEFT_STATE);
  WEFT_NEXT(cell.size);
}

// A conditional move of values that are both loaded: a branch would be mispredicted, and selecting
// an address would make the load wait for the condition. (Branches of the program itself are never
// made into conditional moves.)
template <class T>
[[gnu::always_inline]] inline T choose(uint32_t condition, T if_true, T if_false) {
#if defined(__x86_64__)
  if constexpr (std::is_integral_v<T>) {
    uint64_t result = if_false;
    asm("testl %2, %2\n\tcmovneq %1, %0"
        : "+r"(result)
        : "r"(uint64_t{if_true}), "r"(condition)
        : "cc");
    return static_cast<T>(result);
  }
#endif
  return condition != 0 ? if_true : if_false;
}

// D := C ? A : B
template <HandlerKey Key>
WEFT_HANDLER(select) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout(Key);
  const auto if_true = read_operand<Key.a, Key.repr>(cell.a, WEFT_STATE);
  const auto if_false = read_operand<Key.b, Key.repr>(cell.b, WEFT_STATE);
  const uint32_t condition = read_operand<Key.c, Repr::I32>(cell.c, WEFT_STATE);
  write_result<Key.d, Key.repr>(choose(condition, if_true, if_false), cell.d, WEFT_STATE);
  WEFT_NEXT(cell.size);
}

// D := Op(A, B) ? slot S : C
template <HandlerKey Key>
WEFT_HANDLER(compare_select) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout(Key);
  constexpr Reprs reprs = reprs_of(Key);
  const auto a = read_operand<Key.a, reprs.in[0]>(cell.a, WEFT_STATE);
  const auto b = read_operand<Key.b, reprs.in[1]>(cell.b, WEFT_STATE);
  const auto if_true = read_operand<In::Slot, Key.repr>(cell.s, WEFT_STATE);
  const auto if_false = read_operand<Key.c, Key.repr>(cell.c, WEFT_STATE);
  write_result<Key.d, Key.repr>(choose(kFunctionOf<Key.op>(a, b), if_true, if_false), cell.d,
                                WEFT_STATE);
  WEFT_NEXT(cell.size);
}

constexpr bool is_far(Shape shape) {
  return shape == Shape::GlobalGetFar || shape == Shape::GlobalSetFar;
}

template <HandlerKey Key>
[[gnu::always_inline]] inline Value* global_at(Context* ctx, uint32_t offset) {
  return is_far(Key.shape) ? ctx->at<Value*>(offset) : &ctx->at<Value>(offset);
}

template <HandlerKey Key>
WEFT_HANDLER(global_get) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout(Key);
  const Value* global = global_at<Key>(ctx, read_u32(pc, cell.x));
  write_result<Key.d, Key.repr>(read_unaligned<CType<Key.repr>>(global), cell.d, WEFT_STATE);
  WEFT_NEXT(cell.size);
}

template <HandlerKey Key>
WEFT_HANDLER(global_set) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout(Key);
  Value* global = global_at<Key>(ctx, read_u32(pc, cell.x));
  const auto value = read_operand<Key.a, Key.repr>(cell.a, WEFT_STATE);
  if constexpr (Key.repr == Repr::I32) {
    write_unaligned<uint64_t>(global,
                              value);  // the upper half stays zero: Value::bits is canonical
  } else {
    write_unaligned(global, value);
  }
  WEFT_NEXT(cell.size);
}

// frame[y .. y + z) := frame[x .. x + z), downwards: y < x
template <HandlerKey Key>
WEFT_HANDLER(move_many) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout(Key);
  const uint64_t* from = fp + read_u32(pc, cell.x);
  uint64_t* to = fp + read_u32(pc, cell.y);
  const uint64_t* const end = from + read_u32(pc, cell.z);
  while (from != end) *to++ = *from++;
  WEFT_NEXT(cell.size);
}

// frame[x .. x + y) := 0
template <HandlerKey Key>
WEFT_HANDLER(zero) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout(Key);
  uint64_t* at = fp + read_u32(pc, cell.x);
  uint64_t* const end = at + read_u32(pc, cell.y);
  do *at = 0;
  while (++at != end);
  WEFT_NEXT(cell.size);
}

inline constexpr size_t kScalarReprs = 4;

// Tables for each scalar representation.
template <class Space, Shape S, class Make>
constexpr auto per_repr() {
  return []<size_t... R>(std::index_sequence<R...>) {
    return std::array{
        Space::template table<HandlerKey{.shape = S, .repr = static_cast<Repr>(R)}>(Make())...};
  }(std::make_index_sequence<kScalarReprs>{});
}

using MoveSpace = VariantSpace<1, true>;
using PairSpace = VariantSpace<2, false>;
using SelectSpace = VariantSpace<3, true>;
using GetSpace = VariantSpace<1, true>;  // `a` unused: always In::Slot
using SetSpace = VariantSpace<1, false>;

using MakeMove = decltype([]<HandlerKey key, size_t>() -> HandlerFn* { return &move<key>; });
using MakeSelect = decltype([]<HandlerKey key, size_t>() -> HandlerFn* { return &select<key>; });
using MakeGet = decltype([]<HandlerKey key, size_t>() -> HandlerFn* { return &global_get<key>; });
using MakeSet = decltype([]<HandlerKey key, size_t>() -> HandlerFn* { return &global_set<key>; });

using Moves = HandlerTables<per_repr<MoveSpace, Shape::Move, MakeMove>>;
using Selects = HandlerTables<per_repr<SelectSpace, Shape::Select, MakeSelect>>;
using Gets = HandlerTables<per_repr<GetSpace, Shape::GlobalGet, MakeGet>>;
using FarGets = HandlerTables<per_repr<GetSpace, Shape::GlobalGetFar, MakeGet>>;
using Sets = HandlerTables<per_repr<SetSpace, Shape::GlobalSet, MakeSet>>;
using FarSets = HandlerTables<per_repr<SetSpace, Shape::GlobalSetFar, MakeSet>>;
constexpr auto kPair = PairSpace::table<HandlerKey{.shape = Shape::MovePair}>(
    []<HandlerKey key, size_t>() -> HandlerFn* { return &move_pair<key>; });

template <Opcode Op>
constexpr SelectSpace::Table kCompareSelect =
    SelectSpace::table<HandlerKey{.shape = Shape::CompareSelect, .op = Op}>(
        []<HandlerKey key, size_t>() -> HandlerFn* { return &compare_select<key>; });
using CompareSelects = HandlerTables<[] {
  return []<size_t... I>(std::index_sequence<I...>) {
    return std::array{kCompareSelect<static_cast<Opcode>(index_of(Opcode::I32Eq) + I)>...};
  }(std::make_index_sequence<index_of(Opcode::I32GeU) - index_of(Opcode::I32Eq) + 1>{});
}>;

HandlerFn* compare_select_handler(const HandlerKey& key) {
  if (!exists(key)) return nullptr;
  return CompareSelects::find(index_of(key.op) - index_of(Opcode::I32Eq),
                              SelectSpace::index_of_key(key));
}

}  // namespace

HandlerFn* move_handler(const HandlerKey& key) {
  const auto repr = static_cast<size_t>(key.repr);
  if (repr >= kScalarReprs) return nullptr;
  switch (key.shape) {
    case Shape::Move:
      return Moves::find(repr, MoveSpace::index_of_key(key));
    case Shape::MovePair:
      return key.c == In::Slot ? kPair[PairSpace::index_of_key(key)] : nullptr;
    case Shape::CompareSelect:
      return compare_select_handler(key);
    case Shape::Select:
      return Selects::find(repr, SelectSpace::index_of_key(key));
    case Shape::GlobalGet:
      return Gets::find(repr, GetSpace::index_of_key(key));
    case Shape::GlobalGetFar:
      return FarGets::find(repr, GetSpace::index_of_key(key));
    case Shape::GlobalSet:
      return Sets::find(repr, SetSpace::index_of_key(key));
    case Shape::GlobalSetFar:
      return FarSets::find(repr, SetSpace::index_of_key(key));
    case Shape::MoveMany:
      return &move_many<HandlerKey{.shape = Shape::MoveMany}>;
    case Shape::Zero:
      return &zero<HandlerKey{.shape = Shape::Zero}>;
    default:
      return nullptr;
  }
}

}  // namespace weft::interp
