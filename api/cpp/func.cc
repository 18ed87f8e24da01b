#include "weft/func.hpp"

#include <algorithm>
#include <array>
#include <memory>

#include "api/backends/interp/store.h"
#include "api/cpp/store_state.h"

namespace weft {

namespace detail {

Result<void> call(StoreRef store, Handle func, RawVal* slots) noexcept {
  StoreState* state = store.state();
  if (state == nullptr || state->id != func.store || state->impl == nullptr) [[unlikely]] {
    Result<backend::Store*> impl = open(store, func);
    return forward_error(impl);
  }
  if (Result<void> ok = check_entry(*state); !ok) [[unlikely]] {
    return ok;
  }
  state->settle_roots();
  Entry entry(*state);
  // The only call of a backend per call of the guest; of the interpreter's, a direct one.
  Result<void> done = state->interp != nullptr ? state->interp->call(func.index, slots)
                                               : state->impl->call(func.index, slots);
  if (!done) [[unlikely]]
    attach_exception(*state, done.error());
  if (!entry.leave()) [[unlikely]] {
    return store_gone();
  }
  return done;
}

Result<void> check_args(StoreRef store, Handle func, const RawVal* slots) noexcept {
  Result<backend::Store*> impl = open(store, func);
  if (!impl) return forward_error(impl);
  return check_refs(*store.state(), (*impl)->func_type(func.index).params(), slots, "argument");
}

namespace {

class DynamicFunc final : public backend::HostFunc {
 public:
  DynamicFunc(FuncType type, DynamicCallable callable)
      : type_(std::move(type)), callable_(std::move(callable)) {}

  Result<void> call(const backend::HostCall& call, RawVal* slots) noexcept override {
    try {
      return run(call, slots);
    } catch (...) {
      return fail(Error::from_exception(std::current_exception()));
    }
  }

 private:
  Result<void> run(const backend::HostCall& call, RawVal* slots) {
    Caller caller(call);
    StoreState& state = *caller.state();
    std::vector<Val> values;
    values.reserve(type_.params().size() + type_.results().size());
    for (std::size_t i = 0; i < type_.params().size(); ++i) {
      Result<Val> value = lift_val(state, slots[i], type_.params()[i]);
      if (!value) return forward_error(value);
      values.push_back(std::move(*value));
    }
    for (const ValType& type : type_.results()) values.push_back(Val::zero(type));
    const std::span<Val> all(values);
    const std::span<Val> results = all.subspan(type_.params().size());
    if (Result<void> done = callable_(caller, all.first(type_.params().size()), results); !done) {
      return done;
    }
    return lower_vals(state, results, type_.results(), slots, "result");
  }

  FuncType type_;
  DynamicCallable callable_;
};

}  // namespace

HostDefinition make_dynamic_func(FuncType type, DynamicCallable callable) {
  auto func = std::make_shared<DynamicFunc>(type, std::move(callable));
  return {std::move(type), std::move(func)};
}

bool adapts(const Engine& engine, const FuncType& host, const FuncType& wanted) {
  return std::ranges::equal(wanted.params(), host.params(),
                            [&](const ValType& given, const ValType& taken) {
                              return fits_type(engine, given, taken);
                            }) &&
         std::ranges::equal(host.results(), wanted.results(),
                            [&](const ValType& given, const ValType& taken) {
                              return may_fit(engine, given, taken);
                            });
}

namespace {

/// A host function whose results are checked against a type that is narrower than its own.
class CheckedFunc final : public backend::HostFunc {
 public:
  CheckedFunc(std::vector<ValType> results, std::shared_ptr<backend::HostFunc> func)
      : results_(std::move(results)), func_(std::move(func)) {}

  Result<void> call(const backend::HostCall& call, RawVal* slots) noexcept override {
    Result<void> done = func_->call(call, slots);
    if (!done) return done;
    return check_refs(*static_cast<StoreState*>(call.owner), results_, slots, "result");
  }

