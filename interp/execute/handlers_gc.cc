// Structs, arrays, i31s and casts.
#include "interp/execute/families.h"
#include "interp/execute/object_calls.h"
#include "interp/execute/operands.h"
#include "interp/execute/shapes_branch.h"
#include "interp/execute/variants.h"
#include "interp/runtime/objects.h"
#include "interp/validate/type_registry.h"

namespace weft::interp {
namespace {

// --- new objects

// D := function p with the operands at frame + x
template <HandlerKey Key>
WEFT_HANDLER(new_object) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout(Key);
  const auto function = read_unaligned<ObjectFn*>(pc + cell.p);
  const auto* layout = read_unaligned<const ObjectLayout*>(pc + cell.q);
  const uint64_t made =
      function(ctx, fp + read_u32(pc, cell.x), *layout, read_u32(pc, cell.y), read_u32(pc, cell.z));
  if (made < kFirstReference) [[unlikely]]
    WEFT_TRAP_WITH(made);
  write_result<Key.d, Repr::I64>(made, cell.d, WEFT_STATE);
  WEFT_NEXT(cell.size);
}

// --- fields and elements

// The instructions of memory whose names say how a field or element is stored and read.
#define WEFT_GC_LOADS(WEFT_GC_LOAD)            \
  WEFT_GC_LOAD(I32Load8S, int8_t, uint32_t)    \
  WEFT_GC_LOAD(I32Load8U, uint8_t, uint32_t)   \
  WEFT_GC_LOAD(I32Load16S, int16_t, uint32_t)  \
  WEFT_GC_LOAD(I32Load16U, uint16_t, uint32_t) \
  WEFT_GC_LOAD(I32Load, uint32_t, uint32_t)    \
  WEFT_GC_LOAD(I64Load, uint64_t, uint64_t)    \
  WEFT_GC_LOAD(F32Load, float, float)          \
  WEFT_GC_LOAD(F64Load, double, double)
#define WEFT_GC_STORES(WEFT_GC_STORE)           \
  WEFT_GC_STORE(I32Store8, uint8_t, uint32_t)   \
  WEFT_GC_STORE(I32Store16, uint16_t, uint32_t) \
  WEFT_GC_STORE(I32Store, uint32_t, uint32_t)   \
  WEFT_GC_STORE(I64Store, uint64_t, uint64_t)   \
  WEFT_GC_STORE(F32Store, float, float)         \
  WEFT_GC_STORE(F64Store, double, double)

// D := field of A
template <HandlerKey Key, class Stored, class T>
WEFT_HANDLER(struct_get) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout(Key);
  const uint64_t ref = read_operand<Key.a, Repr::I64>(cell.a, WEFT_STATE);
  if (ref == 0) [[unlikely]]
    WEFT_TRAP(TrapCode::NullStructReference);
  const auto* field = reinterpret_cast<const uint8_t*>(ref) + read_u32(pc, cell.offset);
  write_result<Key.d, kReprOf<T>>(static_cast<T>(read_unaligned<Stored>(field)), cell.d,
                                  WEFT_STATE);
  WEFT_NEXT(cell.size);
}

// field of A := B
template <HandlerKey Key, class Stored, class T>
WEFT_HANDLER(struct_set) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout(Key);
  const uint64_t ref = read_operand<Key.a, Repr::I64>(cell.a, WEFT_STATE);
  const T value = read_operand<Key.b, kReprOf<T>>(cell.b, WEFT_STATE);
  if (ref == 0) [[unlikely]]
    WEFT_TRAP(TrapCode::NullStructReference);
  write_unaligned(reinterpret_cast<uint8_t*>(ref) + read_u32(pc, cell.offset),
                  static_cast<Stored>(value));
  WEFT_NEXT(cell.size);
}

// An access of element `index`, of Bytes, of the array `ref`: traps, or continues after it.
#define WEFT_CHECK_ELEMENT(ref, index)                                             \
  do {                                                                             \
    if ((ref) == 0) [[unlikely]]                                                   \
      WEFT_TRAP(TrapCode::NullArrayReference);                                     \
    if ((index) >= reinterpret_cast<const ArrayObject*>(ref)->length) [[unlikely]] \
      WEFT_TRAP(TrapCode::OutOfBoundsArrayAccess);                                 \
  } while (false)

template <class Stored>
[[gnu::always_inline]] inline uint8_t* element(uint64_t ref, uint32_t index) {
  return reinterpret_cast<uint8_t*>(ref) + kArrayElements + uint64_t{index} * sizeof(Stored);
}

