// The types of an engine: equal ids are equal types, across all modules (Spec 3.0, 3.1.5 "Type
// Equivalence" and 3.3 "Matching").
//
// Recursive groups are interned whole, with references inside the group written relative to it, so
// that two groups are equal exactly if their keys are. Each type keeps the list of its supertypes
// from the root down (a display), which makes subtyping one comparison. Types are never removed:
// ids stay valid as long as the engine.
//
// Thread-safe. Interning locks; type() and is_subtype() don't.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstdint>
#include <mutex>
#include <span>
#include <unordered_map>
#include <vector>

#include "interp/core/types.h"
#include "interp/decode/module.h"

namespace weft::interp {

// How objects of a struct or array type lie in memory: a header of 8 bytes, then a struct's fields,
// each at its natural alignment, or an array's length in 4 bytes and its elements from byte 16 on.
// Objects themselves are at multiples of 16 bytes. A subtype's fields lie where its supertype's do.
struct ObjectLayout {
  struct Place {
    uint32_t offset;
    uint8_t bytes;  // 1, 2, 4, 8 or 16
  };
  TypeId type = kNoTypeId;
  CompositeType::Kind kind = CompositeType::Kind::Func;
  uint8_t element_bytes = 0;            // of an array
  bool has_collected_elements = false;  // of an array: holds_collected_refs
  bool only_words = false;              // of a struct: all fields are of 8 bytes
  uint32_t bytes = 0;                   // of a struct, header included
  std::vector<Place> fields{};          // of a struct
  std::vector<uint32_t> refs{};         // offsets of fields for which holds_collected_refs
};

// How the parameters and results of a function type lie in a frame, for what copies them at every
// call from or to the host.
struct FuncLayout {
  struct Values {
    std::span<const ValType> types{};
    uint32_t slots = 0;     // 8-byte frame slots
    bool is_plain = false;  // 64 values at most, none of them a vector: one to a slot
    uint64_t halves = 0;    // if plain, by bit: which are i32 or f32
    uint64_t floats = 0;    // and which are f32
  };
  Values params;
  Values results;
  // For the larger of both.
  uint32_t values = 0;
  uint32_t slots = 0;
  // kShortParams parameters and one result at most, none of them a vector or an f32: copied without
  // a loop.
  static constexpr size_t kShortParams = 4;
  bool is_short = false;
};

class TypeRegistry {
 public:
  TypeRegistry();
  ~TypeRegistry();
  TypeRegistry(const TypeRegistry&) = delete;
  TypeRegistry& operator=(const TypeRegistry&) = delete;

  // Interns types[begin, end), one recursive group whose references are module type indices below
  // `end`; those below `begin` have ids already. Sets the group's ids and rewrites its references
  // to TypeIds. False if the registry is full.
  bool intern_group(std::span<DefinedType> types, uint32_t begin, uint32_t end);

  // Interns a function type of the host's; its references are TypeIds. kNoTypeId if the registry is
  // full.
  TypeId intern(const FuncType& type);

  // References inside are TypeIds. Stable address.
  const SubType& type(TypeId id) const { return entry(id).type; }
  const FuncType& func_type(TypeId id) const { return type(id).composite.func; }
  // Stable address. Of a function type.
  const FuncLayout& func_layout(TypeId id) const { return entry(id).func_layout; }
  // Stable address.
  const ObjectLayout& layout(TypeId id) const { return entry(id).layout; }
  // How many supertypes a type has.
  uint32_t depth(TypeId id) const { return static_cast<uint32_t>(entry(id).supers.size()); }
  // is_subtype(sub, super) for different types, where super's depth is known.
  bool is_below(TypeId sub, TypeId super, uint32_t super_depth) const {
    const Entry& below = entry(sub);
    return super_depth < below.supers.size() && below.supers[super_depth] == super;
  }
  bool is_subtype(TypeId sub, TypeId super) const {
    return sub == super || is_below(sub, super, depth(super));
  }
  size_t size() const { return x_count.load(std::memory_order_acquire); }

 private:
  struct Entry {
    SubType type;
    std::vector<TypeId> supers;  // from the root to the direct supertype
    ObjectLayout layout;
    FuncLayout func_layout;
  };
  // Chunks double in size, so that an engine with few types is cheap and addresses never change.
  static constexpr uint32_t kFirstChunkLog2 = 5;
  static constexpr uint32_t kChunks = 24 - kFirstChunkLog2;  // ids fit HeapType's 24 bits
  static constexpr size_t kMaxTypes = (size_t{1} << 24) - 0x100;
  struct Place {
    uint32_t chunk;
    uint32_t index;
  };
  static constexpr Place place_of(TypeId id) {
    const uint32_t shifted = id + (1u << kFirstChunkLog2);
    const auto log2 = static_cast<uint32_t>(std::bit_width(shifted)) - 1;
    return {log2 - kFirstChunkLog2, shifted - (1u << log2)};
  }

  using Key = std::vector<uint32_t>;
  struct KeyHash {
    uint64_t seed;
    size_t operator()(const Key& key) const;
  };

  const Entry& entry(TypeId id) const {
    const Place place = place_of(id);
    return x_chunks[place.chunk].load(std::memory_order_acquire)[place.index];
  }
  void append(std::span<const DefinedType> group, TypeId first);

  mutable std::mutex x_mutex;
  std::unordered_map<Key, TypeId, KeyHash> x_groups;  // to the group's first type
  std::atomic<size_t> x_count = 0;
  std::array<std::atomic<Entry*>, kChunks + 1> x_chunks{};
};

// The top of a heap type's hierarchy: Any, Func, Extern or Exn.
HeapType top_of(HeapType heap, const TypeRegistry& types);
// Whether values of this type are references to functions.
bool holds_func_refs(ValType type, const TypeRegistry& types);
// Whether they are references that collections follow: of the any, extern and exn hierarchies.
bool holds_collected_refs(ValType type, const TypeRegistry& types);
// Whether a value of type `sub` can be used as a `super`; indices are TypeIds (Spec 3.0, 3.3
// "Matching").
bool matches(HeapType sub, HeapType super, const TypeRegistry& types);
bool matches_slow(ValType sub, ValType super, const TypeRegistry& types);
inline bool matches(ValType sub, ValType super, const TypeRegistry& types) {
  return sub == super || matches_slow(sub, super, types);
}
bool matches(const FuncType& sub, const FuncType& super, const TypeRegistry& types);
bool matches(const CompositeType& sub, const CompositeType& super, const TypeRegistry& types);

}  // namespace weft::interp
