// Between values with types and slots without.
#include <cstring>
#include <memory>
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

RawVal raw_ref(std::uint64_t word) {
  RawVal raw;
  raw.ref = word;
  return raw;
}

}  // namespace

Result<std::uint64_t> lower_extern(StoreState& state, const ExternRef& ref) {
  ExternObject* object = ref.object();
  if (!object->guest.is_null()) {
    Result<std::uint64_t> word = lower_any(state, object->guest);
    if (!word) return word;
    return state.impl->any_to_extern(*word);
  }
  if (object->store != state.id) {
    return fail(Errc::wrong_store,
                "the externref belongs to another store, or to one that is gone");
  }
  if (object->raw == 0) {
    Result<std::uint64_t> raw = state.impl->externref_new(object, finalize_extern);
    if (!raw) return raw;
    object->count.fetch_add(1, std::memory_order_relaxed);
    object->raw = *raw;
  } else {
    object->raw = state.impl->externref_reuse(object->raw);
  }
  return object->raw;
}

Result<ExternRef> lift_extern(StoreState& state, std::uint64_t word) {
  if (word == 0) return ExternRef();
  if (auto* object = static_cast<ExternObject*>(state.impl->externref_object(word))) {
    object->count.fetch_add(1, std::memory_order_relaxed);
    return ExternRef(object);
  }
  Result<AnyRef> guest = lift_any(state, state.impl->extern_to_any(word));
  if (!guest) return forward_error(guest);
  auto object = std::make_unique<ExternObject>();
  object->store = state.id;
  object->guest = std::move(*guest);
  object->registry = state.externs;
  return ExternRef(object.release());
}

namespace {

// Of a reference that isn't null.
Result<std::uint64_t> lower_word(StoreState& state, const Ref& ref) {
  switch (top_of(ref.heap())) {
    case HeapKind::Func: {
      const Handle handle = Access::handle(*ref.func());
      if (handle.store != state.id) {
        return fail(Errc::wrong_store,
                    "the function belongs to another store, or to one that is gone");
      }
      return state.impl->func_to_ref(handle.index);
    }
    case HeapKind::Extern:
      return lower_extern(state, ref.externref());
    case HeapKind::Exn: {
      const ExnRef exception = ref.exnref();
      if (exception.root()->store != state.id) {
        return fail(Errc::wrong_store,
                    "the exception belongs to another store, or to one that is gone");
      }
      return state.impl->ref_of_root(exception.root()->number);
    }
    default:
      return lower_any(state, ref.anyref());
  }
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
  Result<std::uint64_t> word = lower_word(state, ref);
  if (!word) return forward_error(word);
  const bool fits = type.heap().kind == HeapKind::Concrete ? state.impl->ref_is(*word, type.heap())
                                                           : is_subtype(ref.heap(), type.heap());
  if (!fits) return expected_type(type, given);
  return raw_ref(*word);
}

Result<RawVal> lower_val(StoreState& state, const Val& value, const ValType& type) {
  if (value.kind() != type.kind()) return expected_type(type, value.type());
  if (type.is_ref()) return lower_ref(state, *value.get<Ref>(), type);
  RawVal raw;
  std::memcpy(&raw, value.bits().bytes.data(), sizeof raw);
  return raw;
}

namespace {

template <class T>
Result<Ref> as_ref(Result<T> lifted) {
  if (!lifted) return forward_error(lifted);
  return Ref(*lifted);
}

}  // namespace

Result<Ref> lift_ref(StoreState& state, std::uint64_t raw, const ValType& type) {
  if (raw == 0) return Ref::null(type.heap());
  switch (top_of(type.heap())) {
    case HeapKind::Func:
      return Ref(Access::make<Func>(Handle{state.id, state.impl->func_from_ref(raw)}));
    case HeapKind::Extern:
      return as_ref(lift_extern(state, raw));
    case HeapKind::Exn:
      return as_ref(lift_exn(state, raw));
    default:
      return as_ref(lift_any(state, raw));
  }
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

namespace weft {

Result<bool> Ref::matches(StoreRef store, const HeapType& type) const {
  if (auto impl = detail::open(store); !impl) return detail::forward_error(impl);
  if (is_null() || detail::top_of(heap_) != detail::top_of(type)) return false;
  detail::StoreState& state = *store.state();
  Result<std::uint64_t> word = detail::lower_word(state, *this);
  if (!word) return detail::forward_error(word);
  return detail::word_is(state, *word, type);
}

}  // namespace weft
