#include "bindings/python/src/callback.h"

#include <string>
#include <vector>

#include "bindings/python/src/store.h"
#include "bindings/python/src/values.h"

namespace weft::python {

nb::object Callback::callable(const Cell& cell) {
  if (*cell == nullptr || !(*cell)->callable_) {
    raise_error("the host function is gone: its store was garbage");
  }
  return (*cell)->callable_;
}

namespace {

class PythonFunc final : public backend::HostFunc {
 public:
  PythonFunc(const FuncType& type, Callback::Cell cell, bool access_caller)
      : type_(type), cell_(std::move(cell)), access_caller_(access_caller) {}

  Result<void> call(const backend::HostCall& call, backend::RawVal* slots) noexcept override {
    MarshalContext context(call);
    Store& store = Store::of(context.store());
    const Store::HostScope gil(store);
    try {
      run(call, context.store(), store, slots);
      store.flush();
      return {};
    } catch (...) {
      return host_failure();
    }
  }

 private:
  // Arguments as a vectorcall takes them.
  class Args {
   public:
    explicit Args(std::size_t most) { items_.reserve(most + 1); }
    void add(nb::object item) { items_.push_back(std::move(item)); }
    nb::object call(const nb::object& callable) {
      std::vector<PyObject*> raw(1, nullptr);
      for (const nb::object& item : items_) raw.push_back(item.ptr());
      return call_python(callable, raw.data(), items_.size());
    }

   private:
    std::vector<nb::object> items_;
  };

  // Makes a Caller, which knows when the call is over.
  class CallerScope {
   public:
    CallerScope(const backend::HostCall& call, StoreRef store)
        : object_(nb::cast(new Caller(call, store), nb::rv_policy::take_ownership)) {}
    ~CallerScope() { nb::cast<Caller&>(object_).invalidate(); }
    CallerScope(const CallerScope&) = delete;
    CallerScope& operator=(const CallerScope&) = delete;
    [[nodiscard]] const nb::object& object() const { return object_; }

   private:
    nb::object object_;
  };

  void run(const backend::HostCall& call, StoreRef ref, Store& store, backend::RawVal* slots) {
    const nb::object callable = Callback::callable(cell_);
    Args args(type_.params().size() + 1);
    std::optional<CallerScope> caller;
    if (access_caller_) args.add(caller.emplace(call, ref).object());
    for (const ValType& type : type_.params()) args.add(lift(store, type, *slots++));
    finish(store, args.call(callable), slots - type_.params().size());
  }

  void finish(Store& store, const nb::object& result, backend::RawVal* slots) {
    const std::span<const ValType> types = type_.results();
    if (types.empty()) {
      if (!result.is_none()) raise_error("callback produced results when it shouldn't");
    } else if (types.size() == 1) {
      lower(store, types[0], result, slots[0]);
    } else {
      if (nb::len(result) != types.size()) raise_error("callback produced wrong number of results");
      std::size_t i = 0;
      for (nb::handle item : nb::iter(result)) {
        if (i == types.size()) raise_error("callback produced wrong number of results");
        lower(store, types[i], item, slots[i]);
        ++i;
      }
      if (i != types.size()) raise_error("callback produced wrong number of results");
    }
  }

  FuncType type_;
  Callback::Cell cell_;
  bool access_caller_;
};

}  // namespace

HostFunction make_host_function(const FuncType& type, nb::object callable, bool access_caller) {
  auto* callback = new Callback(std::move(callable));
  nb::object owner = nb::cast(callback, nb::rv_policy::take_ownership);
  return {type, std::make_shared<PythonFunc>(type, callback->cell(), access_caller),
          std::move(owner)};
}

void bind_callback(nb::module_& module) {
  bind_collected_class<Callback>(module, "_Callback", "A callable that guests may call.");
}

}  // namespace weft::python
