// Func: functions of guests and of Python's.
#pragma once

#include <memory>
#include <weft/weft.hpp>

#include "bindings/python/src/store.h"
#include "bindings/python/src/support.h"
#include "bindings/python/src/values.h"

namespace weft::python {

class Func {
 public:
  explicit Func(weft::Func handle) : handle_(handle) {}
  /// A host function.
  Func(Storelike store, const FuncType& type, nb::object callable, bool access_caller);

  [[nodiscard]] const weft::Func& handle() const { return handle_; }
  /// Its type, which is looked up once.
  const FuncType& type(StoreRef store);

  /// Calls with the items of a tuple from `first` on: the result, a list of them, or None.
  nb::object call(Store& store, nb::handle args, std::size_t first);

 private:
  weft::Func handle_;
  std::shared_ptr<const FuncType> type_;
};

}  // namespace weft::python
