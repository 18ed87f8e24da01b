#include "bindings/python/src/externs.h"

#include "bindings/python/src/func.h"
#include "bindings/python/src/memory.h"
#include "bindings/python/src/values.h"

namespace weft::python {

namespace {

// The engine's handle of that class that is bound as it is; null for other objects.
template <class T>
T* bound(nb::handle object) {
  T* item = nullptr;
  return nb::try_cast(object, item) ? item : nullptr;
}

void make_global(Global* self, Storelike store, const GlobalType& type, nb::handle value) {
  const Val init = to_val(*store, type.content, value);
  new (self) Global(take(Global::create(store.open(), type, init)));
}

void make_table(Table* self, Storelike store, const TableType& type, nb::handle init) {
  const Ref ref = to_ref(*store, type.element, init);
  new (self) Table(take(Table::create(store.open(), type, ref)));
}

std::uint64_t grow_table(const Table& self, Storelike store, nb::handle amount, nb::handle init) {
  const std::uint64_t count = to_count(amount, "cannot grow by negative amount");
  const Ref ref = to_ref(*store, take(self.type(store.open())).element, init);
  return take(self.grow(store.open(), count, ref));
}

nb::object get_element(const Table& self, Storelike store, std::uint64_t index) {
  const StoreRef in = store.open();
  if (index >= take(self.size(in))) return nb::none();
  nb::object value = from_ref(*store, take(self.get(in, index)));
  return value.is_none() ? make_val(take(self.type(in)).element, value) : value;
}

void set_element(const Table& self, Storelike store, nb::handle index, nb::handle value) {
  const std::uint64_t at = to_count(index, "out of bounds table access");
  const Ref ref = to_ref(*store, take(self.type(store.open())).element, value);
  take(self.set(store.open(), at, ref));
}

nb::object global_value(const Global& self, Storelike store) {
  const StoreRef in = store.open();
  nb::object value = from_val(*store, take(self.get(in)));
  return value.is_none() ? make_val(take(self.type(in)).content, value) : value;
}

void set_global_value(const Global& self, Storelike store, nb::handle value) {
  const GlobalType type = take(self.type(store.open()));
  if (type.mutability == Mutability::Const) raise_error("immutable global cannot be set");
  take(self.set(store.open(), to_val(*store, type.content, value)));
}

}  // namespace

Extern to_extern(StoreRef store, nb::handle object) {
  if (const auto* func = bound<Func>(object)) return func->handle();
  if (const auto* memory = bound<Memory>(object)) return memory->handle();
  if (const auto* memory = bound<SharedMemory>(object)) return take(memory->handle().in(store));
  if (const auto* global = bound<Global>(object)) return *global;
  if (const auto* table = bound<Table>(object)) return *table;
  if (const auto* tag = bound<Tag>(object)) return *tag;
  throw nb::type_error("expected a Func, Global, Memory, SharedMemory, Tag, or Table");
}

nb::object from_extern(Store& store, const Extern& item) {
  if (const auto* func = item.get_if<weft::Func>()) return nb::cast(Func(*func));
  if (const auto* memory = item.get_if<weft::Memory>()) return wrap_memory(store, *memory);
  if (const auto* global = item.get_if<Global>()) return nb::cast(*global);
  if (const auto* table = item.get_if<Table>()) return nb::cast(*table);
  return nb::cast(*item.get_if<Tag>());
}

void bind_externs(nb::module_& module) {
  bind_class<Global>(module, "Global", "A global variable of a store.")
      .def("__init__", &make_global, "store"_a, "ty"_a, "val"_a.none(),
           "Makes a global. TypeError if the value isn't of the type.")
      .def(
          "type", [](const Global& self, Storelike store) { return take(self.type(store.open())); },
          "store"_a, "The type of the global.")
      .def("value", &global_value, "store"_a,
           nb::sig("def value(self, store: Store | StoreContext) -> typing.Any"),
           "The present value. A null reference is a Val whose value is None.")
      .def("set_value", &set_global_value, "store"_a, "val"_a.none(),
           "Sets the value. WasmtimeError if the global is immutable.");

  bind_class<Table>(module, "Table", "A table of references of a store.")
      .def("__init__", &make_table, "store"_a, "ty"_a, "init"_a.none(),
           "Makes a table, of as many elements `init` as its type has at least.")
      .def(
          "type", [](const Table& self, Storelike store) { return take(self.type(store.open())); },
          "store"_a, "The type of the table.")
      .def(
          "size", [](const Table& self, Storelike store) { return take(self.size(store.open())); },
          "store"_a, "The number of elements.")
      .def("grow", &grow_table, "store"_a, "amt"_a, "init"_a.none(),
           "Adds elements `init`; gives the size before. WasmtimeError if the table can't grow.")
      .def("get", &get_element, "store"_a, "idx"_a,
           nb::sig("def get(self, store: Store | StoreContext, idx: int) -> typing.Any"),
           "An element: a Func, what an externref holds, or, if it is null, a Val whose value is "
           "None. None outside\nof the table.")
      .def("set", &set_element, "store"_a, "idx"_a, "val"_a.none(),
           "Sets an element. WasmtimeError outside of the table.");

  bind_class<Tag>(module, "Tag", "The identity of a kind of exception of guests.")
      .def(
          "__init__",
          [](Tag* self, Storelike store, const TagType& type) {
            new (self) Tag(take(Tag::create(store.open(), type)));
          },
          "store"_a, "ty"_a)
      .def(
          "type", [](const Tag& self, Storelike store) { return take(self.type(store.open())); },
          "store"_a, "The type of the tag.")
      .def(
          "eq",
          [](const Tag& self, Storelike store, const Tag& other) {
            take(self.type(store.open()));
            take(other.type(store.open()));
            return self == other;
          },
          "store"_a, "other"_a, "Whether both are the same tag.");
}

}  // namespace weft::python
