// Structs and arrays made and filled, for instructions, constant expressions and the host. Values
// are in 8-byte slots as frames have them: a v128 takes two, i32 and packed values are
// zero-extended.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "interp/runtime/objects.h"
#include "interp/runtime/store.h"
#include "interp/validate/type_registry.h"

namespace weft::interp {

// Bytes of an array with this many elements; may exceed what the heap makes.
constexpr uint64_t array_bytes(uint64_t length, uint8_t element_bytes) {
  return kArrayElements + length * element_bytes;
}

constexpr uint32_t slots_of_place(uint8_t bytes) { return bytes == 16 ? 2 : 1; }

// A field or an element of 1, 2, 4, 8 or 16 bytes. Packed ones keep a value's low bits, and are
// read without sign.
inline void store_place(uint8_t* at, uint8_t bytes, const uint64_t* slot) {
  switch (bytes) {
    case 1:
      return write_unaligned(at, static_cast<uint8_t>(*slot));
    case 2:
      return write_unaligned(at, static_cast<uint16_t>(*slot));
    case 4:
      return write_unaligned(at, static_cast<uint32_t>(*slot));
    case 8:
      return write_unaligned(at, *slot);
    default:
      std::memcpy(at, slot, 16);
  }
}
inline void load_place(const uint8_t* at, uint8_t bytes, uint64_t* slot) {
  switch (bytes) {
    case 1:
      *slot = *at;
      return;
    case 2:
      *slot = read_unaligned<uint16_t>(at);
      return;
    case 4:
      *slot = read_unaligned<uint32_t>(at);
      return;
    case 8:
      *slot = read_unaligned<uint64_t>(at);
      return;
    default:
      std::memcpy(slot, at, 16);
  }
}

inline uint8_t* bytes_of(HeapObject* object) { return reinterpret_cast<uint8_t*>(object); }
inline uint8_t* elements_of(ArrayObject* array) {
  return reinterpret_cast<uint8_t*>(array) + kArrayElements;
}
inline ArrayObject* as_array(uint64_t ref) { return reinterpret_cast<ArrayObject*>(ref); }
inline bool in_bounds(const ArrayObject& array, uint64_t index, uint64_t count) {
  return index <= array.length && count <= array.length - index;
}

// A struct whose fields are set from the slots, or have their defaults where `slots` is null. Null:
// there is no memory. What `slots` refer to must be kept by someone (Store::new_object).
inline HeapObject* new_struct(Store& store, const ObjectLayout& layout, const uint64_t* slots,
                              const uint64_t* live_end) {
  HeapObject* const object = store.new_object(layout.type, layout.bytes, live_end);
  if (object == nullptr) [[unlikely]]
    return nullptr;
  uint8_t* const base = bytes_of(object);
  if (slots == nullptr) {
    std::memset(base + sizeof(HeapObject), 0, layout.bytes - sizeof(HeapObject));
  } else if (layout.only_words) {
    uint64_t* const fields = reinterpret_cast<uint64_t*>(base + sizeof(HeapObject));
    const size_t count = layout.fields.size();
    for (size_t i = 0; i < count; ++i) fields[i] = slots[i];
  } else {
    for (const ObjectLayout::Place& field : layout.fields) {
      store_place(base + field.offset, field.bytes, slots);
      slots += slots_of_place(field.bytes);
    }
  }
  return object;
}

// An array whose elements are undefined, but zero if GcHeap::is_zeroed(array_bytes(...)). Null:
// there is no memory.
inline ArrayObject* new_array(Store& store, const ObjectLayout& layout, uint32_t length,
                              const uint64_t* live_end) {
  const uint64_t bytes = array_bytes(length, layout.element_bytes);
  if (bytes > GcHeap::kMaxObjectBytes) [[unlikely]]
    return nullptr;
  HeapObject* const object = store.new_object(layout.type, bytes, live_end);
  if (object == nullptr) [[unlikely]]
    return nullptr;
  auto* const array = reinterpret_cast<ArrayObject*>(object);
  array->length = length;
  return array;
}

inline void zero_elements(ArrayObject* array, uint8_t element_bytes) {
  const uint64_t bytes = array_bytes(array->length, element_bytes);
  if (!GcHeap::is_zeroed(bytes)) std::memset(elements_of(array), 0, bytes - kArrayElements);
}

// Elements [from, from + count) := the value.
void fill_elements(ArrayObject* array, uint8_t element_bytes, uint64_t from, uint64_t count,
                   const uint64_t* value);

}  // namespace weft::interp
