// The types of values and of what modules import and export: the engine's own, as Python sees them.
#include <nanobind/stl/optional.h>
#include <nanobind/stl/variant.h>
#include <nanobind/stl/vector.h>

#include <array>
#include <string>
#include <utility>
#include <vector>
#include <weft/weft.hpp>

#include "bindings/python/src/errors.h"
#include "bindings/python/src/support.h"

namespace weft::python {

namespace {

struct NamedType {
  const char* name;
  ValType type;
};
constexpr std::array kNamedTypes{
    NamedType{"i32", ValType::I32},
    NamedType{"i64", ValType::I64},
    NamedType{"f32", ValType::F32},
    NamedType{"f64", ValType::F64},
    NamedType{"v128", ValType::V128},
    NamedType{"funcref", ValType::FuncRef},
    NamedType{"externref", ValType::ExternRef},
    NamedType{"anyref", ValType::AnyRef},
    NamedType{"eqref", ValType::EqRef},
    NamedType{"i31ref", ValType::I31Ref},
    NamedType{"structref", ValType::StructRef},
    NamedType{"arrayref", ValType::ArrayRef},
    NamedType{"exnref", ValType::ExnRef},
};

/// Limits as programs write them: any integers, which are looked at once they belong to a type.
struct PyLimits {
  nb::object min;
  nb::object max;
};

std::uint64_t to_limit(nb::handle number, const char* what) {
  std::uint64_t limit = 0;
  if (nb::try_cast(number, limit)) return limit;
  if (PyLong_Check(number.ptr())) raise_error(std::string(what) + " size too large");
  throw nb::type_error("expected an integer");
}

Limits to_limits(const PyLimits& limits) {
  Limits converted{.min = to_limit(limits.min, "minimum")};
  if (!limits.max.is_none()) converted.max = to_limit(limits.max, "maximum");
  return converted;
}

PyLimits from_limits(const Limits& limits) {
  return {nb::int_(limits.min), limits.max ? nb::object(nb::int_(*limits.max)) : nb::none()};
}

std::vector<ValType> list_of(std::span<const ValType> types) {
  return {types.begin(), types.end()};
}

// Types compare by value, and print as the text format writes them.
template <class T>
nb::class_<T> bind_type(nb::module_& module, const char* name, const char* doc) {
  nb::class_<T> type(module, name, doc);
  type.def(
      "__eq__",
      [](const T& self, nb::handle other) {
        T* same = nullptr;
        return nb::try_cast(other, same) && same != nullptr && self == *same;
      },
      "other"_a.none(), "Whether both are the same type.");
  if constexpr (requires(const T& value) { to_string(value); }) {
    type.def("__str__", [](const T& self) { return to_string(self); });
    type.def("__repr__", [](const T& self) { return to_string(self); });
    type.def("__hash__", [](const T& self) { return std::hash<std::string>()(to_string(self)); });
  }
  return type;
}

MemoryType make_memory_type(const Limits& limits, bool is_64, bool shared, int page_size_log2) {
  if (page_size_log2 != 0 && page_size_log2 != 16) {
    raise_error("a page is 1 or 65536 bytes: page_size_log2 is 0 or 16");
  }
  if (limits.max && *limits.max < limits.min) raise_error("the maximum size is below the minimum");
  if (shared && !limits.max) raise_error("shared memories must have a maximum size");
  const std::uint64_t most_bits = (is_64 ? 64 : 32) - static_cast<std::uint64_t>(page_size_log2);
  const auto too_large = [&](std::uint64_t pages) {
    return most_bits < 64 && pages > std::uint64_t{1} << most_bits;
  };
  if (too_large(limits.min)) raise_error("minimum size too large");
  if (limits.max && too_large(*limits.max)) raise_error("maximum size too large");
  return {.limits = limits,
          .index = is_64 ? IndexType::I64 : IndexType::I32,
          .shared = shared,
          .page_size_log2 = static_cast<std::uint8_t>(page_size_log2)};
}

}  // namespace

void bind_types(nb::module_& module) {
  auto val_type = bind_type<ValType>(module, "ValType", "The type of a value.");
  val_type.def("__init__", [](ValType* /*self*/) { raise_error("cannot construct directly"); });
  for (const NamedType& row : kNamedTypes) {
    val_type.def_static(row.name, [type = row.type] { return type; });
  }

  nb::class_<PyLimits>(module, "Limits", "A size: its least, and its most or None.")
      .def(nb::init<nb::object, nb::object>(), "min"_a, "max"_a.none(),
           "In pages for memories, in elements for tables.")
      .def_rw("min", &PyLimits::min)
      .def_rw("max", &PyLimits::max, nb::arg().none())
      .def(
          "__eq__",
          [](const PyLimits& self, nb::handle other) {
            PyLimits* limits = nullptr;
            return nb::try_cast(other, limits) && limits != nullptr &&
                   self.min.equal(limits->min) && self.max.equal(limits->max);
          },
          "other"_a.none())
      .def("__repr__", [](const PyLimits& self) {
        return nb::str("Limits({!r}, {!r})").format(self.min, self.max);
      });

  bind_type<FuncType>(module, "FuncType", "The type of a function: of its parameters and results.")
      .def(nb::init<std::vector<ValType>, std::vector<ValType>>(), "params"_a, "results"_a)
      .def_prop_ro("params", [](const FuncType& self) { return list_of(self.params()); })
      .def_prop_ro("results", [](const FuncType& self) { return list_of(self.results()); });

  bind_type<GlobalType>(module, "GlobalType", "The type of a global.")
      .def(
          "__init__",
          [](GlobalType* self, const ValType& valtype, bool is_mutable) {
            new (self) GlobalType{valtype, is_mutable ? Mutability::Var : Mutability::Const};
          },
          "valtype"_a, "mutable"_a)
      .def_ro("content", &GlobalType::content)
      .def_prop_ro("mutable",
                   [](const GlobalType& self) { return self.mutability == Mutability::Var; });

  bind_type<TableType>(module, "TableType", "The type of a table: of its elements, and its size.")
      .def(
          "__init__",
          [](TableType* self, const ValType& valtype, const PyLimits& limits) {
            new (self) TableType{.element = valtype, .limits = to_limits(limits)};
          },
          "valtype"_a, "limits"_a)
      .def_ro("element", &TableType::element)
      .def_prop_ro(
          "limits", [](const TableType& self) { return from_limits(self.limits); },
          "In elements. Of a table that there is, the least is its present size.");

  bind_type<MemoryType>(module, "MemoryType", "The type of a memory.")
      .def(
          "__init__",
          [](MemoryType* self, const PyLimits& limits, bool is_64, bool shared,
             int page_size_log2) {
            new (self)
                MemoryType(make_memory_type(to_limits(limits), is_64, shared, page_size_log2));
          },
          "limits"_a, "is_64"_a = false, "shared"_a = false, "page_size_log2"_a = 16,
          "`limits` are in pages of 2**page_size_log2 bytes.")
      .def_prop_ro(
          "limits", [](const MemoryType& self) { return from_limits(self.limits); },
          "In pages. Of a memory that there is, the least is its present size.")
      .def_prop_ro(
          "is_64", [](const MemoryType& self) { return self.index == IndexType::I64; },
          "Whether addresses have 64 bits.")
      .def_ro("is_shared", &MemoryType::shared, "Whether several threads may use it at once.")
      .def_prop_ro("page_size", &MemoryType::page_size, "Of a page, in bytes.")
      .def_ro("page_size_log2", &MemoryType::page_size_log2);

  bind_type<TagType>(module, "TagType", "The type of a tag: of what is thrown with it.")
      .def(
          "__init__", [](TagType* self, const FuncType& functype) { new (self) TagType{functype}; },
          "functype"_a)
      .def_prop_ro("functype", [](const TagType& self) { return self.func; });

  nb::class_<ImportType>(module, "ImportType", "What a module imports.")
      .def_ro("module", &ImportType::module)
      .def_ro("name", &ImportType::name)
      .def_prop_ro("type", [](const ImportType& self) { return self.type; });

  nb::class_<ExportType>(module, "ExportType", "What a module exports.")
      .def_ro("name", &ExportType::name)
      .def_prop_ro("type", [](const ExportType& self) { return self.type; });
}

}  // namespace weft::python
