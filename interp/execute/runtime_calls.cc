#include "interp/execute/runtime_calls.h"

#include <algorithm>

#include "interp/core/bytes.h"
#include "interp/execute/steps.h"
#include "interp/runtime/gc_objects.h"
#include "interp/runtime/store.h"

namespace weft::interp {

namespace {

MemoryInst& memory_of(Context* ctx, uint32_t index) { return *ctx->instance->memory(index); }
TableInst& table_of(Context* ctx, uint32_t index) { return *ctx->instance->table(index); }

void* to_ref(uint64_t slot) { return reinterpret_cast<void*>(slot); }
uint64_t to_slot(const void* ref) { return reinterpret_cast<uintptr_t>(ref); }

// What grow instructions answer: the size before, or -1 as wide as the index type.
uint64_t grown(int64_t previous, IndexType index) {
  return index == IndexType::I64 ? static_cast<uint64_t>(previous)
                                 : static_cast<uint32_t>(previous);
}

constexpr uint64_t kStepElements = kStepBytes / sizeof(TableSlot);

}  // namespace

TrapCode runtime_memory_size(Context* ctx, uint64_t* args, uint32_t imm1, uint32_t) {
  args[0] = memory_of(ctx, imm1).pages();
  return TrapCode::None;
}

TrapCode runtime_memory_grow(Context* ctx, uint64_t* args, uint32_t imm1, uint32_t) {
  MemoryInst& memory = memory_of(ctx, imm1);
  args[0] = grown(memory.grow(args[0]), memory.type.index);
  return TrapCode::None;
}

TrapCode runtime_memory_fill(Context* ctx, uint64_t* args, uint32_t imm1, uint32_t) {
  const MemoryInst& memory = memory_of(ctx, imm1);
  const uint64_t to = args[0];
  const auto value = static_cast<uint8_t>(args[1]);
  const uint64_t count = args[2];
  if (!memory.in_bounds(to, count)) return TrapCode::OutOfBoundsMemoryAccess;
  if (count == 0) return TrapCode::None;  // the base may be null
  return in_steps(*ctx->state, count, kStepBytes, false,
                  [&](uint64_t at, uint64_t n) { fill_bytes(memory.base + to + at, value, n); });
}

TrapCode runtime_memory_copy(Context* ctx, uint64_t* args, uint32_t imm1, uint32_t imm2) {
  const MemoryInst& target = memory_of(ctx, imm1);
  const MemoryInst& source = memory_of(ctx, imm2);
  const uint64_t to = args[0];
  const uint64_t from = args[1];
  const uint64_t count = args[2];
  if (!target.in_bounds(to, count) || !source.in_bounds(from, count)) {
    return TrapCode::OutOfBoundsMemoryAccess;
  }
  if (count == 0) return TrapCode::None;
  return in_steps(*ctx->state, count, kStepBytes, to > from, [&](uint64_t at, uint64_t n) {
    copy_bytes(target.base + to + at, source.base + from + at, n);
  });
}

TrapCode runtime_memory_init(Context* ctx, uint64_t* args, uint32_t imm1, uint32_t imm2) {
  const std::span<const uint8_t> bytes = ctx->instance->data(imm1);
  const MemoryInst& memory = memory_of(ctx, imm2);
  const uint64_t to = args[0];
  const uint64_t from = args[1];
  const uint64_t count = args[2];
  if (from > bytes.size() || count > bytes.size() - from || !memory.in_bounds(to, count)) {
    return TrapCode::OutOfBoundsMemoryAccess;
  }
  if (count == 0) return TrapCode::None;
  return in_steps(*ctx->state, count, kStepBytes, false, [&](uint64_t at, uint64_t n) {
    copy_bytes(memory.base + to + at, bytes.data() + from + at, n);
  });
}

TrapCode runtime_data_drop(Context* ctx, uint64_t*, uint32_t imm1, uint32_t) {
  ctx->instance->drop_data(imm1);
  return TrapCode::None;
}

TrapCode runtime_table_get(Context* ctx, uint64_t* args, uint32_t imm1, uint32_t) {
  const TableInst& table = table_of(ctx, imm1);
  if (args[0] >= table.size) return TrapCode::OutOfBoundsTableAccess;
  args[0] = to_slot(table.elems[args[0]].ref);
  return TrapCode::None;
}

TrapCode runtime_table_set(Context* ctx, uint64_t* args, uint32_t imm1, uint32_t) {
  TableInst& table = table_of(ctx, imm1);
  if (args[0] >= table.size) return TrapCode::OutOfBoundsTableAccess;
  table.set(args[0], to_ref(args[1]));
  return TrapCode::None;
}

TrapCode runtime_table_size(Context* ctx, uint64_t* args, uint32_t imm1, uint32_t) {
  args[0] = table_of(ctx, imm1).size;
  return TrapCode::None;
}

TrapCode runtime_table_grow(Context* ctx, uint64_t* args, uint32_t imm1, uint32_t) {
  TableInst& table = table_of(ctx, imm1);
  args[0] = grown(table.grow(args[1], to_ref(args[0])), table.type.index);
  return TrapCode::None;
}

TrapCode runtime_table_fill(Context* ctx, uint64_t* args, uint32_t imm1, uint32_t) {
  const TableInst& table = table_of(ctx, imm1);
  const uint64_t to = args[0];
  const TableSlot slot = table.slot_of(to_ref(args[1]));
  const uint64_t count = args[2];
  if (!table.in_bounds(to, count)) return TrapCode::OutOfBoundsTableAccess;
  return in_steps(*ctx->state, count, kStepElements, false,
                  [&](uint64_t at, uint64_t n) { std::fill_n(table.elems + to + at, n, slot); });
}

TrapCode runtime_table_copy(Context* ctx, uint64_t* args, uint32_t imm1, uint32_t imm2) {
  const TableInst& target = table_of(ctx, imm1);
  const TableInst& source = table_of(ctx, imm2);
  const uint64_t to = args[0];
  const uint64_t from = args[1];
  const uint64_t count = args[2];
  if (!target.in_bounds(to, count) || !source.in_bounds(from, count)) {
    return TrapCode::OutOfBoundsTableAccess;
  }
  if (count == 0) return TrapCode::None;
  return in_steps(*ctx->state, count, kStepElements, to > from, [&](uint64_t at, uint64_t n) {
    copy_bytes(target.elems + to + at, source.elems + from + at, n * sizeof(TableSlot));
  });
}

TrapCode runtime_table_init(Context* ctx, uint64_t* args, uint32_t imm1, uint32_t imm2) {
  const std::span<void* const> refs = ctx->instance->elem(imm1);
  TableInst& table = table_of(ctx, imm2);
  const uint64_t to = args[0];
  const uint64_t from = args[1];
  const uint64_t count = args[2];
  if (from > refs.size() || count > refs.size() - from || !table.in_bounds(to, count)) {
    return TrapCode::OutOfBoundsTableAccess;
  }
  return in_steps(*ctx->state, count, kStepElements, false, [&](uint64_t at, uint64_t n) {
    for (uint64_t i = at; i < at + n; ++i) table.set(to + i, refs[from + i]);
  });
}

TrapCode runtime_elem_drop(Context* ctx, uint64_t*, uint32_t imm1, uint32_t) {
  ctx->instance->drop_elem(imm1);
  return TrapCode::None;
}

TrapCode runtime_ref_func(Context* ctx, uint64_t* args, uint32_t imm1, uint32_t) {
  args[0] = to_slot(ctx->instance->func(imm1));
  return TrapCode::None;
}

TrapCode runtime_array_fill(Context* ctx, uint64_t* args, uint32_t imm1, uint32_t) {
  const auto element_bytes = static_cast<uint8_t>(imm1);
  ArrayObject* const array = as_array(args[0]);
  const uint64_t from = args[1];
  const uint64_t* const value = args + 2;
  const uint64_t count = value[slots_of_place(element_bytes)];
  if (array == nullptr) return TrapCode::NullArrayReference;
  if (!in_bounds(*array, from, count)) return TrapCode::OutOfBoundsArrayAccess;
  return in_steps(
      *ctx->state, count, kStepBytes / element_bytes, false,
      [&](uint64_t at, uint64_t n) { fill_elements(array, element_bytes, from + at, n, value); });
}

TrapCode runtime_array_copy(Context* ctx, uint64_t* args, uint32_t imm1, uint32_t) {
  ArrayObject* const target = as_array(args[0]);
  const uint64_t to = args[1];
  ArrayObject* const source = as_array(args[2]);
  const uint64_t from = args[3];
  const uint64_t count = args[4];
  if (target == nullptr || source == nullptr) return TrapCode::NullArrayReference;
  if (!in_bounds(*target, to, count) || !in_bounds(*source, from, count)) {
    return TrapCode::OutOfBoundsArrayAccess;
  }
  if (count == 0) return TrapCode::None;
  return in_steps(*ctx->state, count, kStepBytes / imm1, to > from, [&](uint64_t at, uint64_t n) {
    copy_bytes(elements_of(target) + (to + at) * imm1, elements_of(source) + (from + at) * imm1,
               n * imm1);
  });
}

TrapCode runtime_array_init_data(Context* ctx, uint64_t* args, uint32_t imm1, uint32_t imm2) {
  const std::span<const uint8_t> bytes = ctx->instance->data(imm1);
  ArrayObject* const array = as_array(args[0]);
  const uint64_t to = args[1];
  const uint64_t from = args[2];
  const uint64_t count = args[3];
  if (array == nullptr) return TrapCode::NullArrayReference;
  if (!in_bounds(*array, to, count)) return TrapCode::OutOfBoundsArrayAccess;
  if (from > bytes.size() || count * imm2 > bytes.size() - from) {
    return TrapCode::OutOfBoundsMemoryAccess;
  }
  if (count == 0) return TrapCode::None;
  return in_steps(*ctx->state, count, kStepBytes / imm2, false, [&](uint64_t at, uint64_t n) {
    copy_bytes(elements_of(array) + (to + at) * imm2, bytes.data() + from + at * imm2, n * imm2);
  });
}

TrapCode runtime_array_init_elem(Context* ctx, uint64_t* args, uint32_t imm1, uint32_t) {
  const std::span<void* const> refs = ctx->instance->elem(imm1);
  ArrayObject* const array = as_array(args[0]);
  const uint64_t to = args[1];
  const uint64_t from = args[2];
  const uint64_t count = args[3];
  if (array == nullptr) return TrapCode::NullArrayReference;
  if (!in_bounds(*array, to, count)) return TrapCode::OutOfBoundsArrayAccess;
  if (from > refs.size() || count > refs.size() - from) return TrapCode::OutOfBoundsTableAccess;
  if (count == 0) return TrapCode::None;
  constexpr uint64_t bytes = sizeof(uint64_t);
  return in_steps(*ctx->state, count, kStepBytes / bytes, false, [&](uint64_t at, uint64_t n) {
    copy_bytes(elements_of(array) + (to + at) * bytes, refs.data() + from + at, n * bytes);
  });
}

}  // namespace weft::interp
