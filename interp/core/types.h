// The type system of WebAssembly 3.0 (Spec 3.0, 2.3 "Types"): value, reference, heap, composite and
// external types.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace weft::interp {

// Index of a type in an engine's TypeRegistry. Equal ids are equal types, across all modules of the
// engine.
using TypeId = uint32_t;
inline constexpr TypeId kNoTypeId = UINT32_MAX;

// An abstract heap type, by its byte in the binary format, or an index: a module's type index in a
// decoded Module, a TypeId once validate/ has canonicalised it.
class HeapType {
 public:
  enum Abstract : uint32_t {
    Bot = 0x00,  // below all others: of references in unreachable code
    NoExn = 0x74,
    NoFunc = 0x73,
    NoExtern = 0x72,
    None = 0x71,
    Func = 0x70,
    Extern = 0x6f,
    Any = 0x6e,
    Eq = 0x6d,
    I31 = 0x6c,
    Struct = 0x6b,
    Array = 0x6a,
    Exn = 0x69,
  };

  // NOLINTNEXTLINE(google-explicit-constructor): an abstract heap type is a heap type.
  constexpr HeapType(Abstract abstract) : x_code(abstract) {}
  static constexpr HeapType of_index(uint32_t index) { return HeapType(kIndexBase + index); }

  constexpr bool is_index() const { return x_code >= kIndexBase; }
  constexpr uint32_t index() const { return x_code - kIndexBase; }
  constexpr Abstract abstract() const { return static_cast<Abstract>(x_code); }
  constexpr uint32_t raw() const { return x_code; }
  constexpr bool operator==(const HeapType&) const = default;

 private:
  friend class ValType;
  static constexpr uint32_t kIndexBase = 0x80;
  explicit constexpr HeapType(uint32_t code) : x_code(code) {}
  uint32_t x_code;
};

// A value type, or Bot, the bottom type of operands in unreachable code. Four bytes, compared as
// one integer.
class ValType {
 public:
  enum Kind : uint8_t {
    Bot = 0,
    I32 = 0x7f,
    I64 = 0x7e,
    F32 = 0x7d,
    F64 = 0x7c,
    V128 = 0x7b,
    Ref = 0x64,
    RefNull = 0x63
  };

  constexpr ValType() = default;
  // NOLINTNEXTLINE(google-explicit-constructor): a kind without a heap type is a type.
  constexpr ValType(Kind kind) : x_bits(kind) {}
  static constexpr ValType ref(HeapType heap, bool nullable) {
    ValType type(nullable ? RefNull : Ref);
    type.x_bits |= heap.raw() << 8;
    return type;
  }

  constexpr Kind kind() const { return static_cast<Kind>(x_bits & 0xff); }
  constexpr bool is_ref() const { return kind() == Ref || kind() == RefNull; }
  constexpr bool is_num() const { return kind() >= F64 && kind() <= I32; }
  constexpr bool is_vec() const { return kind() == V128; }
  constexpr bool is_nullable() const { return kind() == RefNull; }
  // A type with a default value: what a local may have without being set first.
  constexpr bool is_defaultable() const { return kind() != Ref; }
  constexpr HeapType heap() const { return HeapType(x_bits >> 8); }
  constexpr uint32_t raw() const { return x_bits; }
  // 8-byte frame slots that a value of this type occupies.
  constexpr uint32_t slots() const { return kind() == V128 ? 2 : 1; }
  constexpr bool operator==(const ValType&) const = default;

 private:
  uint32_t x_bits = Bot;
};

inline constexpr ValType kFuncRef = ValType::ref(HeapType::Func, true);
inline constexpr ValType kExternRef = ValType::ref(HeapType::Extern, true);
inline constexpr ValType kAnyRef = ValType::ref(HeapType::Any, true);
inline constexpr ValType kEqRef = ValType::ref(HeapType::Eq, true);
inline constexpr ValType kI31Ref = ValType::ref(HeapType::I31, true);
inline constexpr ValType kExnRef = ValType::ref(HeapType::Exn, true);

// Frame slots of a list of values.
constexpr uint32_t slots_of(std::span<const ValType> types) {
  uint32_t slots = 0;
  for (const ValType type : types) slots += type.slots();
  return slots;
}

// "i32", "funcref", "(ref null 3)".
std::string to_string(ValType type);
std::string to_string(HeapType type);

struct FuncType {
  std::vector<ValType> params;
  std::vector<ValType> results;
  bool operator==(const FuncType&) const = default;
};

// "(i32, i32) -> i64", "() -> ()".
std::string to_string(const FuncType& type);

// A field of a struct or array: a value type or a packed i8 or i16.
struct FieldType {
  enum class Packed : uint8_t { No, I8, I16 };
  ValType type;
  Packed packed = Packed::No;
  bool is_mutable = false;
  bool is_packed() const { return packed != Packed::No; }
  bool operator==(const FieldType&) const = default;
};

struct CompositeType {
  enum class Kind : uint8_t { Func, Struct, Array };
  Kind kind = Kind::Func;
  FuncType func;                  // Kind::Func
  std::vector<FieldType> fields;  // Kind::Struct, or one for Kind::Array
  bool operator==(const CompositeType&) const = default;
};

struct SubType {
  bool is_final = true;
  std::optional<uint32_t> super;  // a type index in a decoded Module, a TypeId in a TypeRegistry
  CompositeType composite;
  bool operator==(const SubType&) const = default;
};

enum class IndexType : uint8_t { I32, I64 };
constexpr ValType val_type_of(IndexType index) {
  return index == IndexType::I64 ? ValType::I64 : ValType::I32;
}

struct Limits {
  uint64_t min = 0;
  std::optional<uint64_t> max;
  bool operator==(const Limits&) const = default;
};

inline constexpr uint32_t kPageBytesLog2 = 16;
inline constexpr uint64_t kPageBytes = uint64_t{1} << kPageBytesLog2;

struct MemoryType {
  Limits limits;  // pages
  IndexType index = IndexType::I32;
  bool shared = false;
  uint32_t page_bytes_log2 = kPageBytesLog2;
};

struct TableType {
  Limits limits;  // elements
  IndexType index = IndexType::I32;
  ValType element = kFuncRef;
};

struct GlobalType {
  ValType type;
  bool is_mutable = false;
  bool operator==(const GlobalType&) const = default;
};

struct TagType {
  uint32_t type_index = 0;
};

enum class ExternKind : uint8_t { Func = 0, Table = 1, Memory = 2, Global = 3, Tag = 4 };
inline constexpr const char* kExternKindNames[] = {"func", "table", "memory", "global", "tag"};

}  // namespace weft::interp
