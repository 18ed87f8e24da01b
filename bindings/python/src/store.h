// Store: what runs, on which thread, and with which of Python's objects in reach.
#pragma once

#include <nanobind/nanobind.h>

#include <atomic>
#include <cstdint>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>
#include <weft/weft.hpp>

#include "bindings/python/src/engine.h"
#include "bindings/python/src/errors.h"
#include "bindings/python/src/support.h"
#include "bindings/python/src/threads.h"

namespace weft::python {

/// Python's streams that guests may share.
enum class Stream : std::uint8_t { Stdout, Stderr };

/// A Store of the engine's, with what Python adds: one thread at a time, the GIL given away while
/// the guest runs, an epoch deadline, and the Python objects that guests can reach, in sight of
/// Python's garbage collector.
class Store final : public Managed {
 public:
  /// `in` is an Engine or None; `with` is any object.
  Store(nb::object in, nb::object with);
  ~Store() override;

  /// The store is gone once nobody looks at its memories any more.
  void close() override;

  /// The store, to be used with the GIL held. Raises ValueError once this is closed, and
  /// WasmtimeError while another thread uses it.
  [[nodiscard]] StoreRef open() {
    if (!store_ || closed_) throw nb::value_error("already closed");
    if (depth_ != 0 && owner_ != PyThread_get_thread_ident()) refuse_thread();
    return *store_;
  }

  /// Runs `guest`, which gets a StoreRef and returns a Result, without the GIL; gives what is in
  /// the Result, and raises its error. `has_code`: whether that runs code of the guest's, for which
  /// the store's deadline counts.
  template <class Guest>
  auto run(Guest&& guest, bool has_code = true) {
    if (!shared_.empty()) [[unlikely]]
      flush();
    const StoreRef store = open();
    auto result = [&] {
      const Running running(*this, has_code);
      return guest(store);
    }();
    if (stopped_by_) [[unlikely]]
      std::rethrow_exception(std::exchange(stopped_by_, nullptr));
    if (!result) [[unlikely]]
      raise(result.error());
    if constexpr (!std::is_void_v<typename decltype(result)::value_type>) return std::move(*result);
  }

  /// Gives the GIL to a host function of this store's, on the thread that runs the guest.
  class HostScope {
   public:
    explicit HostScope(Store& store) : store_(store) { take_gil(store.thread_state_); }
    ~HostScope() { store_.thread_state_ = PyEval_SaveThread(); }
    HostScope(const HostScope&) = delete;
    HostScope& operator=(const HostScope&) = delete;

   private:
    Store& store_;
  };

  /// The Python object that a StoreRef belongs to.
  [[nodiscard]] static Store& of(StoreRef store) { return **store.data<Store*>(); }

  /// Counts those who look at its memories, which stay until they are done.
  void add_view(bool pinned);
  void remove_view(bool pinned);
  /// Whether memories can't grow, because somebody looks at one that would move.
  [[nodiscard]] bool is_held() const { return moving_views_.load() != 0; }

  /// Has what Python printed to these streams come before what the guest prints.
  void share(std::vector<Stream> streams) { shared_ = std::move(streams); }
  /// Does it, before the guest goes on. What can't be flushed stays where it is; raises what is no
  /// Exception, such as KeyboardInterrupt.
  void flush();

  /// Keeps a Python object as long as the store.
  void keep(const nb::object& object);
  /// A weak reference to this.
  [[nodiscard]] const nb::object& weak();

  /// Makes an externref of an object, and the other way round; null and None are the same.
  [[nodiscard]] ExternRef to_extern(nb::handle object);
  [[nodiscard]] std::optional<nb::object> from_extern(const ExternRef& ref);

  void set_epoch_deadline(std::uint64_t ticks);
  /// Stops the guest if its deadline has passed.
  void look_at_epoch();
  /// Stops the guest that runs, from which the exception that is set then comes out.
  void stop();

  template <class Visitor>
  void traverse(const Visitor& visit) {
    // While the guest runs nobody needs to know, and what it holds changes without the GIL.
    if (depth_ != 0) return;
    visit(engine);
    visit(data);
    visit(kept_);
    for (const Held* held = held_; held != nullptr; held = held->next) visit(held->object);
    for (PyObject* object : dropped_) visit(object);
  }
  void clear();

  nb::object engine;
  nb::object data;

