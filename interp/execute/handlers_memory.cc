// Loads and stores of memory 0: d := memory0[a + offset], memory0[a + offset] := b.
#include "interp/execute/families.h"
#include "interp/execute/shapes_memory.h"

namespace weft::interp {
namespace {

using LoadSpace = VariantSpace<1, true, 2>;
using StoreSpace = VariantSpace<2, false, 2>;

template <Opcode Op, class Stored, class T>
constexpr OpcodeTable<LoadSpace::Table> kLoad = {
    Op, LoadSpace::table<HandlerKey{.shape = Shape::Load, .op = Op}>(
            []<HandlerKey key, size_t flags>() -> HandlerFn* {
              return &load<with_memory_flags(key, flags != 0 ? kChecked : 0), Stored, T>;
            })};

template <Opcode Op, class Stored, class T>
constexpr OpcodeTable<StoreSpace::Table> kStore = {
    Op, StoreSpace::table<HandlerKey{.shape = Shape::Store, .op = Op}>(
            []<HandlerKey key, size_t flags>() -> HandlerFn* {
              return &store<with_memory_flags(key, flags != 0 ? kChecked : 0), Stored, T>;
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

HandlerFn* memory_handler(const HandlerKey& key) {
  const size_t flags = (key.flags & kChecked) != 0 ? 1 : 0;
  if (key.shape == Shape::Load) return Loads::find(key.op, LoadSpace::index_of_key(key, flags));
  if (key.shape == Shape::Store) return Stores::find(key.op, StoreSpace::index_of_key(key, flags));
  return nullptr;
}

}  // namespace weft::interp
