// Calls: of the guest by the host, and of the host by the guest.
#include <algorithm>
#include <cstring>
#include <utility>

#include "api/backends/wasmtime/store.h"
#include "api/cpp/store_state.h"

namespace weft::backends {

using backend::Index;
using backend::RawVal;

namespace {

bool has_refs(const FuncType& type) {
  const auto is_ref = [](const ValType& of) { return of.is_ref(); };
  return std::ranges::any_of(type.params(), is_ref) || std::ranges::any_of(type.results(), is_ref);
}

std::uint32_t slots_of(const FuncType& type) {
  return static_cast<std::uint32_t>(std::max(type.params().size(), type.results().size()));
}

}  // namespace

// What a function of Wasmtime's calls.
struct WasmtimeStore::Binding {
  WasmtimeStore* store;
  std::shared_ptr<backend::HostFunc> func;
  const FuncType* type;
  bool has_refs;
  // The one caller there can be; null if there may be several.
  InstanceRecord* instance;
};

WasmtimeStore::FuncRecord& WasmtimeStore::func_record(const c::Func& handle, const FuncType* type) {
  const auto [found, is_new] = funcs_.try_emplace(handle.ref);
  FuncRecord& record = found->second;
  if (is_new) {
    record.handle = handle;
    record.slots = slots_of(*type);
    record.has_refs = has_refs(*type);
    record.type = type;
  }
  return record;
}

// Of a function that came out of the guest, whose type only Wasmtime knows.
WasmtimeStore::FuncRecord& WasmtimeStore::func_record(const c::Func& handle) {
  if (const auto known = funcs_.find(handle.ref); known != funcs_.end()) return known->second;
  c::FuncType* const type = api().wasmtime_func_type(context_, &handle);
  bool exact = true;
  func_types_.push_back(public_type(api(), type, exact));
  api().wasm_functype_delete(type);
  FuncRecord& record = func_record(handle, &func_types_.back());
  record.callable = exact;
  return record;
}

c::Func WasmtimeStore::bind(const HostSide& host, const FuncType& type, InstanceRecord* instance) {
  auto binding =
      std::make_unique<Binding>(Binding{this, host.func, &type, has_refs(type), instance});
  c::Func func{};
  api().wasmtime_func_new_unchecked(
      context_, host.type, call_host, binding.release(),
      [](void* env) { delete static_cast<Binding*>(env); }, &func);
  return func;
}

Result<Index> WasmtimeStore::func_new(const FuncType& type,
                                      std::shared_ptr<backend::HostFunc> func) noexcept {
  Result<c::FuncType*> converted = wasmtime_type(*engine_, type);
  if (!converted) return std::unexpected<Error>(std::move(converted).error());
  host_funcs_.push_back(func);
  auto host = std::make_unique<HostSide>(std::move(func), *converted, &api());
  func_types_.push_back(type);
  FuncRecord& record = func_record(bind(*host, func_types_.back(), nullptr), &func_types_.back());
  record.host = std::move(host);
  return index_of(&record);
}

Result<void> WasmtimeStore::call(Index func, RawVal* slots) noexcept {
  const FuncRecord& of = *at<FuncRecord>(func);
  if (!of.callable) [[unlikely]] {
    return fail(Errc::unsupported, "the C API doesn't tell the types that the function is of");
  }
  if (of.has_refs) {
    if (Result<void> lowered = lower(of.type->params(), slots); !lowered) return lowered;
  }
  c::Trap* trap = nullptr;
  ++depth_;
  c::Error* const error =
      api().wasmtime_func_call_unchecked(context_, &of.handle, slots, of.slots, &trap);
  --depth_;
  if (!exceptions_.empty()) [[unlikely]]
    release_exceptions();
  if (error != nullptr || trap != nullptr) [[unlikely]] {
    return fail(take_error(error, trap));
  }
  if (of.has_refs) lift(of.type->results(), slots);
  return {};
}

c::Trap* WasmtimeStore::call_host(void* env, c::Caller* caller, RawVal* slots,
                                  std::size_t count) noexcept {
  const Binding& binding = *static_cast<const Binding*>(env);
  WasmtimeStore& self = *binding.store;
  InstanceRecord* const instance =
      binding.instance != nullptr ? binding.instance : self.calling_instance(caller);
  Result<void> done;
  if (reinterpret_cast<std::uintptr_t>(slots) % alignof(RawVal) == 0) [[likely]] {
    done = self.run_host(binding, instance, caller, slots);
  } else {
    detail::Slots aligned(count);
    std::memcpy(aligned.data(), slots, count * sizeof(RawVal));
    done = self.run_host(binding, instance, caller, aligned.data());
    std::memcpy(slots, aligned.data(), count * sizeof(RawVal));
  }
  if (done) [[likely]]
    return nullptr;
  if (const std::uint64_t exception = backend::exception_word(done.error(), self.init_.owner)) {
    return self.throw_exception(exception);
  }
  self.failure_ = std::move(done).error();
  constexpr std::string_view kText = "a host function failed";
  return self.api().wasmtime_trap_new(kText.data(), kText.size());
}

Result<void> WasmtimeStore::run_host(const Binding& binding, InstanceRecord* instance,
                                     c::Caller* caller, RawVal* slots) {
  backend::HostCall call{.owner = init_.owner};
  c::Caller* outer = nullptr;
  const bool starting = instance != nullptr && !instance->ready;
  if (instance != nullptr) call.instance = index_of(instance);
  if (starting) [[unlikely]] {
    outer = std::exchange(instance->caller, caller);
    for (std::size_t i = 0; i < instance->exports.size(); ++i) find_export(*instance, i);
    find_memory(*instance);
  }
  if (binding.has_refs) lift(binding.type->params(), slots);
  Result<void> done = binding.func->call(call, slots);
  if (starting) [[unlikely]]
    instance->caller = outer;
  if (done && binding.has_refs) done = lower(binding.type->results(), slots);
  return done;
}

// An instance is known by an export that only it has, if the caller exports it. It may also export
// what it imported from instances that were there before: so the youngest is the caller.
WasmtimeStore::InstanceRecord* WasmtimeStore::calling_instance(c::Caller* caller) {
  const auto key_in_caller = [&](const WasmtimeModule& module) -> std::optional<Key> {
    const interp::Export* const own = module.own_export();
    c::Extern item;
    if (own == nullptr ||
        !api().wasmtime_caller_export_get(caller, own->name.data(), own->name.size(), &item)) {
      return std::nullopt;
    }
    return key_of(item);
  };
  for (auto starting = starting_.rbegin(); starting != starting_.rend(); ++starting) {
    const std::optional<Key> key = key_in_caller(*(*starting)->module);
    if (key && !owners_.contains(*key)) return *starting;
  }
  InstanceRecord* youngest = nullptr;
  for (const WasmtimeModule* module : modules_) {
    const std::optional<Key> key = key_in_caller(*module);
    const auto owner = key ? owners_.find(*key) : owners_.end();
    if (owner == owners_.end() || owner->second->module.get() != module) continue;
    if (youngest == nullptr || owner->second->number > youngest->number) youngest = owner->second;
  }
  return youngest;
}

}  // namespace weft::backends
