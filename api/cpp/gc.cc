#include "weft/gc.hpp"

#include <algorithm>

#include "api/cpp/store_state.h"

namespace weft {

namespace {

using detail::TypeInfo;

Result<std::shared_ptr<const TypeInfo>> define(const Engine& engine, TypeInfo info) {
  Result<HeapType> heap = engine.impl().define_type(info);
  if (!heap) return detail::forward_error(heap);
  info.heap = *heap;
  return std::make_shared<const TypeInfo>(std::move(info));
}

Result<std::shared_ptr<const TypeInfo>> find(const Engine& engine, const HeapType& type,
                                             HeapKind wanted, std::string_view what) {
  if (type.kind == HeapKind::Concrete) {
    Result<TypeInfo> info = engine.impl().type_info(type);
    if (!info) return detail::forward_error(info);
    if (info->heap.hierarchy == wanted) {
      return std::make_shared<const TypeInfo>(std::move(*info));
    }
  }
  return fail(Errc::type_mismatch,
              "type " + to_string(type) + " is no type of " + std::string(what));
}

// The word of an object that `open` has found, and what is known of its type.
struct Opened {
  detail::StoreState& state;
  std::uint64_t word;
  std::shared_ptr<const TypeInfo> info;
};

Result<Opened> opened(StoreRef store, const AnyRef& ref, Result<std::uint64_t> word) {
  if (!word) return detail::forward_error(word);
  detail::StoreState& state = *store.state();
  Result<std::shared_ptr<const TypeInfo>> info = state.type_info(ref.heap());
  if (!info) return detail::forward_error(info);
  return Opened{state, *word, std::move(*info)};
}

std::unexpected<Error> no_such(std::string_view part, std::uint64_t index, std::uint64_t count,
                               std::string_view whole) {
  return fail(Errc::out_of_bounds, std::string(part) + " " + std::to_string(index) + " of " +
                                       std::string(whole) + " of " + std::to_string(count));
}

Result<RawVal> lower_field(detail::StoreState& state, const FieldType& field, const Val& value,
                           std::string_view what, std::size_t index) {
  Result<RawVal> raw = detail::lower_val(state, value, field.storage.value());
  if (!raw) raw.error().add_context(std::string(what) + " " + std::to_string(index));
  return raw;
}

Result<detail::StoreState*> open_with(StoreRef store, const Engine& engine) {
  if (auto impl = detail::open(store); !impl) return detail::forward_error(impl);
  if (store.state()->engine != engine) {
    return fail(Errc::usage, "the type belongs to another engine than the store");
  }
  return store.state();
}

template <class R>
Result<R> lift_as(detail::StoreState& state, Result<std::uint64_t> word) {
  if (!word) return detail::forward_error(word);
  Result<AnyRef> any = detail::lift_any(state, *word);
  if (!any) return detail::forward_error(any);
  return R(detail::Checked{}, *any);
}

}  // namespace

Result<std::shared_ptr<const TypeInfo>> detail::StoreState::type_info(const HeapType& type) {
  if (const auto found = types.find(type.index); found != types.end()) return found->second;
  Result<TypeInfo> info = engine.impl().type_info(type);
  if (!info) return forward_error(info);
  auto kept = std::make_shared<const TypeInfo>(std::move(*info));
  types.emplace(type.index, kept);
  return kept;
}

// --- Types ---

std::string to_string(const FieldType& type) {
  const unsigned packed = type.storage.packed_bytes();
  const std::string storage =
      packed != 0 ? "i" + std::to_string(8 * packed) : to_string(type.storage.value());
  return type.mutability == Mutability::Var ? "(mut " + storage + ")" : storage;
}

std::string to_string(const StructType& type) {
  std::string text = "(struct";
  for (const FieldType& field : type.fields()) text += " " + to_string(field);
  return text + ")";
}

std::string to_string(const ArrayType& type) { return "(array " + to_string(type.element()) + ")"; }

Result<StructType> StructType::create(const Engine& engine, std::vector<FieldType> fields,
                                      const Subtyping& subtyping) {
  auto info = define(engine, {.heap = HeapType::concrete(0, HeapKind::Struct),
                              .super = subtyping.super,
                              .is_final = subtyping.is_final,
                              .fields = std::move(fields)});
  if (!info) return detail::forward_error(info);
  return StructType(engine, std::move(*info));
}

Result<StructType> StructType::of(const Engine& engine, const HeapType& type) {
  auto info = find(engine, type, HeapKind::Struct, "structs");
  if (!info) return detail::forward_error(info);
  return StructType(engine, std::move(*info));
}

Result<ArrayType> ArrayType::create(const Engine& engine, const FieldType& element,
                                    const Subtyping& subtyping) {
  auto info = define(engine, {.heap = HeapType::concrete(0, HeapKind::Array),
                              .super = subtyping.super,
                              .is_final = subtyping.is_final,
                              .fields = {element}});
  if (!info) return detail::forward_error(info);
  return ArrayType(engine, std::move(*info));
}

Result<ArrayType> ArrayType::of(const Engine& engine, const HeapType& type) {
  auto info = find(engine, type, HeapKind::Array, "arrays");
  if (!info) return detail::forward_error(info);
  return ArrayType(engine, std::move(*info));
}

Result<CompositeType> describe(const Engine& engine, const HeapType& type) {
  if (type.kind != HeapKind::Concrete) {
    return fail(Errc::type_mismatch, "type " + to_string(type) + " is abstract");
  }
  Result<TypeInfo> info = engine.impl().type_info(type);
  if (!info) return detail::forward_error(info);
  const HeapKind kind = info->heap.hierarchy;
  if (kind == HeapKind::Func) return CompositeType(std::move(info->func));
  auto shared = std::make_shared<const TypeInfo>(std::move(*info));
  if (kind == HeapKind::Struct) return CompositeType(StructType(engine, std::move(shared)));
  return CompositeType(ArrayType(engine, std::move(shared)));
}

// --- Structs ---

Result<StructRef> StructRef::create(StoreRef store, const StructType& type,
                                    std::span<const Val> fields) {
  Result<detail::StoreState*> state = open_with(store, type.engine());
  if (!state) return detail::forward_error(state);
  const std::span<const FieldType> types = type.fields();
  if (fields.size() != types.size()) {
    return fail(Errc::type_mismatch, "the struct has " + std::to_string(types.size()) +
                                         " fields, " + std::to_string(fields.size()) +
                                         " were given");
  }
  detail::Slots slots(types.size());
  for (std::size_t i = 0; i < types.size(); ++i) {
    Result<RawVal> raw = lower_field(**state, types[i], fields[i], "field", i);
    if (!raw) return detail::forward_error(raw);
    slots.data()[i] = *raw;
  }
  return lift_as<StructRef>(**state, (*state)->impl->struct_new(type.heap(), slots.data()));
}

Result<StructType> StructRef::type(StoreRef store) const {
  Result<Opened> object = opened(store, *this, open(store));
  if (!object) return detail::forward_error(object);
  return StructType(object->state.engine, std::move(object->info));
}

Result<std::size_t> StructRef::field_count(StoreRef store) const {
  Result<Opened> object = opened(store, *this, open(store));
  if (!object) return detail::forward_error(object);
  return object->info->fields.size();
}

Result<Val> StructRef::get(StoreRef store, std::size_t field) const {
  Result<Opened> object = opened(store, *this, open(store));
  if (!object) return detail::forward_error(object);
  const std::vector<FieldType>& fields = object->info->fields;
  if (field >= fields.size()) return no_such("field", field, fields.size(), "a struct");
  return detail::lift_val(object->state, object->state.impl->struct_get(object->word, field),
                          fields[field].storage.value());
}

Result<void> StructRef::set(StoreRef store, std::size_t field, const Val& value) const {
  Result<Opened> object = opened(store, *this, open(store));
  if (!object) return detail::forward_error(object);
  const std::vector<FieldType>& fields = object->info->fields;
  if (field >= fields.size()) return no_such("field", field, fields.size(), "a struct");
  if (fields[field].mutability != Mutability::Var) {
    return fail(Errc::type_mismatch, "field " + std::to_string(field) + " is constant");
  }
  Result<RawVal> raw = lower_field(object->state, fields[field], value, "field", field);
  if (!raw) return detail::forward_error(raw);
  object->state.impl->struct_set(object->word, field, *raw);
  return {};
}

// --- Arrays ---

namespace {

Result<Opened> open_element(StoreRef store, const AnyRef& ref, Result<std::uint64_t> word,
                            std::uint64_t index, std::uint64_t count) {
  Result<Opened> object = opened(store, ref, std::move(word));
  if (!object) return object;
  const std::uint64_t size = object->state.impl->array_size(object->word);
  if (index > size || count > size - index) return no_such("element", index, size, "an array");
  return object;
}

// For copies of elements as bytes.
Result<Opened> open_elements(StoreRef store, const AnyRef& ref, Result<std::uint64_t> word,
                             std::uint64_t index, std::size_t element_bytes, std::size_t bytes) {
  Result<Opened> object = open_element(store, ref, std::move(word), index, bytes / element_bytes);
  if (!object) return object;
  const FieldType& element = object->info->fields.front();
  if (element.storage.number_bytes() != element_bytes) {
    return fail(Errc::type_mismatch, "elements of type " + to_string(element) +
                                         " can't be copied as numbers of " +
                                         std::to_string(element_bytes) + " bytes");
  }
  return object;
}

}  // namespace

Result<ArrayRef> ArrayRef::create(StoreRef store, const ArrayType& type, std::uint32_t size,
                                  const Val& init) {
  Result<detail::StoreState*> state = open_with(store, type.engine());
  if (!state) return detail::forward_error(state);
  Result<RawVal> raw = lower_field(**state, type.element(), init, "element", 0);
  if (!raw) return detail::forward_error(raw);
  return lift_as<ArrayRef>(**state, (*state)->impl->array_new(type.heap(), size, *raw));
}

Result<ArrayRef> ArrayRef::create(StoreRef store, const ArrayType& type,
                                  std::span<const Val> elements) {
  Result<detail::StoreState*> state = open_with(store, type.engine());
  if (!state) return detail::forward_error(state);
  if (elements.size() > UINT32_MAX)
    return fail(Errc::limit, "an array has 2^32-1 elements at most");
  backend::Store& impl = *(*state)->impl;
  // The first element fills the array: a null may not be of the elements' type.
  RawVal first;
  if (!elements.empty()) {
    Result<RawVal> raw = lower_field(**state, type.element(), elements[0], "element", 0);
    if (!raw) return detail::forward_error(raw);
    first = *raw;
  }
  Result<ArrayRef> made = lift_as<ArrayRef>(
      **state, impl.array_new(type.heap(), static_cast<std::uint32_t>(elements.size()), first));
  if (!made) return made;
  for (std::size_t i = 1; i < elements.size(); ++i) {
    Result<RawVal> raw = lower_field(**state, type.element(), elements[i], "element", i);
    if (!raw) return detail::forward_error(raw);
    impl.array_set(impl.ref_of_root(made->root()->number), static_cast<std::uint32_t>(i), *raw);
  }
  return made;
}

Result<ArrayType> ArrayRef::type(StoreRef store) const {
  Result<Opened> object = opened(store, *this, open(store));
  if (!object) return detail::forward_error(object);
  return ArrayType(object->state.engine, std::move(object->info));
}

Result<std::uint32_t> ArrayRef::size(StoreRef store) const {
  Result<std::uint64_t> word = open(store);
  if (!word) return detail::forward_error(word);
  return store.state()->impl->array_size(*word);
}

Result<Val> ArrayRef::get(StoreRef store, std::uint32_t index) const {
  Result<Opened> object = open_element(store, *this, open(store), index, 1);
  if (!object) return detail::forward_error(object);
  return detail::lift_val(object->state, object->state.impl->array_get(object->word, index),
                          object->info->fields.front().storage.value());
}

Result<void> ArrayRef::set(StoreRef store, std::uint32_t index, const Val& value) const {
  Result<Opened> object = open_element(store, *this, open(store), index, 1);
  if (!object) return detail::forward_error(object);
  const FieldType& element = object->info->fields.front();
  if (element.mutability != Mutability::Var) {
    return fail(Errc::type_mismatch, "the array's elements are constant");
  }
  Result<RawVal> raw = lower_field(object->state, element, value, "element", index);
  if (!raw) return detail::forward_error(raw);
  object->state.impl->array_set(object->word, index, *raw);
  return {};
}

Result<void> ArrayRef::read_bytes(StoreRef store, std::uint32_t index, std::size_t element_bytes,
                                  MutableBytes to) const {
  Result<Opened> object = open_elements(store, *this, open(store), index, element_bytes, to.size());
  if (!object) return detail::forward_error(object);
  if (!to.empty()) object->state.impl->array_read(object->word, index, to);
  return {};
}

Result<void> ArrayRef::write_bytes(StoreRef store, std::uint32_t index, std::size_t element_bytes,
                                   Bytes from) const {
  Result<Opened> object =
      open_elements(store, *this, open(store), index, element_bytes, from.size());
  if (!object) return detail::forward_error(object);
  if (object->info->fields.front().mutability != Mutability::Var) {
    return fail(Errc::type_mismatch, "the array's elements are constant");
  }
  if (!from.empty()) object->state.impl->array_write(object->word, index, from);
  return {};
}

}  // namespace weft