 private:
  /// An object that a guest holds as an externref.
  struct Held {
    Held(Store& in, nb::handle of);
    ~Held();
    Held(const Held&) = delete;
    Held& operator=(const Held&) = delete;

    Store& store;
    PyObject* object;
    Held* next;
    Held* previous = nullptr;
  };

  /// The guest runs.
  class Running {
   public:
    Running(Store& store, bool has_code)
        : store_(store), ticks_(store.interrupt_), outer_(store.runs_code_) {
      store_.runs_code_ = has_code;
      if (store_.depth_++ == 0) store_.owner_ = PyThread_get_thread_ident();
      if (store_.epoch_) store_.look_at_epoch();
      store_.thread_state_ = PyEval_SaveThread();
    }
    ~Running() {
      take_gil(store_.thread_state_);
      store_.runs_code_ = outer_;
      if (--store_.depth_ == 0 && store_.has_leftovers()) store_.clean_up();
    }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;

   private:
    Store& store_;
    Ticker::Scope ticks_;
    bool outer_;
  };

  [[noreturn]] static void refuse_thread();
  // Whether a guest that is to look up goes on: the engine's interrupt hook.
  bool goes_on();
  [[nodiscard]] bool has_leftovers() const { return closed_ || !dropped_.empty(); }
  // Does what had to wait for the guest: closes the store, lets go of what the guest has.
  void clean_up();

  // Guest and host functions of Python's that are on the stack, and the thread whose stack it is.
  unsigned depth_ = 0;
  unsigned long owner_ = 0;
  PyThreadState* thread_state_ = nullptr;
  bool runs_code_ = false;
  bool closed_ = false;
  std::vector<Stream> shared_;
  unsigned views_ = 0;
  std::atomic<unsigned> moving_views_{0};
  bool has_limiter_ = false;
  // Null unless the engine's Config has epoch_interruption.
  std::shared_ptr<Epoch> epoch_;
  std::uint64_t deadline_ = 0;

  // What a signal handler or a stream raised, which stops the guest.
  std::exception_ptr stopped_by_;

  nb::object kept_ = nb::steal(PySet_New(nullptr));
  nb::object weak_;
  // What guests hold, and what they have let go of while they ran.
  Held* held_ = nullptr;
  std::vector<PyObject*> dropped_;
  std::optional<weft::Store> store_;
  InterruptHandle interrupt_;

  friend class Epoch;
};

/// What a host function is told about its caller, while it runs.
class StoreContext {
 public:
  explicit StoreContext(const backend::HostCall& call, StoreRef store)
      : call_(&call), store_(&Store::of(store)) {}

  /// Raises ValueError once the host function has returned.
  [[nodiscard]] Store& store() const {
    if (store_ == nullptr) throw nb::value_error("caller is no longer valid");
    return *store_;
  }
  /// Null once the host function has returned.
  [[nodiscard]] const backend::HostCall* call() const { return call_; }
  void invalidate() {
    call_ = nullptr;
    store_ = nullptr;
  }

 private:
  const backend::HostCall* call_;
  Store* store_;
};

/// What a host function gets with access_caller.
class Caller : public StoreContext {
 public:
  using StoreContext::StoreContext;
  /// An export of the calling instance; None if there is none of that name.
  [[nodiscard]] nb::object get(std::string_view name) const;
};

/// An argument that is a store: a Store, or the Caller of a host function that runs.
class Storelike {
 public:
  /// Whether the object is one.
  bool load(nb::handle object) {
    if (nb::try_cast(object, store_)) return store_ != nullptr;
    return nb::try_cast(object, context_) && context_ != nullptr;
  }
  [[nodiscard]] Store& operator*() const { return store_ != nullptr ? *store_ : context_->store(); }
  [[nodiscard]] Store* operator->() const { return &**this; }
  /// As Store::open.
  [[nodiscard]] StoreRef open() const { return (*this)->open(); }

 private:
  Store* store_ = nullptr;
  StoreContext* context_ = nullptr;
};

}  // namespace weft::python

// As nanobind's own casters are written.
// NOLINTBEGIN(readability-identifier-naming)
template <>
struct nanobind::detail::type_caster<weft::python::Storelike> {
  NB_TYPE_CASTER(weft::python::Storelike, const_name("Store | StoreContext"))
  bool from_python(handle source, std::uint8_t /*flags*/, cleanup_list* /*cleanup*/) {
    return value.load(source);
  }
};
// NOLINTEND(readability-identifier-naming)
