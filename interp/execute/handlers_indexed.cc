// Loads and stores whose address is a sum: d := memory0[a + b + x + offset], memory0[a + b + x +
// offset] := c, where b may count elements. Array accesses of C programs take this form.
#include "interp/execute/families.h"
#include "interp/execute/shapes_memory.h"

namespace weft::interp {
namespace {

template <HandlerKey Key, class Stored, class T>
WEFT_HANDLER(store_indexed) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout(Key);
  const T value = read_operand<Key.c, kReprOf<T>>(cell.c, WEFT_STATE);
  const uint64_t at = indexed_address<Key, Stored>(cell, WEFT_STATE);
  if (out_of_bounds<Key, sizeof(Stored)>(ctx, at)) [[unlikely]]
    WEFT_TRAP(TrapCode::OutOfBoundsMemoryAccess);
  write_unaligned<Stored>(mem + at, static_cast<Stored>(value));
  keep_until_stored(pc);
  WEFT_NEXT(cell.size);
}

constexpr size_t kFlagValues = 4;
constexpr unsigned flags_of(size_t value) {
  return ((value & 1) != 0 ? unsigned{kChecked} : 0u) | ((value & 2) != 0 ? unsigned{kScaled} : 0u);
}
constexpr size_t flag_value(const HandlerKey& key) {
  return ((key.flags & kChecked) != 0 ? 1u : 0u) | ((key.flags & kScaled) != 0 ? 2u : 0u);
}

using LoadSpace = VariantSpace<2, true, kFlagValues>;
using StoreSpace = VariantSpace<3, false, kFlagValues>;

template <Opcode Op, class Stored, class T>
constexpr OpcodeTable<LoadSpace::Table> kLoad = {
    Op, LoadSpace::table<HandlerKey{.shape = Shape::LoadIndexed, .op = Op}>(
            []<HandlerKey key, size_t flags>() -> HandlerFn* {
              return &load_indexed<with_memory_flags(key, flags_of(flags)), Stored, T>;
            })};

template <Opcode Op, class Stored, class T>
constexpr OpcodeTable<StoreSpace::Table> kStore = {
    Op, StoreSpace::table<HandlerKey{.shape = Shape::StoreIndexed, .op = Op}>(
            []<HandlerKey key, size_t flags>() -> HandlerFn* {
              return &store_indexed<with_memory_flags(key, flags_of(flags)), Stored, T>;
            })};

using Loads = OpcodeTables<[] {
  return std::array{
#define WEFT_OP(...)
#define WEFT_LOAD(prefix, code, Id, text, sig, feature, Stored, Value) \
  kLoad<Opcode::Id, Stored, Value>,
#include "interp/core/opcodes.def"
  };
}>;
using Stores = OpcodeTables<[] {
  return std::array{
#define WEFT_OP(...)
#define WEFT_STORE(prefix, code, Id, text, sig, feature, Stored, Value) \
  kStore<Opcode::Id, Stored, Value>,
#include "interp/core/opcodes.def"
  };
}>;

}  // namespace

HandlerFn* indexed_handler(const HandlerKey& key) {
  if (key.shape == Shape::LoadIndexed)
    return Loads::find(key.op, LoadSpace::index_of_key(key, flag_value(key)));
  if (key.shape == Shape::StoreIndexed)
    return Stores::find(key.op, StoreSpace::index_of_key(key, flag_value(key)));
  return nullptr;
}

}  // namespace weft::interp