// D := element B of A
template <HandlerKey Key, class Stored, class T>
WEFT_HANDLER(array_get) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout(Key);
  const uint64_t ref = read_operand<Key.a, Repr::I64>(cell.a, WEFT_STATE);
  const uint32_t index = read_operand<Key.b, Repr::I32>(cell.b, WEFT_STATE);
  WEFT_CHECK_ELEMENT(ref, index);
  write_result<Key.d, kReprOf<T>>(
      static_cast<T>(read_unaligned<Stored>(element<Stored>(ref, index))), cell.d, WEFT_STATE);
  WEFT_NEXT(cell.size);
}

// element B of A := C
template <HandlerKey Key, class Stored, class T>
WEFT_HANDLER(array_set) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout(Key);
  const uint64_t ref = read_operand<Key.a, Repr::I64>(cell.a, WEFT_STATE);
  const uint32_t index = read_operand<Key.b, Repr::I32>(cell.b, WEFT_STATE);
  const T value = read_operand<Key.c, kReprOf<T>>(cell.c, WEFT_STATE);
  WEFT_CHECK_ELEMENT(ref, index);
  write_unaligned(element<Stored>(ref, index), static_cast<Stored>(value));
  WEFT_NEXT(cell.size);
}

// D := length of A
template <HandlerKey Key>
WEFT_HANDLER(array_len) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout(Key);
  const uint64_t ref = read_operand<Key.a, Repr::I64>(cell.a, WEFT_STATE);
  if (ref == 0) [[unlikely]]
    WEFT_TRAP(TrapCode::NullArrayReference);
  write_result<Key.d, Repr::I32>(reinterpret_cast<const ArrayObject*>(ref)->length, cell.d,
                                 WEFT_STATE);
  WEFT_NEXT(cell.size);
}

// D := the integer in A
template <HandlerKey Key>
WEFT_HANDLER(i31_get) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout(Key);
  const uint64_t ref = read_operand<Key.a, Repr::I64>(cell.a, WEFT_STATE);
  if (ref == 0) [[unlikely]]
    WEFT_TRAP(TrapCode::NullI31Reference);
  const uint32_t value = Key.op == Opcode::I31GetS ? i31_signed(ref) : i31_unsigned(ref);
  write_result<Key.d, Repr::I32>(value, cell.d, WEFT_STATE);
  WEFT_NEXT(cell.size);
}

// --- the same for vectors: all operands in slots, which are 8 bytes apart and so aligned to 8 only

[[gnu::always_inline]] inline void copy_vector(void* to, const void* from) {
  std::memcpy(to, from, sizeof(V128));
}
[[gnu::always_inline]] inline uint64_t* slot_at(const uint8_t* pc, uint64_t* fp, size_t at) {
  return fp + read_unaligned<uint16_t>(pc + at);
}

WEFT_HANDLER(v_struct_get) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout({.shape = Shape::VStructGet});
  const uint64_t ref = *slot_at(pc, fp, cell.a);
  if (ref == 0) [[unlikely]]
    WEFT_TRAP(TrapCode::NullStructReference);
  copy_vector(slot_at(pc, fp, cell.d),
              reinterpret_cast<const uint8_t*>(ref) + read_u32(pc, cell.offset));
  WEFT_NEXT(cell.size);
}

WEFT_HANDLER(v_struct_set) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout({.shape = Shape::VStructSet});
  const uint64_t ref = *slot_at(pc, fp, cell.a);
  if (ref == 0) [[unlikely]]
    WEFT_TRAP(TrapCode::NullStructReference);
  copy_vector(reinterpret_cast<uint8_t*>(ref) + read_u32(pc, cell.offset), slot_at(pc, fp, cell.b));
  WEFT_NEXT(cell.size);
}

WEFT_HANDLER(v_array_get) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout({.shape = Shape::VArrayGet});
  const uint64_t ref = *slot_at(pc, fp, cell.a);
  const auto index = static_cast<uint32_t>(*slot_at(pc, fp, cell.b));
  WEFT_CHECK_ELEMENT(ref, index);
  copy_vector(slot_at(pc, fp, cell.d), element<V128>(ref, index));
  WEFT_NEXT(cell.size);
}

WEFT_HANDLER(v_array_set) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout({.shape = Shape::VArraySet});
  const uint64_t ref = *slot_at(pc, fp, cell.a);
  const auto index = static_cast<uint32_t>(*slot_at(pc, fp, cell.b));
  WEFT_CHECK_ELEMENT(ref, index);
  copy_vector(element<V128>(ref, index), slot_at(pc, fp, cell.c));
  WEFT_NEXT(cell.size);
}

// --- casts

