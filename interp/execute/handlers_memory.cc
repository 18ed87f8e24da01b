// Loads and stores of memory 0: d := memory0[a + offset], memory0[a + offset] := b.
#include "interp/execute/families.h"
#include "interp/execute/shapes_memory.h"

namespace weft::interp {
namespace {

using LoadSpace = VariantSpace<1, true, 2>;
using StoreSpace = VariantSpace<2, false, 2>;

template <Opcode Op, class Stored, class T>
constexpr LoadSpace::Table kLoad = LoadSpace::table<HandlerKey{.shape = Shape::Load, .op = Op}>(
    []<HandlerKey key, size_t flags>() -> HandlerFn* {
      return &load<with_memory_flags(key, flags != 0 ? kChecked : 0), Stored, T>;
    });

template <Opcode Op, class Stored, class T>
constexpr StoreSpace::Table kStore = StoreSpace::table<HandlerKey{.shape = Shape::Store, .op = Op}>(
    []<HandlerKey key, size_t flags>() -> HandlerFn* {
      return &store<with_memory_flags(key, flags != 0 ? kChecked : 0), Stored, T>;
    });

}  // namespace

HandlerFn* memory_handler(const HandlerKey& key) {
  const size_t flags = (key.flags & kChecked) != 0 ? 1 : 0;
  const LoadSpace::Table* load_table = nullptr;
  const StoreSpace::Table* store_table = nullptr;
  switch (key.op) {
#define WEFT_OP(...)
#define WEFT_LOAD(prefix, code, Id, text, sig, feature, Stored, Value) \
  case Opcode::Id:                                                     \
    load_table = &kLoad<Opcode::Id, Stored, Value>;                    \
    break;
#define WEFT_STORE(prefix, code, Id, text, sig, feature, Stored, Value) \
  case Opcode::Id:                                                      \
    store_table = &kStore<Opcode::Id, Stored, Value>;                   \
    break;
#include "interp/core/opcodes.def"
    default:
      return nullptr;
  }
  if (load_table)
    return key.shape == Shape::Load ? (*load_table)[LoadSpace::index_of_key(key, flags)] : nullptr;
  return key.shape == Shape::Store ? (*store_table)[StoreSpace::index_of_key(key, flags)] : nullptr;
}

}  // namespace weft::interp
