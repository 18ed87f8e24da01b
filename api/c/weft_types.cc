// Types and values of <weft.h>.
#include <bit>
#include <cstring>

#include "api/c/support.h"

using weft::c::from_c;
using weft::c::guard;
using weft::c::kAnyRef;
using weft::c::kExnRef;
using weft::c::kV128;
using weft::c::put_bytes;
using weft::c::to_c;

namespace {

using weft::HeapKind;
using weft::Result;
using weft::Val;

static_assert(WEFT_V128 == kV128 && WEFT_ANYREF == kAnyRef && WEFT_EXNREF == kExnRef);
static_assert(WEFT_EXTERN_TAG == static_cast<int>(weft::ExternKind::Tag));

constexpr bool same(weft_heapkind_enum number, HeapKind kind) {
  return static_cast<int>(number) == static_cast<int>(kind);
}
static_assert(same(WEFT_HEAP_FUNC, HeapKind::Func) && same(WEFT_HEAP_EXTERN, HeapKind::Extern) &&
              same(WEFT_HEAP_ANY, HeapKind::Any) && same(WEFT_HEAP_EQ, HeapKind::Eq) &&
              same(WEFT_HEAP_I31, HeapKind::I31) && same(WEFT_HEAP_STRUCT, HeapKind::Struct) &&
              same(WEFT_HEAP_ARRAY, HeapKind::Array) && same(WEFT_HEAP_NONE, HeapKind::None) &&
              same(WEFT_HEAP_NOFUNC, HeapKind::NoFunc) &&
              same(WEFT_HEAP_NOEXTERN, HeapKind::NoExtern) && same(WEFT_HEAP_EXN, HeapKind::Exn) &&
              same(WEFT_HEAP_NOEXN, HeapKind::NoExn) &&
              same(WEFT_HEAP_CONCRETE, HeapKind::Concrete));

weft_limits_t limits_to_c(const weft::Limits& limits, weft::IndexType index) {
  return {.min = limits.min,
          .max = limits.max.value_or(0),
          .has_max = limits.max.has_value(),
          .is64 = index == weft::IndexType::I64};
}
weft::Limits limits_from_c(const weft_limits_t& limits) {
  return {.min = limits.min, .max = limits.has_max ? std::optional(limits.max) : std::nullopt};
}
weft::IndexType index_from_c(const weft_limits_t& limits) {
  return limits.is64 ? weft::IndexType::I64 : weft::IndexType::I32;
}

}  // namespace

namespace weft::c {

weft_heaptype_t to_c(const HeapType& type) noexcept {
  return {.kind = static_cast<weft_heapkind_t>(type.kind),
          .hierarchy = static_cast<weft_heapkind_t>(type.hierarchy),
          .index = type.index};
}
std::optional<HeapType> from_c(const weft_heaptype_t& type) noexcept {
  if (type.kind > WEFT_HEAP_CONCRETE) return std::nullopt;
  const auto kind = static_cast<HeapKind>(type.kind);
  if (kind != HeapKind::Concrete) return HeapType(kind);
  if (type.hierarchy >= WEFT_HEAP_CONCRETE) return std::nullopt;
  return HeapType::concrete(type.index, static_cast<HeapKind>(type.hierarchy));
}

Result<Val> from_c(const weft_val_t& value) {
  const std::optional<ValType> type = type_of(value.kind);
  if (!type) {
    return fail(Errc::type_mismatch, std::to_string(value.kind) + " is no kind of value");
  }
  switch (type->kind()) {
    case ValType::Kind::I32:
      return Val(value.of.i32);
    case ValType::Kind::I64:
      return Val(value.of.i64);
    case ValType::Kind::F32:
      return Val::f32_bits(std::bit_cast<std::uint32_t>(value.of.f32));
    case ValType::Kind::F64:
      return Val::f64_bits(std::bit_cast<std::uint64_t>(value.of.f64));
    case ValType::Kind::V128: {
      V128 vector;
      std::memcpy(vector.bytes.data(), value.of.v128, sizeof value.of.v128);
      return Val(vector);
    }
    case ValType::Kind::Ref:
      break;
  }
  Result<Ref> ref = to_ref(value.of.ref, *type);
  if (!ref) return forward_error(ref);
  return Val(std::move(*ref));
}

Result<std::vector<Val>> from_c(std::span<const weft_val_t> values) {
  std::vector<Val> out;
  out.reserve(values.size());
  for (const weft_val_t& given : values) {
    Result<Val> value = from_c(given);
    if (!value) {
      value.error().add_context("value " + std::to_string(out.size()));
      return forward_error(value);
    }
    out.push_back(std::move(*value));
  }
  return out;
}

weft_val_t to_c(const StoreHandle& store, const Val& value) {
  weft_val_t out{};
  out.kind = kind_of(value.type());
  if (value.kind() == ValType::Kind::Ref) {
    out.of.ref = new_ref(store, value.ref()).release();
  } else {
    std::memcpy(&out.of, value.bits().bytes.data(), sizeof out.of);
  }
  return out;
}

void put_vals(const StoreHandle& store, std::span<const Val> values, weft_val_t* out) {
  OwnedVals made(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) made.span()[i] = to_c(store, values[i]);
  made.release_to(out);
}

}  // namespace weft::c