// Which CastClass a reference of the any hierarchy is of.
[[gnu::always_inline]] inline uint32_t class_of(uint64_t ref, const TypeRegistry& types) {
  if (is_i31(ref)) return kI31Class;
  const uint32_t type = reinterpret_cast<const HeapObject*>(ref)->type;
  if (type >= kFirstObjectKind) return kHostClass;
  return types.layout(type).kind == CompositeType::Kind::Struct ? kStructClass : kArrayClass;
}

// Whether the reference is of the type that the cell names.
template <HandlerKey Key>
[[gnu::always_inline]] inline bool is_of_type(uint64_t ref, const uint8_t* pc) {
  constexpr CellLayout cell = cell_layout(Key);
  const uint32_t x = read_u32(pc, cell.x);
  const uint32_t y = read_u32(pc, cell.y);
  if (ref == 0) return (y & kCastsNull) != 0;
  constexpr unsigned kind = Key.flags & kCastKinds;
  if constexpr (kind == kCastToTop) {
    return x != 0;
  } else {
    const auto& types = *read_unaligned<const TypeRegistry*>(pc + cell.p);
    if constexpr (kind == kCastToClass) {
      return (class_of(ref, types) & x) != 0;
    } else if constexpr (kind == kCastToFunc) {
      const TypeId type = reinterpret_cast<const FuncInst*>(ref)->type;
      return type == x || types.is_below(type, x, y >> kCastDepthShift);
    } else {
      if (is_i31(ref)) return false;
      const uint32_t type = reinterpret_cast<const HeapObject*>(ref)->type;
      return type == x ||
             (type < kFirstObjectKind && types.is_below(type, x, y >> kCastDepthShift));
    }
  }
}

// D := whether A is of the type
template <HandlerKey Key>
WEFT_HANDLER(ref_test) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout(Key);
  const uint64_t ref = read_operand<Key.a, Repr::I64>(cell.a, WEFT_STATE);
  const uint32_t result = is_of_type<Key>(ref, pc) ? 1 : 0;
  write_result<Key.d, Repr::I32>(result, cell.d, WEFT_STATE);
  WEFT_NEXT(cell.size);
}

template <HandlerKey Key>
WEFT_HANDLER(ref_cast) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout(Key);
  const uint64_t ref = read_operand<Key.a, Repr::I64>(cell.a, WEFT_STATE);
  if (!is_of_type<Key>(ref, pc)) [[unlikely]]
    WEFT_TRAP(TrapCode::CastFailure);
  WEFT_NEXT(cell.size);
}

template <HandlerKey Key>
WEFT_HANDLER(branch_cast) {
  WEFT_REGS;
  constexpr CellLayout cell = cell_layout(Key);
  const uint64_t ref = read_operand<Key.a, Repr::I64>(cell.a, WEFT_STATE);
  if (is_of_type<Key>(ref, pc) == ((Key.flags & kNegate) == 0)) WEFT_JUMP(Key, cell);
  WEFT_NEXT(cell.size);
}

// --- tables

constexpr HandlerKey with_flags(HandlerKey key, size_t flags) {
  key.flags = static_cast<uint8_t>(flags);
  return key;
}

// One operand and all values of the flags.
inline constexpr size_t kAllFlags = 16;
using CastSpace = VariantSpace<1, true, kAllFlags>;
using CastBranchSpace = VariantSpace<1, false, kAllFlags>;
using OneSpace = VariantSpace<1, true>;
using SetSpace = VariantSpace<2, false>;
using GetSpace = VariantSpace<2, true>;
using ArraySetSpace = VariantSpace<3, false>;

constexpr CastSpace::Table kRefTest = CastSpace::table<HandlerKey{.shape = Shape::RefTest}>(
    []<HandlerKey key, size_t flags>() -> HandlerFn* {
      if constexpr ((flags & ~size_t{kCastKinds}) == 0) return &ref_test<with_flags(key, flags)>;
      return nullptr;
    });
constexpr CastBranchSpace::Table kRefCast =
    CastBranchSpace::table<HandlerKey{.shape = Shape::RefCast}>(
        []<HandlerKey key, size_t flags>() -> HandlerFn* {
          if constexpr ((flags & ~size_t{kCastKinds}) == 0) {
            return &ref_cast<with_flags(key, flags)>;
          }
          return nullptr;
        });
constexpr CastBranchSpace::Table kBranchCast =
    CastBranchSpace::table<HandlerKey{.shape = Shape::BranchCast}>(
        []<HandlerKey key, size_t flags>() -> HandlerFn* {
          return &branch_cast<with_flags(key, flags)>;
        });
constexpr OneSpace::Table kArrayLen = OneSpace::table<HandlerKey{.shape = Shape::ArrayLen}>(
    []<HandlerKey key, size_t>() -> HandlerFn* { return &array_len<key>; });
