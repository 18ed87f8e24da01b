// Python's callables as host functions and streams of guests.
#pragma once

#include <memory>
#include <utility>
#include <weft/weft.hpp>

#include "bindings/python/src/support.h"

namespace weft::python {

class Store;

/// A callable that guests may call: a Python object, so that Python's garbage collector sees the
/// callable. The stores, linkers and configurations through which a guest can reach it own it. C++
/// holds a Cell only, and so no count that the collector doesn't know of.
class Callback {
 public:
  /// Points to the Callback until that is gone. To be looked at with the GIL held.
  using Cell = std::shared_ptr<Callback*>;

  explicit Callback(nb::object callable) : callable_(std::move(callable)) {}
  ~Callback() { *cell_ = nullptr; }
  Callback(const Callback&) = delete;
  Callback& operator=(const Callback&) = delete;

  [[nodiscard]] const Cell& cell() const { return cell_; }

  template <class Visitor>
  void traverse(const Visitor& visit) {
    visit(callable_);
  }
  void clear() { callable_.reset(); }

  /// A store whose streams call it; null at first.
  Store* store = nullptr;

  /// The callable behind a cell. Raises WasmtimeError if the collector has taken it.
  static nb::object callable(const Cell& cell);

 private:
  nb::object callable_;
  Cell cell_ = std::make_shared<Callback*>(this);
};

/// A host function, and the Python object that keeps its callable.
struct HostFunction {
  FuncType type{};
  std::shared_ptr<backend::HostFunc> func{};
  nb::object callback{};
};

/// The host function that calls `callable`, with a Caller first if `access_caller`.
[[nodiscard]] HostFunction make_host_function(const FuncType& type, nb::object callable,
                                              bool access_caller);

}  // namespace weft::python
