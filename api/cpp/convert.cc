// Between values with types and slots without.
#include <cstring>
#include <string>

#include "api/cpp/store_state.h"
#include "weft/func.hpp"

namespace weft::detail {

namespace {

std::unexpected<Error> expected_type(const ValType& wanted, const ValType& given) {
  return fail(Errc::type_mismatch, "expected " + to_string(wanted) + ", got " + to_string(given));
}

// The backend's count: it ends when the guest can't reach the object any more.
void finalize_extern(void* pointer) noexcept {
  auto* object = static_cast<ExternObject*>(pointer);
  object->raw = 0;
  release_extern(object);
}

Result<std::uint64_t> lower_extern(StoreState& state, const ExternRef& ref) {
  ExternObject* object = ref.object();
  if (object->store != state.id) {
    return fail(Errc::wrong_store,
                "the externref belongs to another store, or to one that is gone");
  }
  if (object->raw == 0) {
    Result<std::uint64_t> raw = state.impl->externref_new(object, finalize_extern);
    if (!raw) return raw;
    object->count.fetch_add(1, std::memory_order_relaxed);
    object->raw = *raw;
  }
  return object->raw;
}

RawVal raw_ref(std::uint64_t word) {
  RawVal raw;
  raw.ref = word;
  return raw;
}

}  // namespace

Result<RawVal> lower_ref(StoreState& state, const Ref& ref, const ValType& type) {
  const ValType given = ValType::ref(ref.heap(), ref.is_null());
  if (!type.is_ref() || top_of(ref.heap()) != top_of(type.heap())) {
    return expected_type(type, given);
  }
  if (ref.is_null()) {
    if (!type.is_nullable()) return expected_type(type, given);
    return RawVal{};
  }
  std::uint64_t word = 0;
  if (const std::optional<Func> func = ref.func()) {
    const Handle handle = Access::handle(*func);
    if (handle.store != state.id) {
      return fail(Errc::wrong_store,
                  "the function belongs to another store, or to one that is gone");
    }
    word = state.impl->func_to_ref(handle.index);
  } else {
    Result<std::uint64_t> made = lower_extern(state, ref.externref());
    if (!made) return forward_error(made);
    word = *made;
  }
  const bool fits = type.heap().kind == HeapKind::Concrete ? state.impl->ref_is(word, type.heap())
                                                           : is_subtype(ref.heap(), type.heap());
  if (!fits) return expected_type(type, given);
  return raw_ref(word);
}

Result<RawVal> lower_val(StoreState& state, const Val& value, const ValType& type) {
  if (value.kind() != type.kind()) return expected_type(type, value.type());
  if (type.is_ref()) return lower_ref(state, *value.get<Ref>(), type);
  RawVal raw;
  std::memcpy(&raw, value.bits().bytes.data(), sizeof raw);
  return raw;
}

Result<Ref> lift_ref(StoreState& state, std::uint64_t raw, const ValType& type) {
  if (raw == 0) return Ref::null(type.heap());
  const HeapKind top = top_of(type.heap());
  if (top == HeapKind::Func) {
    return Ref(Access::make<Func>(Handle{state.id, state.impl->func_from_ref(raw)}));
  }
  if (top != HeapKind::Extern) {
    return fail(Errc::unsupported,
                "references of type " + to_string(type) + " can't leave the guest yet");
  }
  auto* object = static_cast<ExternObject*>(state.impl->externref_object(raw));
  if (object == nullptr) {
    return fail(Errc::unsupported, "an externref that the guest made can't leave it yet");
  }
  object->count.fetch_add(1, std::memory_order_relaxed);
  return Ref(ExternRef(object));
}

Result<Val> lift_val(StoreState& state, const RawVal& raw, const ValType& type) {
  switch (type.kind()) {
    case ValType::Kind::I32:
      return Val(raw.i32);
    case ValType::Kind::I64:
      return Val(raw.i64);
    case ValType::Kind::F32:
      return Val::f32_bits(raw.f32_bits);
    case ValType::Kind::F64:
      return Val::f64_bits(raw.f64_bits);
    case ValType::Kind::V128: {
      V128 value;
      std::memcpy(value.bytes.data(), raw.v128, sizeof raw.v128);
      return Val(value);
    }
    case ValType::Kind::Ref: {
      Result<Ref> ref = lift_ref(state, raw.ref, type);
      if (!ref) return forward_error(ref);
      return Val(std::move(*ref));
    }
  }
  return Val();
}

Result<void> lower_vals(StoreState& state, std::span<const Val> values,
                        std::span<const ValType> types, RawVal* slots, std::string_view what) {
  if (values.size() != types.size()) {
    return fail(Errc::type_mismatch, "expected " + std::to_string(types.size()) + " " +
                                         std::string(what) + "s, got " +
                                         std::to_string(values.size()));
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    Result<RawVal> raw = lower_val(state, values[i], types[i]);
    if (!raw) {
      raw.error().add_context(std::string(what) + " " + std::to_string(i + 1));
      return forward_error(raw);
    }
    slots[i] = *raw;
  }
  return {};
}

}  // namespace weft::detail