template <Opcode Op>
constexpr OneSpace::Table kI31Get = OneSpace::table<HandlerKey{.shape = Shape::I31Get, .op = Op}>(
    []<HandlerKey key, size_t>() -> HandlerFn* { return &i31_get<key>; });

template <Opcode Op, class Stored, class T>
constexpr OpcodeTable<OneSpace::Table> kStructGet = {
    Op, OneSpace::table<HandlerKey{.shape = Shape::StructGet, .op = Op}>(
            []<HandlerKey key, size_t>() -> HandlerFn* { return &struct_get<key, Stored, T>; })};
template <Opcode Op, class Stored, class T>
constexpr OpcodeTable<SetSpace::Table> kStructSet = {
    Op, SetSpace::table<HandlerKey{.shape = Shape::StructSet, .op = Op}>(
            []<HandlerKey key, size_t>() -> HandlerFn* { return &struct_set<key, Stored, T>; })};
template <Opcode Op, class Stored, class T>
constexpr OpcodeTable<GetSpace::Table> kArrayGet = {
    Op, GetSpace::table<HandlerKey{.shape = Shape::ArrayGet, .op = Op}>(
            []<HandlerKey key, size_t>() -> HandlerFn* { return &array_get<key, Stored, T>; })};
template <Opcode Op, class Stored, class T>
constexpr OpcodeTable<ArraySetSpace::Table> kArraySet = {
    Op, ArraySetSpace::table<HandlerKey{.shape = Shape::ArraySet, .op = Op}>(
            []<HandlerKey key, size_t>() -> HandlerFn* { return &array_set<key, Stored, T>; })};

using StructGets = OpcodeTables<[] {
#define WEFT_GC_TABLE(Id, Stored, T) kStructGet<Opcode::Id, Stored, T>,
  return std::array{WEFT_GC_LOADS(WEFT_GC_TABLE)};
#undef WEFT_GC_TABLE
}>;
using StructSets = OpcodeTables<[] {
#define WEFT_GC_TABLE(Id, Stored, T) kStructSet<Opcode::Id, Stored, T>,
  return std::array{WEFT_GC_STORES(WEFT_GC_TABLE)};
#undef WEFT_GC_TABLE
}>;
using ArrayGets = OpcodeTables<[] {
#define WEFT_GC_TABLE(Id, Stored, T) kArrayGet<Opcode::Id, Stored, T>,
  return std::array{WEFT_GC_LOADS(WEFT_GC_TABLE)};
#undef WEFT_GC_TABLE
}>;
using ArraySets = OpcodeTables<[] {
#define WEFT_GC_TABLE(Id, Stored, T) kArraySet<Opcode::Id, Stored, T>,
  return std::array{WEFT_GC_STORES(WEFT_GC_TABLE)};
#undef WEFT_GC_TABLE
}>;

}  // namespace

HandlerFn* gc_handler(const HandlerKey& key) {
  if (is_vector(key.shape) && !all_in_slots(key)) return nullptr;
  switch (key.shape) {
    case Shape::NewObject:
      return key.d == Out::Slot ? &new_object<HandlerKey{.shape = Shape::NewObject}>
                                : &new_object<HandlerKey{.shape = Shape::NewObject, .d = Out::Acc}>;
    case Shape::StructGet:
      return StructGets::find(key.op, OneSpace::index_of_key(key));
    case Shape::StructSet:
      return StructSets::find(key.op, SetSpace::index_of_key(key));
    case Shape::ArrayGet:
      return ArrayGets::find(key.op, GetSpace::index_of_key(key));
    case Shape::ArraySet:
      return ArraySets::find(key.op, ArraySetSpace::index_of_key(key));
    case Shape::ArrayLen:
      return kArrayLen[OneSpace::index_of_key(key)];
    case Shape::I31Get:
      return key.op == Opcode::I31GetS   ? kI31Get<Opcode::I31GetS>[OneSpace::index_of_key(key)]
             : key.op == Opcode::I31GetU ? kI31Get<Opcode::I31GetU>[OneSpace::index_of_key(key)]
                                         : nullptr;
    case Shape::RefTest:
      return kRefTest[CastSpace::index_of_key(key, key.flags)];
    case Shape::RefCast:
      return kRefCast[CastBranchSpace::index_of_key(key, key.flags)];
    case Shape::BranchCast:
      return kBranchCast[CastBranchSpace::index_of_key(key, key.flags)];
    case Shape::VStructGet:
      return &v_struct_get;
    case Shape::VStructSet:
      return &v_struct_set;
    case Shape::VArrayGet:
      return &v_array_get;
    case Shape::VArraySet:
      return &v_array_set;
    default:
      return nullptr;
  }
}

}  // namespace weft::interp
