// What keeps the guest's objects alive as long as the host has handles to them.
#include "api/cpp/store_state.h"
#include "weft/anyref.hpp"

namespace weft::detail {

void RootRegistry::give_up(Root* root) noexcept {
  {
    const std::lock_guard lock(mutex_);
    if (!closed_) {
      root->next = std::exchange(first_, root);
      any_.store(true, std::memory_order_release);
      return;
    }
  }
  delete root;
}

Root* RootRegistry::take() noexcept {
  const std::lock_guard lock(mutex_);
  any_.store(false, std::memory_order_relaxed);
  return std::exchange(first_, nullptr);
}

void RootRegistry::close() noexcept {
  Root* root = nullptr;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    root = std::exchange(first_, nullptr);
  }
  while (root != nullptr) delete std::exchange(root, root->next);
}

void release_root(Root* root) noexcept {
  if (root->count.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  // Once given up, the root may be deleted by the thread that uses the store, registry and all.
  const std::shared_ptr<RootRegistry> registry = root->registry;
  registry->give_up(root);
}

Result<RootHandle> StoreState::root(std::uint64_t word, const HeapType& type, std::uint64_t tag) {
  settle_roots();
  if (roots == nullptr) roots = std::make_shared<RootRegistry>();
  auto made = std::make_unique<Root>();
  const Result<std::uint64_t> number = impl->ref_root(word);
  if (!number) return std::unexpected<Error>(number.error());
  made->store = id;
  made->number = *number;
  made->type = type;
  made->tag = tag;
  made->registry = roots;
  return RootHandle(made.release());
}

void StoreState::settle_pending_roots() noexcept {
  for (Root* root = roots->take(); root != nullptr;) {
    impl->ref_unroot(root->number);
    delete std::exchange(root, root->next);
  }
}

}  // namespace weft::detail
