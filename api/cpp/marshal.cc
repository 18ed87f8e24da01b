#include "weft/marshal.hpp"

#include "api/cpp/store_state.h"
#include "weft/func.hpp"

namespace weft {

namespace {

struct GuestRange {
  backend::Store* store;
  backend::Index memory;
  std::uint64_t size;
  std::uint8_t* base;  // null without direct memory
};

// The memory that a host call's pointers mean, with address and length checked.
Result<GuestRange> find_range(StoreRef store, const backend::HostCall* call, std::uint64_t address,
                              std::uint64_t length) {
  Result<backend::Store*> impl = detail::open(store);
  if (!impl) return detail::forward_error(impl);
  if (call == nullptr || !call->instance) {
    return fail(Errc::usage, "pointers mean nothing here: no guest instance made this call");
  }
  const std::optional<backend::Index> memory = (*impl)->instance_memory(*call->instance);
  if (!memory) return fail(Errc::host, "the calling instance has no memory to point into");
  GuestRange range{*impl, *memory, 0, nullptr};
  if (store.state()->direct_memory) {
    const backend::MemoryView view = (*impl)->memory_view(*memory);
    range.size = view.size;
    range.base = view.base;
  } else {
    range.size = (*impl)->memory_size(*memory);
  }
  if (address > range.size || length > range.size - address) {
    return fail(TrapCode::MemoryOutOfBounds);
  }
  return range;
}

detail::StoreState* opened_state(const MarshalContext& context) { return context.store().state(); }

Result<void> lower_reference(MarshalContext& context, const Ref& ref, const ValType& type,
                             RawVal* slots) {
  if (Result<backend::Store*> impl = detail::open(context.store()); !impl) {
    return detail::forward_error(impl);
  }
  Result<RawVal> raw = detail::lower_ref(*opened_state(context), ref, type);
  if (!raw) return detail::forward_error(raw);
  *slots = *raw;
  return {};
}

}  // namespace

Result<Bytes> MarshalContext::bytes(std::uint64_t address, std::uint64_t length) {
  Result<GuestRange> range = find_range(store_, call_, address, length);
  if (!range) return detail::forward_error(range);
  if (length == 0) return Bytes();
  const auto size = static_cast<std::size_t>(length);
  if (range->base != nullptr) return Bytes(range->base + address, size);
  auto copy = std::make_unique<std::uint8_t[]>(size);
  if (auto done = range->store->memory_read(range->memory, address, {copy.get(), size}); !done) {
    return detail::forward_error(done);
  }
  copies_.push_front(std::move(copy));
  return Bytes(copies_.front().get(), size);
}

Result<MutableBytes> MarshalContext::mutable_bytes(std::uint64_t address, std::uint64_t length) {
  Result<GuestRange> range = find_range(store_, call_, address, length);
  if (!range) return detail::forward_error(range);
  if (!store_.state()->direct_memory) {
    return fail(Errc::unsupported, "this backend gives no access to memory in place");
  }
  if (length == 0) return MutableBytes();
  return MutableBytes(range->base + address, static_cast<std::size_t>(length));
}

Result<ExternRef> Marshal<ExternRef>::lift(MarshalContext& context, const RawVal* slots) {
  if (slots->ref == 0) return ExternRef();
  Result<Ref> ref = detail::lift_ref(*opened_state(context), slots->ref, ValType::ExternRef);
  if (!ref) return detail::forward_error(ref);
  return ref->externref();
}

Result<void> Marshal<ExternRef>::lower(MarshalContext& context, const ExternRef& value,
                                       RawVal* slots) {
  return lower_reference(context, Ref(value), ValType::ExternRef, slots);
}

Result<AnyRef> detail::lift_any(MarshalContext& context, const RawVal* slots) {
  return lift_any(*opened_state(context), slots->ref);
}

Result<void> detail::lower_any(MarshalContext& context, const AnyRef& value, RawVal* slots) {
  return lower_reference(context, Ref(value), ValType::ref(HeapKind::Any, true), slots);
}

Result<ExnRef> Marshal<ExnRef>::lift(MarshalContext& context, const RawVal* slots) {
  return detail::lift_exn(*opened_state(context), slots->ref);
}

Result<void> Marshal<ExnRef>::lower(MarshalContext& context, const ExnRef& value, RawVal* slots) {
  return lower_reference(context, Ref(value), kTypes[0], slots);
}

Result<std::optional<Func>> Marshal<std::optional<Func>>::lift(MarshalContext& context,
                                                               const RawVal* slots) {
  if (slots->ref == 0) return std::optional<Func>();
  Result<Ref> ref = detail::lift_ref(*opened_state(context), slots->ref, ValType::FuncRef);
  if (!ref) return detail::forward_error(ref);
  return ref->func();
}

Result<void> Marshal<std::optional<Func>>::lower(MarshalContext& context,
                                                 const std::optional<Func>& value, RawVal* slots) {
  return lower_reference(context, value ? Ref(*value) : Ref(), ValType::FuncRef, slots);
}

Result<Func> Marshal<Func>::lift(MarshalContext& context, const RawVal* slots) {
  Result<std::optional<Func>> func = Marshal<std::optional<Func>>::lift(context, slots);
  if (!func) return detail::forward_error(func);
  if (!*func) return fail(TrapCode::NullFunctionReference);
  return **func;
}

Result<void> Marshal<Func>::lower(MarshalContext& context, const Func& value, RawVal* slots) {
  if (value == Func()) return fail(Errc::usage, "the function handle is empty");
  return lower_reference(context, Ref(value), ValType::FuncRef, slots);
}

Result<std::string_view> Marshal<std::string_view>::lift(MarshalContext& context,
                                                         const RawVal* slots) {
  Result<Bytes> bytes = context.bytes(slots[0].u32, slots[1].u32);
  if (!bytes) return detail::forward_error(bytes);
  return bytes->text();
}

Result<std::string> Marshal<std::string>::lift(MarshalContext& context, const RawVal* slots) {
  Result<std::string_view> text = Marshal<std::string_view>::lift(context, slots);
  if (!text) return detail::forward_error(text);
  return std::string(*text);
}

}  // namespace weft
