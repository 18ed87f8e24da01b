#include "interp/execute/object_calls.h"

#include "interp/core/bytes.h"
#include "interp/execute/steps.h"
#include "interp/runtime/gc_objects.h"

namespace weft::interp {

namespace {

constexpr uint64_t refused(TrapCode code) { return static_cast<uint64_t>(code); }

// What a call answers: the object, or that there is none.
uint64_t made(const void* object) {
  if (object == nullptr) [[unlikely]]
    return refused(TrapCode::AllocationFailure);
  return reinterpret_cast<uintptr_t>(object);
}

Store& store_of(const Context* ctx) { return *ctx->state->store; }

bool in_segment(uint64_t size, uint64_t from, uint64_t count) {
  return from <= size && count <= size - from;
}

}  // namespace

uint64_t call_struct_new(Context* ctx, uint64_t* args, const ObjectLayout& layout, uint32_t imm1,
                         uint32_t) {
  return made(new_struct(store_of(ctx), layout, args, args + imm1));
}

uint64_t call_struct_new_default(Context* ctx, uint64_t* args, const ObjectLayout& layout, uint32_t,
                                 uint32_t) {
  return made(new_struct(store_of(ctx), layout, nullptr, args));
}

uint64_t call_array_new(Context* ctx, uint64_t* args, const ObjectLayout& layout, uint32_t,
                        uint32_t) {
  const uint32_t value_slots = slots_of_place(layout.element_bytes);
  const auto length = static_cast<uint32_t>(args[value_slots]);
  ArrayObject* const array = new_array(store_of(ctx), layout, length, args + value_slots + 1);
  if (array == nullptr) return made(array);
  const TrapCode stopped = in_steps(
      *ctx->state, length, kStepBytes / layout.element_bytes, false,
      [&](uint64_t at, uint64_t n) { fill_elements(array, layout.element_bytes, at, n, args); });
  return stopped == TrapCode::None ? made(array) : refused(stopped);
}

uint64_t call_array_new_default(Context* ctx, uint64_t* args, const ObjectLayout& layout, uint32_t,
                                uint32_t) {
  const auto length = static_cast<uint32_t>(args[0]);
  ArrayObject* const array = new_array(store_of(ctx), layout, length, args + 1);
  if (array != nullptr) zero_elements(array, layout.element_bytes);
  return made(array);
}

uint64_t call_array_new_fixed(Context* ctx, uint64_t* args, const ObjectLayout& layout,
                              uint32_t imm1, uint32_t) {
  const uint32_t slots = slots_of_place(layout.element_bytes);
  ArrayObject* const array = new_array(store_of(ctx), layout, imm1, args + uint64_t{imm1} * slots);
  if (array == nullptr) return made(array);
  uint8_t* at = elements_of(array);
  for (uint32_t i = 0; i < imm1; ++i, at += layout.element_bytes, args += slots) {
    store_place(at, layout.element_bytes, args);
  }
  return made(array);
}

uint64_t call_array_new_data(Context* ctx, uint64_t* args, const ObjectLayout& layout,
                             uint32_t imm1, uint32_t) {
  const std::span<const uint8_t> data = ctx->instance->data(imm1);
  const uint64_t from = args[0];
  const auto length = static_cast<uint32_t>(args[1]);
  const uint64_t bytes = uint64_t{length} * layout.element_bytes;
  if (!in_segment(data.size(), from, bytes)) return refused(TrapCode::OutOfBoundsMemoryAccess);
  ArrayObject* const array = new_array(store_of(ctx), layout, length, args + 2);
  if (array != nullptr && bytes != 0) copy_bytes(elements_of(array), data.data() + from, bytes);
  return made(array);
}

uint64_t call_array_new_elem(Context* ctx, uint64_t* args, const ObjectLayout& layout,
                             uint32_t imm1, uint32_t) {
  const std::span<void* const> refs = ctx->instance->elem(imm1);
  const uint64_t from = args[0];
  const auto length = static_cast<uint32_t>(args[1]);
  if (!in_segment(refs.size(), from, length)) return refused(TrapCode::OutOfBoundsTableAccess);
  ArrayObject* const array = new_array(store_of(ctx), layout, length, args + 2);
  if (array != nullptr && length != 0) {
    copy_bytes(elements_of(array), refs.data() + from, uint64_t{length} * sizeof(void*));
  }
  return made(array);
}

}  // namespace weft::interp
