#include "weft/externref.hpp"

#include "api/cpp/store_state.h"

namespace weft::detail {

void ExternRegistry::add(ExternObject* object) {
  const std::lock_guard lock(mutex_);
  object->next = first_;
  if (first_ != nullptr) first_->previous = object;
  first_ = object;
}

ErasedObject ExternRegistry::remove(ExternObject* object) {
  const std::lock_guard lock(mutex_);
  // Not linked any more after close(), which leaves no payload either.
  if (object->payload.object == nullptr) return {};
  (object->previous != nullptr ? object->previous->next : first_) = object->next;
  if (object->next != nullptr) object->next->previous = object->previous;
  return std::exchange(object->payload, {});
}

void ExternRegistry::close() {
  // Handles on other threads may free their objects as soon as the lock is gone.
  std::vector<ErasedObject> payloads;
  {
    const std::lock_guard lock(mutex_);
    for (ExternObject* object = std::exchange(first_, nullptr); object != nullptr;) {
      payloads.push_back(std::exchange(object->payload, {}));
      object->previous = nullptr;
      object = std::exchange(object->next, nullptr);
    }
  }
  for (const ErasedObject& payload : payloads) payload.destroy(payload.object);
}

Result<ExternObject*> make_extern(StoreRef store, ErasedObject payload) {
  if (Result<backend::Store*> impl = open(store); !impl) {
    payload.destroy(payload.object);
    return forward_error(impl);
  }
  StoreState& state = *store.state();
  auto* object = new ExternObject;
  object->store = state.id;
  object->payload = payload;
  object->registry = state.externs;
  state.externs->add(object);
  return object;
}

void release_extern(ExternObject* object) noexcept {
  if (object->count.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  const ErasedObject payload = object->registry->remove(object);
  delete object;
  if (payload.destroy != nullptr) payload.destroy(payload.object);
}

bool same_extern(const ExternObject& a, const ExternObject& b) noexcept {
  return &a == &b || (!a.guest.is_null() && a.guest == b.guest);
}

Result<void*> extern_payload(const ExternObject* object, StoreRef store, const void* key) noexcept {
  if (object == nullptr) return fail(Errc::type_mismatch, "the externref is null");
  if (Result<backend::Store*> impl = open(store, {object->store, 0}); !impl) {
    return forward_error(impl);
  }
  if (object->payload.key != key) {
    return fail(Errc::type_mismatch, "the externref holds an object of another type");
  }
  return object->payload.object;
}

}  // namespace weft::detail
