#include "interp/validate/type_registry.h"

#include <sys/random.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace weft::interp {
namespace {

// Calls visit(ValType&) for every value type inside.
template <class Type, class Visit>
void each_val_type(Type& type, Visit&& visit) {
  for (auto& param : type.composite.func.params) visit(param);
  for (auto& result : type.composite.func.results) visit(result);
  for (auto& field : type.composite.fields) visit(field.type);
}

// Writes a group so that equal groups are equal sequences: references inside the group count from
// its beginning, others are TypeIds.
class KeyWriter {
 public:
  KeyWriter(std::span<const DefinedType> types, uint32_t begin, uint32_t end)
      : x_types(types), x_begin(begin), x_end(end) {}

  std::vector<uint32_t> write() {
    for (uint32_t i = x_begin; i < x_end; ++i) write(x_types[i].type);
    return std::move(x_key);
  }

 private:
  static constexpr uint32_t kNone = 0;
  static constexpr uint32_t kInside = 1;
  static constexpr uint32_t kOutside = 2;

  void write_index(uint32_t index) {
    const bool inside = index >= x_begin;
    x_key.push_back(inside ? kInside : kOutside);
    x_key.push_back(inside ? index - x_begin : x_types[index].id);
  }
  void write(ValType type) {
    if (!type.is_ref() || !type.heap().is_index()) return x_key.push_back(type.raw());
    x_key.push_back(type.kind());
    write_index(type.heap().index());
  }
  void write(const std::vector<ValType>& types) {
    x_key.push_back(static_cast<uint32_t>(types.size()));
    for (const ValType type : types) write(type);
  }
  void write(const SubType& type) {
    x_key.push_back(static_cast<uint32_t>(type.composite.kind) << 1 | type.is_final);
    if (type.super) {
      write_index(*type.super);
    } else {
      x_key.push_back(kNone);
    }
    if (type.composite.kind == CompositeType::Kind::Func) {
      write(type.composite.func.params);
      return write(type.composite.func.results);
    }
    x_key.push_back(static_cast<uint32_t>(type.composite.fields.size()));
    for (const FieldType& field : type.composite.fields) {
      x_key.push_back(static_cast<uint32_t>(field.packed) << 1 | field.is_mutable);
      write(field.type);
    }
  }

  std::span<const DefinedType> x_types;
  uint32_t x_begin;
  uint32_t x_end;
  std::vector<uint32_t> x_key;
};

// The abstract type right above a defined type.
HeapType::Abstract abstract_of(CompositeType::Kind kind) {
  switch (kind) {
    case CompositeType::Kind::Func:
      return HeapType::Func;
    case CompositeType::Kind::Struct:
      return HeapType::Struct;
    case CompositeType::Kind::Array:
      return HeapType::Array;
  }
  return HeapType::Any;
}

bool abstract_matches(HeapType::Abstract sub, HeapType::Abstract super) {
  if (sub == super || sub == HeapType::Bot) return true;
  switch (super) {
    case HeapType::Any:
      return sub == HeapType::Eq || sub == HeapType::I31 || sub == HeapType::Struct ||
             sub == HeapType::Array || sub == HeapType::None;
    case HeapType::Eq:
      return sub == HeapType::I31 || sub == HeapType::Struct || sub == HeapType::Array ||
             sub == HeapType::None;
    case HeapType::I31:
    case HeapType::Struct:
    case HeapType::Array:
      return sub == HeapType::None;
    case HeapType::Func:
      return sub == HeapType::NoFunc;
    case HeapType::Extern:
      return sub == HeapType::NoExtern;
    case HeapType::Exn:
      return sub == HeapType::NoExn;
    case HeapType::None:
    case HeapType::NoFunc:
    case HeapType::NoExtern:
    case HeapType::NoExn:
    case HeapType::Bot:
      return false;
  }
  return false;
}

}  // namespace

// Seeded, so that a guest can't choose types that collide.
size_t TypeRegistry::KeyHash::operator()(const Key& key) const {
  uint64_t hash = seed;
  for (const uint32_t word : key) {
    hash = (hash ^ word) * 0x9e37'79b9'7f4a'7c15u;
    hash ^= hash >> 29;
  }
  return static_cast<size_t>(hash);
}

namespace {

// Modules can't be made whose types collide.
uint64_t hash_seed() {
  uint64_t seed = 0;
  if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) == sizeof seed) return seed;
  // Early while the system starts. Where the stack lies is random too.
  return reinterpret_cast<uintptr_t>(&seed) ^
         static_cast<uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
}

}  // namespace