wasm_valtype_t* weft_valtype_new_ref(const weft_heaptype_t* heap, bool nullable) {
  return guard([&]() -> wasm_valtype_t* {
    const std::optional<weft::HeapType> type = heap != nullptr ? from_c(*heap) : std::nullopt;
    return type ? new wasm_valtype_t{weft::ValType::ref(*type, nullable)} : nullptr;
  });
}
bool weft_valtype_heap(const wasm_valtype_t* type, weft_heaptype_t* out) {
  if (type == nullptr || out == nullptr || !type->type.is_ref()) return false;
  *out = to_c(type->type.heap());
  return true;
}
bool weft_valtype_is_nullable(const wasm_valtype_t* type) {
  return type != nullptr && type->type.is_nullable();
}
bool weft_valtype_same(const wasm_valtype_t* a, const wasm_valtype_t* b) {
  return a != nullptr && b != nullptr && a->type == b->type;
}
void weft_valtype_text(const wasm_valtype_t* type, wasm_byte_vec_t* out) {
  put_bytes(guard([&] { return type == nullptr ? std::string() : to_string(type->type); }), out);
}

wasm_memorytype_t* weft_memorytype_new(const weft_limits_t* limits, bool shared,
                                       uint8_t page_size_log2) {
  return guard([&]() -> wasm_memorytype_t* {
    if (limits == nullptr || page_size_log2 >= 64) return nullptr;
    return new wasm_memorytype_t(weft::MemoryType{.limits = limits_from_c(*limits),
                                                  .index = index_from_c(*limits),
                                                  .shared = shared,
                                                  .page_size_log2 = page_size_log2});
  });
}
bool weft_memorytype_limits(const wasm_memorytype_t* type, weft_limits_t* out) {
  if (type == nullptr || out == nullptr) return false;
  *out = limits_to_c(type->memory.limits, type->memory.index);
  return true;
}
bool weft_memorytype_is_shared(const wasm_memorytype_t* type) {
  return type != nullptr && type->memory.shared;
}
uint8_t weft_memorytype_page_size_log2(const wasm_memorytype_t* type) {
  return type == nullptr ? 0 : type->memory.page_size_log2;
}
wasm_tabletype_t* weft_tabletype_new(wasm_valtype_t* element, const weft_limits_t* limits) {
  const std::unique_ptr<wasm_valtype_t> owned(element);
  return guard([&]() -> wasm_tabletype_t* {
    if (owned == nullptr || limits == nullptr) return nullptr;
    return new wasm_tabletype_t(weft::TableType{
        .element = owned->type, .limits = limits_from_c(*limits), .index = index_from_c(*limits)});
  });
}
bool weft_tabletype_limits(const wasm_tabletype_t* type, weft_limits_t* out) {
  if (type == nullptr || out == nullptr) return false;
  *out = limits_to_c(type->table.limits, type->table.index);
  return true;
}
const wasm_functype_t* weft_externtype_tag(const wasm_externtype_t* type) {
  const auto* tag = dynamic_cast<const wasm_tagtype_t*>(type);
  return tag == nullptr ? nullptr : &tag->func;
}
void weft_externtype_text(const wasm_externtype_t* type, wasm_byte_vec_t* out) {
  put_bytes(guard([&] { return type == nullptr ? std::string() : to_string(type->type()); }), out);
}

void weft_val_delete(weft_val_t* value) {
  if (value == nullptr || !wasm_valkind_is_ref(value->kind)) return;
  wasm_ref_delete(std::exchange(value->of.ref, nullptr));
}
void weft_val_copy(weft_val_t* out, const weft_val_t* value) {
  if (out == nullptr || value == nullptr) return;
  *out = *value;
  if (wasm_valkind_is_ref(value->kind)) out->of.ref = wasm_ref_copy(value->of.ref);
}
