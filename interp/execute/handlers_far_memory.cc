// Loads and stores of memories other than memory 0, and of memories with 64-bit addresses: always
// checked. d := memory[a + p], memory[a + p] := b.
#include "interp/execute/families.h"
#include "interp/execute/operands.h"
#include "interp/execute/shapes_far_memory.h"
#include "interp/execute/variants.h"

namespace weft::interp {
namespace {

template <HandlerKey Key, class Stored, class T>
WEFT_HANDLER(load_far) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout(Key);
  const uint64_t address = read_operand<Key.a, Repr::I64>(cell.a, WEFT_STATE);
  const MemoryInst* memory = ctx->at<MemoryInst*>(read_u32(pc, cell.x));
  const uint8_t* at =
      far_access<sizeof(Stored)>(*memory, address, read_unaligned<uint64_t>(pc + cell.p));
  if (at == nullptr) [[unlikely]]
    WEFT_TRAP(TrapCode::OutOfBoundsMemoryAccess);
  const T value = static_cast<T>(read_unaligned<Stored>(at));
  write_result<Key.d, kReprOf<T>>(value, cell.d, WEFT_STATE);
  WEFT_NEXT(cell.size);
}

template <HandlerKey Key, class Stored, class T>
WEFT_HANDLER(store_far) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout(Key);
  const uint64_t address = read_operand<Key.a, Repr::I64>(cell.a, WEFT_STATE);
  const T value = read_operand<Key.b, kReprOf<T>>(cell.b, WEFT_STATE);
  const MemoryInst* memory = ctx->at<MemoryInst*>(read_u32(pc, cell.x));
  uint8_t* at = far_access<sizeof(Stored)>(*memory, address, read_unaligned<uint64_t>(pc + cell.p));
  if (at == nullptr) [[unlikely]]
    WEFT_TRAP(TrapCode::OutOfBoundsMemoryAccess);
  write_unaligned<Stored>(at, static_cast<Stored>(value));
  WEFT_NEXT(cell.size);
}

using LoadSpace = VariantSpace<1, true>;
using StoreSpace = VariantSpace<2, false>;

template <Opcode Op, class Stored, class T>
constexpr OpcodeTable<LoadSpace::Table> kLoad = {
    Op, LoadSpace::table<HandlerKey{.shape = Shape::LoadFar, .op = Op}>(
            []<HandlerKey key, size_t>() -> HandlerFn* { return &load_far<key, Stored, T>; })};

template <Opcode Op, class Stored, class T>
constexpr OpcodeTable<StoreSpace::Table> kStore = {
    Op, StoreSpace::table<HandlerKey{.shape = Shape::StoreFar, .op = Op}>(
            []<HandlerKey key, size_t>() -> HandlerFn* { return &store_far<key, Stored, T>; })};

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

HandlerFn* far_memory_handler(const HandlerKey& key) {
  if (key.flags != 0) return nullptr;
  if (key.shape == Shape::LoadFar) return Loads::find(key.op, LoadSpace::index_of_key(key));
  if (key.shape == Shape::StoreFar) return Stores::find(key.op, StoreSpace::index_of_key(key));
  return nullptr;
}

}  // namespace weft::interp