TypeRegistry::TypeRegistry() : x_groups(64, KeyHash{hash_seed()}) {}

TypeRegistry::~TypeRegistry() {
  for (const std::atomic<Entry*>& chunk : x_chunks) delete[] chunk.load(std::memory_order_relaxed);
}

bool TypeRegistry::intern_group(std::span<DefinedType> types, uint32_t begin, uint32_t end) {
  Key key = KeyWriter(types, begin, end).write();
  TypeId first;
  {
    const std::lock_guard lock(x_mutex);
    const size_t count = x_count.load(std::memory_order_relaxed);
    const auto [at, is_new] = x_groups.try_emplace(std::move(key), static_cast<TypeId>(count));
    first = at->second;
    if (is_new && count + (end - begin) > kMaxTypes) {
      x_groups.erase(at);
      return false;
    }
    const auto id_of = [&](uint32_t index) {
      return index >= begin ? first + (index - begin) : types[index].id;
    };
    for (uint32_t i = begin; i < end; ++i) {
      types[i].id = first + (i - begin);
      if (types[i].type.super) types[i].type.super = id_of(*types[i].type.super);
      each_val_type(types[i].type, [&](ValType& type) {
        if (!type.is_ref() || !type.heap().is_index()) return;
        type = ValType::ref(HeapType::of_index(id_of(type.heap().index())), type.is_nullable());
      });
    }
    if (is_new) append(types.subspan(begin, end - begin), first);
  }
  return true;
}

namespace {

uint8_t storage_bytes(const FieldType& field) {
  if (field.packed == FieldType::Packed::I8) return 1;
  if (field.packed == FieldType::Packed::I16) return 2;
  if (field.type == ValType::I32 || field.type == ValType::F32) return 4;
  return field.type == ValType::V128 ? 16 : 8;
}

FuncLayout::Values make_values(std::span<const ValType> types) {
  FuncLayout::Values values{.types = types, .slots = slots_of(types)};
  values.is_plain = types.size() <= 64 && values.slots == types.size();
  for (size_t i = 0; i < types.size() && values.is_plain; ++i) {
    const bool is_float = types[i] == ValType::F32;
    values.floats |= uint64_t{is_float} << i;
    values.halves |= uint64_t{is_float || types[i] == ValType::I32} << i;
  }
  return values;
}

bool is_word(ValType type) { return type != ValType::V128 && type != ValType::F32; }

FuncLayout make_func_layout(const FuncType& type) {
  return {.params = make_values(type.params),
          .results = make_values(type.results),
          .values = static_cast<uint32_t>(std::max(type.params.size(), type.results.size())),
          .slots = std::max(slots_of(type.params), slots_of(type.results)),
          .is_short = type.params.size() <= FuncLayout::kShortParams && type.results.size() <= 1 &&
                      std::ranges::all_of(type.params, is_word) &&
                      std::ranges::all_of(type.results, is_word)};
}

ObjectLayout make_layout(TypeId id, const CompositeType& type, const TypeRegistry& types) {
  ObjectLayout layout{.type = id, .kind = type.kind};
  if (type.kind == CompositeType::Kind::Array) {
    layout.element_bytes = storage_bytes(type.fields[0]);
    layout.has_collected_elements = holds_collected_refs(type.fields[0].type, types);
    return layout;
  }
  if (type.kind == CompositeType::Kind::Func) return layout;
  constexpr uint32_t header_bytes = 8;
  layout.bytes = header_bytes;
  layout.only_words = true;
  layout.fields.reserve(type.fields.size());
  for (const FieldType& field : type.fields) {
    const uint8_t bytes = storage_bytes(field);
    const uint32_t offset = (layout.bytes + bytes - 1) / bytes * bytes;
    layout.fields.push_back({offset, bytes});
    if (holds_collected_refs(field.type, types)) layout.refs.push_back(offset);
    layout.only_words = layout.only_words && bytes == 8;
    layout.bytes = offset + bytes;
  }
  return layout;
}

}  // namespace

