#include "bindings/python/src/store.h"

#include <limits>

#include "bindings/python/src/externs.h"
#include "bindings/python/src/wasi.h"

namespace weft::python {

Store::Held::Held(Store& in, nb::handle of)
    : store(in), object(of.inc_ref().ptr()), next(in.held_) {
  if (next != nullptr) next->previous = this;
  in.held_ = this;
}

// The guest let go of it, perhaps while it runs: then without the GIL.
Store::Held::~Held() {
  (previous != nullptr ? previous->next : store.held_) = next;
  if (next != nullptr) next->previous = previous;
  if (object != nullptr) store.dropped_.push_back(object);
}

Store::Store(nb::object in, nb::object with)
    : engine(in.is_none() ? nb::cast(new Engine(nullptr), nb::rv_policy::take_ownership)
                          : std::move(in)),
      data(std::move(with)) {
  Engine* of = nullptr;
  if (!nb::try_cast(engine, of)) throw nb::type_error("expected an Engine");
  store_.emplace(take(weft::Store::make(of->get())));
  store_->emplace_data<Store*>(this);
  interrupt_ = store_->interrupt_handle();
  take(store_->set_interrupt_hook([this] { return goes_on(); }));
  epoch_ = of->epoch();
  if (epoch_) epoch_->add(*this);
}

Store::~Store() {
  Ticker::settle();
  closed_ = true;
  clean_up();
  if (epoch_) epoch_->remove(*this);
}

void Store::close() {
  if (!store_) return;
  if (!closed_) (void)open();
  closed_ = true;
  if (depth_ == 0) clean_up();
}

void Store::clean_up() {
  if (closed_) {
    if (views_ == 0) store_.reset();
    // Nothing can call them any more.
    PySet_Clear(kept_.ptr());
  }
  // Each of them may run anything.
  for (PyObject* object : std::exchange(dropped_, {})) Py_DECREF(object);
}

bool Store::goes_on() {
  if (depth_ == 0) return true;
  const HostScope gil(*this);
  if (stopped_by_ || (epoch_ && runs_code_ && epoch_->now() >= deadline_)) return false;
  if (PyErr_CheckSignals() == 0) return true;
  stopped_by_ = std::make_exception_ptr(nb::python_error());
  return false;
}

void Store::flush() {
  for (const Stream stream : shared_) {
    const nb::handle file = PySys_GetObject(stream == Stream::Stdout ? "stdout" : "stderr");
    if (!file || file.is_none()) continue;
    try {
      nb::borrow(file).attr("flush")();
    } catch (const nb::python_error& error) {
      if (!error.matches(PyExc_Exception)) throw;
    }
  }
}

void Store::stop() {
  stopped_by_ = std::make_exception_ptr(nb::python_error());
  interrupt_.interrupt();
}

void Store::add_view(bool pinned) {
  ++views_;
  if (pinned) return;
  if (moving_views_.fetch_add(1) == 0 && !has_limiter_) {
    has_limiter_ = true;
    take(store_->set_limiter([this](const GrowthRequest& request) {
      return request.kind != GrowthRequest::Kind::Memory || !is_held();
    }));
  }
}

void Store::remove_view(bool pinned) {
  --views_;
  if (!pinned) moving_views_.fetch_sub(1);
  if (depth_ == 0 && closed_) clean_up();
}

void Store::refuse_thread() { raise_error("the store is in use by another thread"); }

void Store::keep(const nb::object& object) {
  if (PySet_Add(kept_.ptr(), object.ptr()) != 0) nb::raise_python_error();
}

const nb::object& Store::weak() {
  if (!weak_) {
    weak_ = nb::steal(PyWeakref_NewRef(nb::find(*this).ptr(), nullptr));
    if (!weak_) nb::raise_python_error();
  }
  return weak_;
}

ExternRef Store::to_extern(nb::handle object) {
  if (object.is_none()) return {};
  return ExternRef::make<Held>(open(), *this, object);
}

std::optional<nb::object> Store::from_extern(const ExternRef& ref) {
  const Result<Held*> held = ref.get<Held>(open());
  if (!held) return std::nullopt;
  return nb::borrow((*held)->object);
}

void Store::set_epoch_deadline(std::uint64_t ticks) {
  const StoreRef store = open();
  if (!epoch_) return;
  const std::uint64_t left = std::numeric_limits<std::uint64_t>::max() - epoch_->now();
  deadline_ = epoch_->now() + std::min(ticks, left);
  store.clear_interrupt();
}

void Store::look_at_epoch() {
  if (runs_code_ && epoch_->now() >= deadline_) interrupt_.interrupt();
}

void Store::clear() {
  data.reset();
  PySet_Clear(kept_.ptr());
  for (Held* held = held_; held != nullptr; held = held->next) {
    dropped_.push_back(std::exchange(held->object, nb::none().release().ptr()));
  }
  clean_up();
}

nb::object Caller::get(std::string_view name) const {
  if (call() == nullptr) return nb::none();
  const weft::Caller caller(*call());
  const std::optional<Extern> found = caller.get_export(name);
  return found ? from_extern(store(), *found) : nb::none();
}

namespace {

// Of a number that programs give for a limit: negative is none.
std::uint64_t limit_of(std::int64_t number) {
  return number < 0 ? StoreLimits::kUnlimited : static_cast<std::uint64_t>(number);
}

void set_limits(Store& self, std::int64_t memory_size, std::int64_t table_elements,
                std::int64_t instances, std::int64_t tables, std::int64_t memories) {
  take(self.open().set_limits({.memory_bytes = limit_of(memory_size),
                               .table_elements = limit_of(table_elements),
                               .memories = limit_of(memories),
                               .tables = limit_of(tables),
                               .instances = limit_of(instances)}));
}

// Without fuel in the Config the engine's text would name a C++ structure.
template <class T>
T take_fuel(Result<T> result) {
  if (!result && result.error().is(Errc::usage))
    raise_error("fuel is not configured in this store");
  return take(std::move(result));
}

}  // namespace

void bind_store(nb::module_& module) {
  nb::class_<Managed>(module, "Managed",
                      "The base of what holds resources, which it frees when it is closed or gone.")
      .def("close", &Managed::close,
           "Frees it now. Uses afterwards raise ValueError; closing again does nothing.")
      .def(
          "__enter__", [](nb::handle self) { return nb::borrow(self); },
          nb::sig("def __enter__(self) -> typing.Self"))
      .def("__exit__", [](Managed& self, const nb::args& /*exception*/) { self.close(); });

  bind_collected_class<Store, Managed>(
      module, "Store",
      "Holds instances, functions, memories, tables and globals, all until "
      "it is gone. One thread at "
      "a time uses\nit, whichever that is: others get WasmtimeError "
      "meanwhile. Guests run without the "
      "GIL.")
      .def(nb::init<nb::object, nb::object>(), "engine"_a = nb::none(), "data"_a = nb::none(),
           "Makes a store of `engine`, or of an engine of its own. `data` is any object of yours.")
      .def_ro("engine", &Store::engine, nb::for_getter(nb::sig("def engine(self) -> Engine")),
              "The store's Engine.")
      .def(
          "data",
          [](Store& self) {
            (void)self.open();
            return self.data;
          },
          nb::sig("def data(self) -> typing.Any"), "What the store was made with.")
      .def(
          "gc", [](Store& self) { self.run([](StoreRef store) { return store.gc(); }); },
          "Collects garbage now: frees what guests hold as externref and can't reach any more.")
      .def(
          "set_fuel",
          [](Store& self, std::uint64_t fuel) { take_fuel(self.open().set_fuel(fuel)); }, "fuel"_a,
          "Sets the remaining fuel: one unit is about an instruction. WasmtimeError unless the "
          "Config "
          "had consume_fuel.")
      .def(
          "get_fuel", [](Store& self) { return take_fuel(self.open().fuel()); },
          "The remaining fuel. WasmtimeError unless the Config had consume_fuel.")
      .def(
          "set_wasi", [](Store& self, WasiConfig& wasi) { wasi.attach(self); }, "wasi"_a,
          "Gives the store what its WASI programs see of the world. Consumes the WasiConfig.")
      .def(
          "set_wasi_http",
          [](Store&) { raise_error("Weft has no wasi:http, which is for components"); },
          "Raises WasmtimeError: wasi:http is for components.")
      .def("set_epoch_deadline", &Store::set_epoch_deadline, "ticks_after_current"_a,
           "Stops guests by a Trap once the engine's epoch has been incremented that often. With "
           "epoch_interruption,\na new store has no time left.")
      .def(
          "set_limits", &set_limits, "memory_size"_a = -1, "table_elements"_a = -1,
          "instances"_a = -1, "tables"_a = -1, "memories"_a = -1,
          "Bounds what is made or grown from now on: bytes of each memory, elements of each table, "
          "and how many\ninstances, tables and memories there are. Negative numbers are no "
          "bounds.");
}

}  // namespace weft::python