 private:
  std::vector<ValType> results_;
  std::shared_ptr<backend::HostFunc> func_;
};

}  // namespace

Result<backend::Index> link_host(StoreState& state, const HostDefinition& host,
                                 const FuncType& wanted) {
  std::vector<LinkedFunc>& made = state.linked[host.func.get()];
  for (const LinkedFunc& func : made) {
    if (func.type == wanted) return func.index;
  }
  std::shared_ptr<backend::HostFunc> func = host.func;
  const auto fits = [&](const ValType& given, const ValType& taken) {
    return fits_type(state.engine, given, taken);
  };
  if (!std::ranges::equal(host.type.results(), wanted.results(), fits)) {
    const std::span<const ValType> results = wanted.results();
    func = std::make_shared<CheckedFunc>(std::vector(results.begin(), results.end()), func);
  }
  Result<backend::Index> index = state.impl->func_new(wanted, std::move(func));
  if (index) made.push_back({wanted, *index});
  return index;
}

}  // namespace detail

Result<Func> Func::make(StoreRef store, detail::HostDefinition definition) {
  Result<backend::Store*> impl = detail::open(store);
  if (!impl) return detail::forward_error(impl);
  Result<backend::Index> index = (*impl)->func_new(definition.type, std::move(definition.func));
  if (!index) return detail::forward_error(index);
  return Func({store.id(), *index});
}

Result<Func> Func::create(StoreRef store, FuncType type, DynamicCallable callable) {
  if (!callable) return fail(Errc::usage, "the host function is empty");
  return make(store, detail::make_dynamic_func(std::move(type), std::move(callable)));
}

Result<Func> Func::create(StoreRef store, FuncType type, std::shared_ptr<backend::HostFunc> func) {
  if (func == nullptr) return fail(Errc::usage, "the host function is null");
  return make(store, {std::move(type), std::move(func)});
}

Result<FuncType> Func::type(StoreRef store) const {
  Result<backend::Store*> impl = detail::open(store, handle_);
  if (!impl) return detail::forward_error(impl);
  return (*impl)->func_type(handle_.index);
}

Result<bool> Func::check_type(StoreRef store, const FuncType& wanted) const {
  Result<backend::Store*> impl = detail::open(store, handle_);
  if (!impl) return detail::forward_error(impl);
  const FuncType& actual = (*impl)->func_type(handle_.index);
  const Engine& engine = store.state()->engine;
  const auto fits = [&](const ValType& given, const ValType& taken) {
    return detail::fits_type(engine, given, taken);
  };
  const auto may_fit = [&](const ValType& given, const ValType& taken) {
    return detail::may_fit(engine, given, taken);
  };
  // Lifting looks at references anyway.
  if (std::ranges::equal(actual.results(), wanted.results(), may_fit)) {
    if (std::ranges::equal(wanted.params(), actual.params(), fits)) return false;
    if (std::ranges::equal(wanted.params(), actual.params(), may_fit)) return true;
  }
  return fail(Errc::type_mismatch, "the function is of type " + to_string(actual) +
                                       ", the signature asked for means " + to_string(wanted));
}

Result<void> Func::call_into(StoreRef store, std::span<const Val> args,
                             std::span<Val> results) const {
  Result<backend::Store*> impl = detail::open(store, handle_);
  if (!impl) return detail::forward_error(impl);
  detail::StoreState& state = *store.state();
  const FuncType& type = (*impl)->func_type(handle_.index);
  if (results.size() != type.results().size()) {
    return fail(Errc::type_mismatch, "the function has " + std::to_string(type.results().size()) +
                                         " results, room was given for " +
                                         std::to_string(results.size()));
  }
  detail::Slots slots(std::max(type.params().size(), type.results().size()));
  if (auto ok = detail::lower_vals(state, args, type.params(), slots.data(), "argument"); !ok) {
    return ok;
  }
  if (auto ok = detail::call(store, handle_, slots.data()); !ok) return ok;
  for (std::size_t i = 0; i < results.size(); ++i) {
    Result<Val> value = detail::lift_val(state, slots.data()[i], type.results()[i]);
    if (!value) return detail::forward_error(value);
    results[i] = std::move(*value);
  }
  return {};
}

Result<void> Func::call_raw(StoreRef store, RawVal* slots) const noexcept {
  return detail::call(store, handle_, slots);
}

Result<std::vector<Val>> Func::call(StoreRef store, std::span<const Val> args) const {
  Result<backend::Store*> impl = detail::open(store, handle_);
  if (!impl) return detail::forward_error(impl);
  std::vector<Val> results((*impl)->func_type(handle_.index).results().size());
  if (auto ok = call_into(store, args, results); !ok) return detail::forward_error(ok);
  return results;
}

}  // namespace weft