// The caller holds the lock. Entries are complete before x_count says that they are there.
void TypeRegistry::append(std::span<const DefinedType> group, uint32_t first) {
  for (uint32_t i = 0; i < group.size(); ++i) {
    const TypeId id = first + i;
    const Place place = place_of(id);
    std::atomic<Entry*>& chunk = x_chunks[place.chunk];
    if (!chunk.load(std::memory_order_relaxed)) {
      chunk.store(new Entry[size_t{1} << (place.chunk + kFirstChunkLog2)],
                  std::memory_order_release);
    }
    Entry& entry = chunk.load(std::memory_order_relaxed)[place.index];
    entry.type = group[i].type;
    if (const auto super = entry.type.super) {
      entry.supers = this->entry(*super).supers;
      entry.supers.push_back(*super);
    }
  }
  // With all of the group's types there: a field may be of a later one.
  for (uint32_t i = 0; i < group.size(); ++i) {
    const Place place = place_of(first + i);
    Entry& entry = x_chunks[place.chunk].load(std::memory_order_relaxed)[place.index];
    entry.layout = make_layout(first + i, entry.type.composite, *this);
    if (entry.layout.kind == CompositeType::Kind::Func)
      entry.func_layout = make_func_layout(entry.type.composite.func);
  }
  x_count.store(first + group.size(), std::memory_order_release);
}

TypeId TypeRegistry::intern(const FuncType& type) {
  // As a group of its own whose references all lie outside: the module index space is replaced by
  // ids. Types that a host can name are few, so rebuilding the mapping costs nothing that matters.
  DefinedType defined;
  defined.type.composite.func = type;
  std::vector<DefinedType> types;
  each_val_type(defined.type, [&](ValType& part) {
    if (!part.is_ref() || !part.heap().is_index()) return;
    DefinedType outside;
    outside.id = part.heap().index();
    part =
        ValType::ref(HeapType::of_index(static_cast<uint32_t>(types.size())), part.is_nullable());
    types.push_back(std::move(outside));
  });
  const auto at = static_cast<uint32_t>(types.size());
  types.push_back(std::move(defined));
  return intern_group(types, at, at + 1) ? types.back().id : kNoTypeId;
}

HeapType top_of(HeapType heap, const TypeRegistry& types) {
  const HeapType::Abstract abstract =
      heap.is_index() ? abstract_of(types.type(heap.index()).composite.kind) : heap.abstract();
  for (const HeapType::Abstract top : {HeapType::Func, HeapType::Extern, HeapType::Exn}) {
    if (abstract_matches(abstract, top)) return top;
  }
  return HeapType::Any;
}

bool holds_func_refs(ValType type, const TypeRegistry& types) {
  return type.is_ref() && top_of(type.heap(), types) == HeapType::Func;
}

bool holds_collected_refs(ValType type, const TypeRegistry& types) {
  return type.is_ref() && top_of(type.heap(), types) != HeapType::Func;
}

bool matches(HeapType sub, HeapType super, const TypeRegistry& types) {
  if (sub == super || sub == HeapType::Bot) return true;
  if (sub.is_index()) {
    if (super.is_index()) return types.is_subtype(sub.index(), super.index());
    return abstract_matches(abstract_of(types.type(sub.index()).composite.kind), super.abstract());
  }
  if (!super.is_index()) return abstract_matches(sub.abstract(), super.abstract());
  // Only the bottom of its hierarchy is below a defined type.
  const bool super_is_func = types.type(super.index()).composite.kind == CompositeType::Kind::Func;
  return super_is_func ? sub == HeapType::NoFunc : sub == HeapType::None;
}

bool matches_slow(ValType sub, ValType super, const TypeRegistry& types) {
  if (sub == super || sub == ValType::Bot) return true;
  if (!sub.is_ref() || !super.is_ref()) return false;
  if (sub.is_nullable() && !super.is_nullable()) return false;
  return matches(sub.heap(), super.heap(), types);
}

bool matches(const FuncType& sub, const FuncType& super, const TypeRegistry& types) {
  const auto all_match = [&](const std::vector<ValType>& below, const std::vector<ValType>& above) {
    return below.size() == above.size() &&
           std::equal(below.begin(), below.end(), above.begin(),
                      [&](ValType a, ValType b) { return matches(a, b, types); });
  };
  return all_match(super.params, sub.params) && all_match(sub.results, super.results);
}

bool matches(const CompositeType& sub, const CompositeType& super, const TypeRegistry& types) {
  if (sub.kind != super.kind || sub.fields.size() < super.fields.size()) return false;
  for (size_t i = 0; i < super.fields.size(); ++i) {
    const FieldType& a = sub.fields[i];
    const FieldType& b = super.fields[i];
    if (a.is_mutable != b.is_mutable || a.packed != b.packed || !matches(a.type, b.type, types))
      return false;
    if (a.is_mutable && !matches(b.type, a.type, types)) return false;
  }
  return matches(sub.func, super.func, types);
}

}  // namespace weft::interp
