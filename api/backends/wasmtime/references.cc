// Words and Wasmtime's references. A host object may be in the guest under several references: each
// crossing makes one, and what they refer to counts them.
#include <algorithm>
#include <cstring>
#include <utility>

#include "api/backends/wasmtime/store.h"

namespace weft::backends {

using backend::RawVal;

namespace {

// Words of the any and extern hierarchies that are no addresses: an i31 is marked by its lowest
// bit, and all other objects of the guest's look alike, as they can't leave it.
constexpr std::uint64_t kGuestObject = 2;
bool is_i31(std::uint64_t word) { return (word & 1) != 0; }
std::uint64_t i31_word(std::uint32_t value) { return std::uint64_t{value} << 1 | 1; }
std::uint32_t i31_value(std::uint64_t word) {
  return static_cast<std::uint32_t>(word >> 1) & 0x7fff'ffff;
}

constexpr std::size_t kFirstCollection = 4096;

std::unexpected<Error> guest_object() {
  return fail(Errc::unsupported, "this backend's objects can't go back to the guest");
}

}  // namespace

// --- Host objects ---

Result<std::uint64_t> WasmtimeStore::externref_new(void* object,
                                                   void (*finalize)(void*) noexcept) noexcept {
  auto made = std::make_unique<HostObject>(HostObject{this, object, finalize});
  unreachable_.push_back(made.get());
  objects_.insert(made.get());
  return index_of(made.release());
}

void* WasmtimeStore::externref_object(std::uint64_t ref) noexcept {
  return is_i31(ref) || ref == kGuestObject ? nullptr : at<HostObject>(ref)->object;
}

void WasmtimeStore::drop_guest_ref(void* object) {
  HostObject& of = *static_cast<HostObject*>(object);
  if (--of.guest_refs != 0 || of.is_candidate) return;
  of.is_candidate = true;
  of.store->unreachable_.push_back(&of);
}

Result<c::GcRef> WasmtimeStore::new_externref(HostObject& object) {
  c::GcRef ref{};
  ++object.guest_refs;
  if (api().wasmtime_externref_new(context_, &object, drop_guest_ref, &ref)) return ref;
  return fail(Errc::limit, "there is no room for the externref");
}

void WasmtimeStore::sweep() {
  for (HostObject* object : std::exchange(unreachable_, {})) {
    if (object->guest_refs != 0) {
      object->is_candidate = false;
      continue;
    }
    objects_.erase(object);
    object->finalize(object->object);
    delete object;
  }
}

Result<void> WasmtimeStore::gc() noexcept {
  release_exceptions();
  return collect();
}

Result<void> WasmtimeStore::collect() {
  if (c::Error* error = api().wasmtime_context_gc(context_)) {
    return fail(Errc::limit, "Wasmtime: " + take_message(api(), error));
  }
  sweep();
  next_gc_ = std::max(kFirstCollection, objects_.size() * 2);
  return {};
}

// --- i31 ---

HeapType WasmtimeStore::any_type(std::uint64_t ref) noexcept {
  return is_i31(ref) ? HeapKind::I31 : HeapKind::Any;
}

std::uint64_t WasmtimeStore::i31_to_ref(I31 value) noexcept {
  return i31_word(value.unsigned_value());
}

I31 WasmtimeStore::i31_from_ref(std::uint64_t ref) noexcept {
  return I31(static_cast<std::int32_t>(i31_value(ref)));
}

// --- Words and values ---

std::uint64_t WasmtimeStore::any_word(const c::GcRef& ref) {
  std::uint32_t value = 0;
  return api().wasmtime_anyref_i31_get_u(context_, &ref, &value) ? i31_word(value) : kGuestObject;
}

std::uint64_t WasmtimeStore::extern_word(const c::GcRef& ref) {
  if (const void* object = api().wasmtime_externref_data(context_, &ref)) return index_of(object);
  return kGuestObject;
}

Result<c::Val> WasmtimeStore::to_val(const ValType& type, const RawVal& raw) {
  c::Val val;
  if (!type.is_ref()) {
    val.kind = static_cast<c::ValKind>(type.kind());
    std::memcpy(val.bytes, &raw, sizeof val.bytes);
    return val;
  }
  const HeapKind hierarchy = hierarchy_of(type);
  if (hierarchy == HeapKind::Func) {
    val.kind = c::kFuncRef;
    val.func = raw.ref == 0 ? c::Func{} : at<FuncRecord>(raw.ref)->handle;
    return val;
  }
  val.kind = hierarchy == HeapKind::Extern ? c::kExternRef
             : hierarchy == HeapKind::Exn  ? c::kExnRef
                                           : c::kAnyRef;
  val.ref = {};
  if (raw.ref == 0) return val;
  if (is_i31(raw.ref)) {
    if (val.kind != c::kAnyRef) return guest_object();
    api().wasmtime_anyref_from_i31(context_, i31_value(raw.ref), &val.ref);
    return val;
  }
  if (raw.ref == kGuestObject) return guest_object();
  if (val.kind == c::kExnRef) {
    api().wasmtime_exnref_clone(&at<ExceptionRecord>(raw.ref)->ref, &val.ref);
    return val;
  }
  if (val.kind != c::kExternRef) return guest_object();
  Result<c::GcRef> made = new_externref(*at<HostObject>(raw.ref));
  if (!made) return std::unexpected<Error>(std::move(made).error());
  val.ref = *made;
  return val;
}

RawVal WasmtimeStore::from_val(c::Val& val) {
  RawVal raw;
  switch (val.kind) {
    case c::kFuncRef:
      if (val.func.store != 0) raw.ref = index_of(&func_record(val.func));
      break;
    case c::kExternRef:
      if (val.ref.store != 0) raw.ref = extern_word(val.ref);
      break;
    case c::kAnyRef:
      if (val.ref.store != 0) raw.ref = any_word(val.ref);
      break;
    case c::kExnRef:
      // The record takes the reference.
      if (val.ref.store != 0) raw.ref = exception_word(val.ref);
      return raw;
    default:
      std::memcpy(&raw, val.bytes, sizeof val.bytes);
      break;
  }
  api().wasmtime_val_unroot(&val);
  return raw;
}

// --- Slots ---

// Raw references don't outlive a collection, so all objects are made before the first is taken.
Result<void> WasmtimeStore::lower(std::span<const ValType> types, RawVal* slots) {
  std::vector<std::pair<std::size_t, c::GcRef>> made;
  std::vector<std::size_t> exceptions;
  Result<void> done;
  for (std::size_t i = 0; done && i < types.size(); ++i) {
    if (!types[i].is_ref() || slots[i].ref == 0) continue;
    const std::uint64_t word = slots[i].ref;
    if (hierarchy_of(types[i]) == HeapKind::Func) {
      slots[i].ref = index_of(api().wasmtime_func_to_raw(context_, &at<FuncRecord>(word)->handle));
    } else if (is_i31(word)) {
      c::GcRef ref{};
      api().wasmtime_anyref_from_i31(context_, i31_value(word), &ref);
      slots[i].ref = api().wasmtime_anyref_to_raw(context_, &ref);
      api().wasmtime_anyref_unroot(&ref);
    } else if (word == kGuestObject) {
      done = guest_object();
    } else if (hierarchy_of(types[i]) == HeapKind::Exn) {
      exceptions.push_back(i);
    } else if (Result<c::GcRef> ref = new_externref(*at<HostObject>(word))) {
      made.emplace_back(i, *ref);
    } else {
      done = std::unexpected<Error>(std::move(ref).error());
    }
  }
  if (done && !made.empty() && objects_.size() >= next_gc_) done = collect();
  for (const std::size_t i : exceptions) {
    slots[i].ref = api().wasmtime_exnref_to_raw(context_, &at<ExceptionRecord>(slots[i].ref)->ref);
  }
  for (auto& [i, ref] : made) {
    slots[i].ref = api().wasmtime_externref_to_raw(context_, &ref);
    api().wasmtime_externref_unroot(&ref);
  }
  return done;
}

void WasmtimeStore::lift(std::span<const ValType> types, RawVal* slots) {
  for (std::size_t i = 0; i < types.size(); ++i) {
    if (!types[i].is_ref()) continue;
    const HeapKind hierarchy = hierarchy_of(types[i]);
    // The upper bits of a slot with a collected object are anything.
    const std::uint32_t raw = slots[i].u32;
    if (hierarchy == HeapKind::Func) {
      if (slots[i].ref == 0) continue;
      c::Func func{};
      api().wasmtime_func_from_raw(context_, reinterpret_cast<void*>(slots[i].ref), &func);
      slots[i].ref = index_of(&func_record(func));
    } else if (raw == 0) {
      slots[i].ref = 0;
    } else if (hierarchy == HeapKind::Extern) {
      c::GcRef ref{};
      api().wasmtime_externref_from_raw(context_, raw, &ref);
      slots[i].ref = extern_word(ref);
      api().wasmtime_externref_unroot(&ref);
    } else if (hierarchy == HeapKind::Any) {
      c::GcRef ref{};
      api().wasmtime_anyref_from_raw(context_, raw, &ref);
      slots[i].ref = any_word(ref);
      api().wasmtime_anyref_unroot(&ref);
    } else {
      c::GcRef ref{};
      api().wasmtime_exnref_from_raw(context_, raw, &ref);
      slots[i].ref = exception_word(ref);
    }
  }
}

}  // namespace weft::backends
