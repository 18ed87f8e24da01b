#include "bindings/python/src/func.h"

#include <algorithm>
#include <array>
#include <memory>
#include <string>

#include "bindings/python/src/callback.h"

namespace weft::python {

namespace {

// Slots of a call: on the stack for ordinary functions.
class Slots {
 public:
  explicit Slots(std::size_t count) {
    if (count > few_.size()) many_ = std::make_unique<backend::RawVal[]>(count);
  }
  [[nodiscard]] backend::RawVal* data() { return many_ ? many_.get() : few_.data(); }

 private:
  std::array<backend::RawVal, 8> few_;
  std::unique_ptr<backend::RawVal[]> many_;
};

[[noreturn]] void throw_wrong_count(std::size_t given, std::size_t expected) {
  raise_error(std::string(given > expected ? "too many" : "too few") +
              " parameters provided: given " + std::to_string(given) + ", expected " +
              std::to_string(expected));
}

PyObject* exception_class(nb::exception_type type) {
  switch (type) {
    case nb::exception_type::value_error:
      return PyExc_ValueError;
    case nb::exception_type::type_error:
      return PyExc_TypeError;
    default:
      return PyExc_RuntimeError;
  }
}

// tp_call. No method of nanobind's, which would look for the types of its arguments first.
PyObject* call_func(PyObject* self, PyObject* args, PyObject* kwargs) {
  try {
    if (!nb::inst_ready(self)) throw nb::type_error("the function has not been made");
    // The store is the first argument, or the only one that has a name.
    std::size_t first = 1;
    nb::handle argument;
    if (kwargs != nullptr && PyDict_Size(kwargs) != 0) {
      first = 0;
      argument = PyDict_GetItemString(kwargs, "store");
      if (!argument || PyDict_Size(kwargs) != 1 || PyTuple_Size(args) != 0) {
        throw nb::type_error("Func.__call__() takes its arguments by position");
      }
    } else if (PyTuple_Size(args) == 0) {
      throw nb::type_error("Func.__call__() missing 1 required positional argument: 'store'");
    } else {
      argument = NB_TUPLE_GET_ITEM(args, 0);
    }
    Storelike store;
    if (!store.load(argument)) throw nb::type_error("expected a Store");
    return nb::inst_ptr<Func>(self)->call(*store, args, first).release().ptr();
  } catch (nb::python_error& error) {
    error.restore();
  } catch (const nb::builtin_exception& error) {
    PyErr_SetString(exception_class(error.type()), error.what());
  } catch (const std::bad_cast&) {
    PyErr_SetString(PyExc_TypeError, "an argument is of the wrong type");
  } catch (const std::exception& error) {
    PyErr_SetString(PyExc_RuntimeError, error.what());
  }
  return nullptr;
}

PyType_Slot func_slots[] = {{Py_tp_call, reinterpret_cast<void*>(&call_func)}, {0, nullptr}};

}  // namespace

Func::Func(Storelike store, const FuncType& type, nb::object callable, bool access_caller) {
  const StoreRef ref = store.open();
  HostFunction host = make_host_function(type, std::move(callable), access_caller);
  handle_ = take(weft::Func::create(ref, type, std::move(host.func)));
  store->keep(host.callback);
}

const FuncType& Func::type(StoreRef store) {
  if (type_ == nullptr) type_ = std::make_shared<const FuncType>(take(handle_.type(store)));
  return *type_;
}

nb::object Func::call(Store& store, nb::handle args, std::size_t first) {
  const FuncType& type = this->type(store.open());
  const std::span<const ValType> params = type.params();
  const std::span<const ValType> results = type.results();
  const std::size_t count = static_cast<std::size_t>(PyTuple_Size(args.ptr())) - first;
  if (count != params.size()) throw_wrong_count(count, params.size());
  Slots slots(std::max(count, results.size()));
  for (std::size_t i = 0; i < count; ++i) {
    PyObject* arg = NB_TUPLE_GET_ITEM(args.ptr(), static_cast<Py_ssize_t>(first + i));
    lower(store, params[i], arg, slots.data()[i]);
  }
  store.run([&](StoreRef ref) { return handle_.call_raw(ref, slots.data()); });
  if (results.empty()) return nb::none();
  if (results.size() == 1) return lift(store, results[0], slots.data()[0]);
  nb::list list;
  for (std::size_t i = 0; i < results.size(); ++i) {
    list.append(lift(store, results[i], slots.data()[i]));
  }
  return list;
}

void bind_func(nb::module_& module) {
  bind_class<Func>(
      module, "Func",
      "A function of a store: a guest's, or one of Python's that guests can call.\n\n"
      "Calling it, `func(store, *args)`, takes integers for i32, i64 and v128, of which "
      "it keeps the low\nbits, floats for f32 and f64, any object for externref, a Func "
      "or None for funcref, and each of these\nas a Val. It gives None, the result, or "
      "a list of several. Raises Trap, ExitTrap or WasmtimeError, and\nwhat a host "
      "function raised as it is.",
      func_slots)
      .def(nb::init<Storelike, const FuncType&, nb::object, bool>(), "store"_a, "ty"_a, "func"_a,
           "access_caller"_a = false,
           "Makes a function that calls `func` with a guest's arguments, after a Caller if "
           "`access_caller`.\nIt returns nothing, the result, or a sequence of several; what it "
           "raises comes out of the call of the guest.")
      .def(
          "type", [](Func& self, Storelike store) { return self.type(store.open()); }, "store"_a,
          "The type of the function.");

  const nb::class_<StoreContext> context(module, "StoreContext",
                                         "What stands for a store while a host function runs.");
  nb::class_<Caller, StoreContext>(module, "Caller",
                                   "Who calls a host function. It stands for the store, until the "
                                   "function returns: ValueError afterwards.")
      .def(
          "get", &Caller::get, "name"_a,
          nb::sig("def get(self, name: str) -> Func | Global | Memory | SharedMemory | Table | Tag "
                  "| None"),
          "The export of that name of the calling instance; None if there is none, or the function "
          "has returned.")
      .def(
          "__getitem__",
          [](const Caller& self, std::string_view name) {
            nb::object item = self.get(name);
            if (item.is_none()) {
              throw nb::key_error(("failed to find export " + std::string(name)).c_str());
            }
            return item;
          },
          "name"_a,
          nb::sig("def __getitem__(self, name: str) -> Func | Global | Memory | SharedMemory | "
                  "Table | Tag"),
          "As get, but raises KeyError.");
}

}  // namespace weft::python
