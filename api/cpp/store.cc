#include "weft/store.hpp"

#include <atomic>

#include "api/backends/interp/store.h"
#include "api/cpp/store_state.h"

namespace weft {

namespace detail {

namespace {

std::uint64_t next_store_id() {
  static std::atomic<std::uint64_t> last{0};
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

void destroy(ErasedObject& object) {
  const ErasedObject taken = std::exchange(object, {});
  if (taken.destroy != nullptr) taken.destroy(taken.object);
}

std::unexpected<Error> empty_store() {
  return fail(Errc::usage, "the store is empty: default-made, or moved from");
}

}  // namespace

StoreState::StoreState(const Engine& owner)
    : id(next_store_id()),
      interrupt(std::make_shared<InterruptState>()),
      max_entered(owner.config().max_host_depth),
      direct_memory(owner.supports(backend::Capability::DirectMemory)),
      engine(owner) {}

StoreState::~StoreState() {
  // Host functions and guest references go first: their captures may use what comes after.
  impl.reset();
  externs->close();
  if (roots != nullptr) roots->close();
  while (!extensions.empty()) {
    ErasedObject last = extensions.back();
    extensions.pop_back();
    destroy(last);
  }
  destroy(data);
}

bool StoreState::allow(const GrowthRequest& request) noexcept {
  if (!limiter) return true;
  try {
    return limiter(request);
  } catch (...) {
    return false;
  }
}

bool StoreState::goes_on() noexcept {
  if (!interrupt_hook || asking) return false;
  const std::uint32_t most = std::exchange(max_entered, 0);
  asking = true;
  bool answer = false;
  try {
    answer = interrupt_hook();
  } catch (...) {
    answer = false;
  }
  asking = false;
  max_entered = most;
  return answer;
}

Result<void> StoreState::take_interrupt() noexcept {
  if (interrupt->flag.exchange(0) == 0 || goes_on()) return {};
  return fail(Errc::interrupted, "interrupted");
}

bool Entry::leave() noexcept {
  StoreState* state = std::exchange(state_, nullptr);
  if (--state->entered != 0 || !state->orphaned) return true;
  delete state;
  return false;
}

Result<void> check_entry(StoreState& state) noexcept {
  if (state.interrupt->flag.load(std::memory_order_relaxed) != 0) [[unlikely]] {
    if (Result<void> ok = state.take_interrupt(); !ok) return ok;
  }
  if (state.entered >= state.max_entered) [[unlikely]] {
    if (state.asking) return fail(Errc::usage, "an interrupt hook can't call the guest");
    return fail(TrapCode::CallStackExhausted, "guest and host call each other too deep");
  }
  return {};
}

std::unexpected<Error> store_gone() {
  return fail(Errc::usage, "the store was destroyed during the call");
}

void drop_store(StoreState* state) noexcept {
  if (state == nullptr) return;
  if (state->entered != 0) {
    state->orphaned = true;
  } else {
    delete state;
  }
}

Result<backend::Store*> open(StoreRef store) noexcept {
  StoreState* state = store.state();
  if (state == nullptr) return empty_store();
  if (state->impl == nullptr) return fail(Errc::usage, "the store is being destroyed");
  return state->impl.get();
}

Result<backend::Store*> open(StoreRef store, Handle handle) noexcept {
  Result<backend::Store*> impl = open(store);
  if (!impl) return impl;
  if (handle.store == 0) return fail(Errc::usage, "the handle is empty");
  if (handle.store != store.state()->id) {
    return fail(Errc::wrong_store, "the handle belongs to another store, or to one that is gone");
  }
  return impl;
}

}  // namespace detail

std::uint64_t StoreRef::id() const noexcept { return state_ == nullptr ? 0 : state_->id; }

Result<Engine> StoreRef::engine() const {
  if (state_ == nullptr) return detail::empty_store();
  return state_->engine;
}

void* StoreRef::put_data(detail::ErasedObject object) const {
  if (state_ == nullptr) {
    detail::destroy(object);
    throw_error(detail::empty_store().error());
  }
  detail::ErasedObject old = std::exchange(state_->data, object);
  detail::destroy(old);
  return object.object;
}

void* StoreRef::find_data(const void* key) const noexcept {
  return state_ != nullptr && state_->data.key == key ? state_->data.object : nullptr;
}

void* StoreRef::put_extension(detail::ErasedObject object) const {
  if (state_ == nullptr) {
    detail::destroy(object);
    throw_error(detail::empty_store().error());
  }
  for (detail::ErasedObject& extension : state_->extensions) {
    if (extension.key != object.key) continue;
    detail::ErasedObject old = std::exchange(extension, object);
    detail::destroy(old);
    return object.object;
  }
  state_->extensions.push_back(object);
  return object.object;
}

void* StoreRef::find_extension(const void* key) const noexcept {
  if (state_ == nullptr) return nullptr;
  for (const detail::ErasedObject& extension : state_->extensions) {
    if (extension.key == key) return extension.object;
  }
  return nullptr;
}

Result<void> StoreRef::set_limits(const StoreLimits& limits) const {
  Result<backend::Store*> impl = detail::open(*this);
  if (!impl) return detail::forward_error(impl);
  return (*impl)->set_limits(limits);
}

namespace {

// The open store, if its engine counts fuel.
Result<backend::Store*> open_fuel(StoreRef store) {
  Result<backend::Store*> impl = detail::open(store);
  if (impl && !store.state()->engine.config().fuel) {
    return fail(Errc::usage, "fuel is off: make the engine with Config{.fuel = true}");
  }
  return impl;
}

}  // namespace

Result<void> StoreRef::set_fuel(std::uint64_t units) const {
  Result<backend::Store*> impl = open_fuel(*this);
  if (!impl) return detail::forward_error(impl);
  return (*impl)->set_fuel(units);
}

Result<std::uint64_t> StoreRef::fuel() const {
  Result<backend::Store*> impl = open_fuel(*this);
  if (!impl) return detail::forward_error(impl);
  return (*impl)->fuel();
}

Result<void> StoreRef::add_fuel(std::uint64_t units) const {
  Result<std::uint64_t> left = fuel();
  if (!left) return detail::forward_error(left);
  const std::uint64_t sum = *left + units;
  return set_fuel(sum < units ? ~std::uint64_t{0} : sum);
}

InterruptHandle StoreRef::interrupt_handle() const {
  if (state_ == nullptr || !state_->engine.config().interruption) return {};
  return InterruptHandle(state_->interrupt);
}

Result<void> StoreRef::check_interrupt() const {
  if (state_ == nullptr) return detail::empty_store();
  return state_->take_interrupt();
}

bool StoreRef::interrupt_pending() const noexcept {
  return state_ != nullptr && state_->interrupt->flag.load(std::memory_order_acquire) != 0;
}

void StoreRef::clear_interrupt() const noexcept {
  if (state_ != nullptr) state_->interrupt->flag.store(0, std::memory_order_relaxed);
}

Result<void> StoreRef::gc() const {
  Result<backend::Store*> impl = detail::open(*this);
  if (!impl) return detail::forward_error(impl);
  state_->settle_roots();
  detail::Entry entry(*state_);
  Result<void> done = (*impl)->gc();
  return entry.leave() ? std::move(done) : detail::store_gone();
}

Result<GcStats> StoreRef::gc_stats() const {
  Result<backend::Store*> impl = detail::open(*this);
  if (!impl) return detail::forward_error(impl);
  if (!state_->engine.supports(backend::Capability::GcObjects)) {
    return fail(Errc::unsupported, "this backend has no heap of collected objects");
  }
  return (*impl)->gc_stats();
}

Result<Profile> StoreRef::profile() const {
  Result<backend::Store*> impl = detail::open(*this);
  if (!impl) return detail::forward_error(impl);
  if (!state_->engine.config().profile) {
    return fail(Errc::usage, "profiling is off: make the engine with Config{.profile = true}");
  }
  return (*impl)->profile();
}

Result<Store> Store::make(const Engine& engine) {
  auto state = std::make_unique<detail::StoreState>(engine);
  Result<std::unique_ptr<backend::Store>> impl = engine.impl().make_store(
      {.owner = state.get(), .interrupt = state->interrupt.get(), .callbacks = state.get()});
  if (!impl) return detail::forward_error(impl);
  state->impl = std::move(*impl);
  state->interp = dynamic_cast<backends::InterpStore*>(state->impl.get());
  return Store(state.release());
}

Store::Store(const Engine& engine) : Store(or_throw(make(engine))) {}

Store& Store::operator=(Store&& other) noexcept {
  if (this != &other) {
    detail::drop_store(std::exchange(state_, std::exchange(other.state_, nullptr)));
  }
  return *this;
}

Store::~Store() { detail::drop_store(state_); }

Result<void> Store::set_limiter(Limiter limiter) {
  if (state_ == nullptr) return detail::empty_store();
  if (limiter && !state_->engine.supports(backend::Capability::LimitCallback)) {
    return fail(Errc::unsupported, "this backend can't ask before it grows things");
  }
  state_->limiter = std::move(limiter);
  return {};
}

Result<void> Store::set_interrupt_hook(InterruptHook hook) {
  if (state_ == nullptr) return detail::empty_store();
  if (hook && !state_->engine.config().interruption) {
    return fail(Errc::usage, "interruption is off: the engine's Config{.interruption = false}");
  }
  if (state_->asking) return fail(Errc::usage, "an interrupt hook can't replace itself");
  state_->interrupt_hook = std::move(hook);
  return {};
}

}  // namespace weft
