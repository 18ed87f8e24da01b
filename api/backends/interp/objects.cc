// References other than those to functions: host objects, structs, arrays.
#include <cstring>
#include <string>

#include "api/backends/interp/convert.h"
#include "api/backends/interp/store.h"

namespace weft::backends {

using backend::RawVal;

namespace {

std::unexpected<Error> no_room(std::string_view what) {
  return fail(Errc::limit, "there is no room for the " + std::string(what));
}

std::uint8_t* element_at(const interp::ObjectLayout& layout, std::uint64_t ref,
                         std::uint32_t index) {
  return reinterpret_cast<std::uint8_t*>(ref) + interp::kArrayElements +
         std::size_t{index} * layout.element_bytes;
}

// Zero-extended: a new RawVal's low half is zero.
RawVal read(const std::uint8_t* from, std::size_t bytes) {
  RawVal raw;
  std::memcpy(raw.v128, from, bytes);
  return raw;
}

bool is_zero(const RawVal& raw, std::size_t bytes) {
  constexpr std::uint8_t kZeros[sizeof(RawVal)] = {};
  return std::memcmp(&raw, kZeros, bytes) == 0;
}

void fill(std::uint8_t* to, std::uint32_t count, const RawVal& value, std::size_t bytes) {
  if (bytes == 1) {
    std::memset(to, static_cast<std::uint8_t>(value.u32), count);
    return;
  }
  for (std::uint32_t i = 0; i < count; ++i) std::memcpy(to + i * bytes, &value, bytes);
}

}  // namespace

// --- Host objects ---

Result<std::uint64_t> InterpStore::externref_new(void* object,
                                                 void (*finalize)(void*) noexcept) noexcept {
  return index_of(store_->new_extern(object, finalize));
}

std::uint64_t InterpStore::externref_reuse(std::uint64_t ref) noexcept {
  interp::ExternObject& object = *at<interp::ExternObject>(ref);
  if (object.live) return ref;
  // A collection found it dead, and it waits to be finalised. A new one takes over.
  void* const payload = object.payload;
  const auto finalizer = object.finalizer;
  object.finalizer = [](void* /*payload*/) {};
  return index_of(store_->new_extern(payload, finalizer));
}

void* InterpStore::externref_object(std::uint64_t ref) noexcept {
  if (interp::is_i31(ref) || at<interp::HeapObject>(ref)->type != interp::kExternObjectType) {
    return nullptr;
  }
  return at<interp::ExternObject>(ref)->payload;
}

// --- All references ---

bool InterpStore::ref_is(std::uint64_t ref, const HeapType& type) noexcept {
  const interp::TypeRegistry& types = *settings_->types;
  if (type.index >= types.size()) return false;
  if (type.hierarchy == HeapKind::Func) {
    return types.is_subtype(at<interp::FuncInst>(ref)->type, type.index);
  }
  if (interp::is_i31(ref)) return false;
  const std::uint32_t actual = at<interp::HeapObject>(ref)->type;
  return actual < interp::kFirstObjectKind && types.is_subtype(actual, type.index);
}

Result<std::uint64_t> InterpStore::ref_root(std::uint64_t ref) noexcept {
  store_->root(ref);
  return ref;
}

void InterpStore::ref_unroot(std::uint64_t root) noexcept { store_->unroot(root); }

Result<void> InterpStore::gc() noexcept {
  store_->gc();
  return {};
}

GcStats InterpStore::gc_stats() noexcept {
  const interp::GcHeap& heap = store_->heap();
  return {.heap_bytes = heap.taken_bytes(),
          .live_bytes = heap.live_bytes(),
          .collections = heap.collections()};
}

HeapType InterpStore::any_type(std::uint64_t ref) noexcept {
  if (interp::is_i31(ref)) return HeapKind::I31;
  const std::uint32_t type = at<interp::HeapObject>(ref)->type;
  if (type >= interp::kFirstObjectKind) return HeapKind::Any;
  const bool is_array = settings_->types->layout(type).kind == interp::CompositeType::Kind::Array;
  return HeapType::concrete(type, is_array ? HeapKind::Array : HeapKind::Struct);
}

std::uint64_t InterpStore::i31_to_ref(I31 value) noexcept {
  return interp::to_i31(value.unsigned_value());
}

I31 InterpStore::i31_from_ref(std::uint64_t ref) noexcept {
  return I31(static_cast<std::int32_t>(interp::i31_signed(ref)));
}

// --- Structs and arrays ---

const interp::ObjectLayout& InterpStore::layout_of(std::uint64_t ref) const {
  return settings_->types->layout(at<interp::HeapObject>(ref)->type);
}

void InterpStore::hold(interp::ValType type, const RawVal& value) {
  if (interp::holds_collected_refs(type, *settings_->types)) store_->root(value.ref);
}

void InterpStore::let_go(interp::ValType type, const RawVal& value) {
  if (interp::holds_collected_refs(type, *settings_->types)) store_->unroot(value.ref);
}

Result<std::uint64_t> InterpStore::struct_new(const HeapType& type, const RawVal* fields) noexcept {
  const interp::ObjectLayout& layout = settings_->types->layout(type.index);
  const auto& types = settings_->types->type(type.index).composite.fields;
  for (std::size_t i = 0; i < types.size(); ++i) hold(types[i].type, fields[i]);
  interp::HeapObject* const made = store_->new_object(type.index, layout.bytes);
  for (std::size_t i = 0; i < types.size(); ++i) let_go(types[i].type, fields[i]);
  if (made == nullptr) return no_room("struct");
  auto* const bytes = reinterpret_cast<std::uint8_t*>(made);
  for (std::size_t i = 0; i < types.size(); ++i) {
    std::memcpy(bytes + layout.fields[i].offset, &fields[i], layout.fields[i].bytes);
  }
  return index_of(made);
}

RawVal InterpStore::struct_get(std::uint64_t ref, std::size_t field) noexcept {
  const auto place = layout_of(ref).fields[field];
  return read(at<std::uint8_t>(ref) + place.offset, place.bytes);
}

void InterpStore::struct_set(std::uint64_t ref, std::size_t field, RawVal value) noexcept {
  const auto place = layout_of(ref).fields[field];
  std::memcpy(at<std::uint8_t>(ref) + place.offset, &value, place.bytes);
}

Result<std::uint64_t> InterpStore::array_new(const HeapType& type, std::uint32_t size,
                                             RawVal init) noexcept {
  const interp::ObjectLayout& layout = settings_->types->layout(type.index);
  const interp::ValType element = settings_->types->type(type.index).composite.fields[0].type;
  const std::uint64_t bytes = interp::kArrayElements + std::uint64_t{size} * layout.element_bytes;
  if (bytes > interp::GcHeap::kMaxObjectBytes) return no_room("array");
  hold(element, init);
  interp::HeapObject* const made = store_->new_object(type.index, bytes);
  let_go(element, init);
  if (made == nullptr) return no_room("array");
  reinterpret_cast<interp::ArrayObject*>(made)->length = size;
  if (!interp::GcHeap::is_zeroed(bytes) || !is_zero(init, layout.element_bytes)) {
    fill(element_at(layout, index_of(made), 0), size, init, layout.element_bytes);
  }
  return index_of(made);
}

std::uint32_t InterpStore::array_size(std::uint64_t ref) noexcept {
  return at<interp::ArrayObject>(ref)->length;
}

RawVal InterpStore::array_get(std::uint64_t ref, std::uint32_t index) noexcept {
  const interp::ObjectLayout& layout = layout_of(ref);
  return read(element_at(layout, ref, index), layout.element_bytes);
}

void InterpStore::array_set(std::uint64_t ref, std::uint32_t index, RawVal value) noexcept {
  const interp::ObjectLayout& layout = layout_of(ref);
  std::memcpy(element_at(layout, ref, index), &value, layout.element_bytes);
}

void InterpStore::array_read(std::uint64_t ref, std::uint32_t index, MutableBytes to) noexcept {
  std::memcpy(to.data(), element_at(layout_of(ref), ref, index), to.size());
}

void InterpStore::array_write(std::uint64_t ref, std::uint32_t index, Bytes from) noexcept {
  std::memcpy(element_at(layout_of(ref), ref, index), from.data(), from.size());
}

}  // namespace weft::backends
