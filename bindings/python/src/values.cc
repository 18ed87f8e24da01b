#include "bindings/python/src/values.h"

#include <array>
#include <bit>
#include <cstring>
#include <string>

#include "bindings/python/src/func.h"

namespace weft::python {

namespace {

[[noreturn]] void throw_inconvertible(nb::handle value, const ValType& type) {
  PyErr_Format(PyExc_TypeError, "don't know how to convert %R to %s", value.ptr(),
               to_string(type).c_str());
  nb::raise_python_error();
}

// The low 64 bits, as all integers of guests wrap. Whatever has __index__ is an integer.
std::uint64_t low_bits(nb::handle value, const ValType& type) {
  if (!PyLong_Check(value.ptr()) && !PyIndex_Check(value.ptr())) throw_inconvertible(value, type);
  const std::uint64_t bits = PyLong_AsUnsignedLongLongMask(value.ptr());
  if (bits == UINT64_MAX && PyErr_Occurred() != nullptr) nb::raise_python_error();
  return bits;
}

double real(nb::handle value, const ValType& type) {
  if (!PyFloat_Check(value.ptr())) throw_inconvertible(value, type);
  return PyFloat_AsDouble(value.ptr());
}

V128 vector(nb::handle value, const ValType& type) {
  const std::uint64_t low = low_bits(value, type);
  const nb::object rest = nb::borrow(value) >> nb::int_(64);
  return V128::from_lanes(std::array<std::uint64_t, 2>{low, low_bits(rest, type)});
}

nb::object from_vector(const V128& value) {
  const auto lanes = value.lanes<std::uint64_t>();
  return (nb::int_(lanes[1]) << nb::int_(64)) | nb::int_(lanes[0]);
}

nb::object val_class() { return nb::module_::import_("weft._value").attr("Val"); }

// What is in a Val, which must be of the type; what isn't one stays as it is.
nb::object unwrap(nb::handle value, const ValType& type) {
  if (PyLong_CheckExact(value.ptr()) || PyFloat_CheckExact(value.ptr()) || value.is_none()) {
    return nb::borrow(value);
  }
  if (!nb::isinstance(value, val_class())) return nb::borrow(value);
  if (nb::cast<ValType>(value.attr("type")) != type) {
    throw nb::type_error("wrong type of `Val` provided");
  }
  return value.attr("value");
}

// Which of the marshalled classes references of a type are.
enum class Hierarchy : std::uint8_t { Func, Extern, Exn, Any };

Hierarchy hierarchy_of(const ValType& type) {
  switch (type.heap().hierarchy) {
    case HeapKind::Func:
    case HeapKind::NoFunc:
      return Hierarchy::Func;
    case HeapKind::Extern:
    case HeapKind::NoExtern:
      return Hierarchy::Extern;
    case HeapKind::Exn:
    case HeapKind::NoExn:
      return Hierarchy::Exn;
    default:
      return Hierarchy::Any;
  }
}

// `value` is what the reference was made of.
void lower_ref(Store& store, const ValType& type, const Ref& ref, nb::handle value,
               backend::RawVal& slot) {
  const StoreRef in = store.open();
  if (ref.is_null() ? !type.is_nullable() : !take(ref.matches(in, type.heap()))) {
    throw_inconvertible(value, type);
  }
  MarshalContext context(in);
  switch (hierarchy_of(type)) {
    case Hierarchy::Func:
      take(Marshal<std::optional<weft::Func>>::lower(context, ref.func(), &slot));
      return;
    case Hierarchy::Extern:
      take(Marshal<ExternRef>::lower(context, ref.externref(), &slot));
      return;
    case Hierarchy::Exn:
      take(Marshal<ExnRef>::lower(context, ref.exnref(), &slot));
      return;
    case Hierarchy::Any:
      take(Marshal<AnyRef>::lower(context, ref.anyref(), &slot));
      return;
  }
}

Ref lift_ref(Store& store, const ValType& type, const backend::RawVal& slot) {
  MarshalContext context(store.open());
  switch (hierarchy_of(type)) {
    case Hierarchy::Func:
      return take(Marshal<weft::Func>::lift(context, &slot));
    case Hierarchy::Extern:
      return take(Marshal<ExternRef>::lift(context, &slot));
    case Hierarchy::Exn:
      return take(Marshal<ExnRef>::lift(context, &slot));
    default:
      return take(Marshal<AnyRef>::lift(context, &slot));
  }
}

}  // namespace

void lower(Store& store, const ValType& type, nb::handle value, backend::RawVal& slot) {
  const ValType::Kind kind = type.kind();
  // The usual case first: an integer that is no Val.
  if (kind <= ValType::Kind::I64 && PyLong_CheckExact(value.ptr())) {
    const std::uint64_t bits = PyLong_AsUnsignedLongLongMask(value.ptr());
    slot.u64 = kind == ValType::Kind::I32 ? static_cast<std::uint32_t>(bits) : bits;
    return;
  }
  if (kind == ValType::Kind::Ref) {
    lower_ref(store, type, to_ref(store, type, value), value, slot);
    return;
  }
  const nb::object plain = unwrap(value, type);
  switch (kind) {
    case ValType::Kind::I32:
      slot.u64 = static_cast<std::uint32_t>(low_bits(plain, type));
      return;
    case ValType::Kind::I64:
      slot.u64 = low_bits(plain, type);
      return;
    case ValType::Kind::F32:
      slot.u64 = std::bit_cast<std::uint32_t>(static_cast<float>(real(plain, type)));
      return;
    case ValType::Kind::F64:
      slot.f64_bits = std::bit_cast<std::uint64_t>(real(plain, type));
      return;
    default: {
      const V128 bits = vector(plain, type);
      std::memcpy(slot.v128, bits.bytes.data(), sizeof slot.v128);
      return;
    }
  }
}

nb::object lift(Store& store, const ValType& type, const backend::RawVal& slot) {
  switch (type.kind()) {
    case ValType::Kind::I32:
      return nb::steal(PyLong_FromLong(slot.i32));
    case ValType::Kind::I64:
      return nb::steal(PyLong_FromLongLong(slot.i64));
    case ValType::Kind::F32:
      return nb::steal(
          PyFloat_FromDouble(static_cast<double>(std::bit_cast<float>(slot.f32_bits))));
    case ValType::Kind::F64:
      return nb::steal(PyFloat_FromDouble(std::bit_cast<double>(slot.f64_bits)));
    case ValType::Kind::V128: {
      V128 value;
      std::memcpy(value.bytes.data(), slot.v128, sizeof slot.v128);
      return from_vector(value);
    }
    case ValType::Kind::Ref:
      break;
  }
  return slot.ref == 0 ? nb::none() : from_ref(store, lift_ref(store, type, slot));
}

Ref to_ref(Store& store, const ValType& type, nb::handle value) {
  const nb::object plain = unwrap(value, type);
  if (plain.is_none()) return Ref::null(type.heap());
  Ref* opaque = nullptr;
  if (nb::try_cast(plain, opaque) && opaque != nullptr) return *opaque;
  if (hierarchy_of(type) == Hierarchy::Extern) return store.to_extern(plain);
  Func* func = nullptr;
  if (nb::try_cast(plain, func) && func != nullptr) return func->handle();
  // Integers are i31 references.
  if (PyLong_Check(plain.ptr()) && is_subtype(HeapKind::I31, type.heap())) {
    return I31(static_cast<std::int32_t>(low_bits(plain, type)));
  }
  throw_inconvertible(value, type);
}

Val to_val(Store& store, const ValType& type, nb::handle value) {
  if (type.is_ref()) return to_ref(store, type, value);
  backend::RawVal slot;
  lower(store, type, value, slot);
  switch (type.kind()) {
    case ValType::Kind::I32:
      return slot.i32;
    case ValType::Kind::I64:
      return slot.i64;
    case ValType::Kind::F32:
      return Val::f32_bits(slot.f32_bits);
    case ValType::Kind::F64:
      return Val::f64_bits(slot.f64_bits);
    default: {
      V128 bits;
      std::memcpy(bits.bytes.data(), slot.v128, sizeof slot.v128);
      return bits;
    }
  }
}

nb::object from_ref(Store& store, const Ref& ref) {
  if (ref.is_null()) return nb::none();
  if (const auto func = ref.func()) return nb::cast(Func(*func));
  if (const ExternRef object = ref.externref()) {
    if (auto held = store.from_extern(object)) return *std::move(held);
  }
  return nb::cast(ref);
}

nb::object from_val(Store& store, const Val& value) {
  if (value.kind() == ValType::Kind::Ref) return from_ref(store, value.ref());
  backend::RawVal slot;
  std::memcpy(slot.v128, value.bits().bytes.data(), sizeof slot.v128);
  return lift(store, value.type(), slot);
}

nb::object make_val(const ValType& type, const nb::object& value) {
  return val_class()(type, value);
}

std::uint64_t to_count(nb::handle number, const char* what) {
  std::uint64_t count = 0;
  if (nb::try_cast(number, count)) return count;
  if (PyLong_Check(number.ptr())) raise_error(what);
  throw nb::type_error("expected an integer");
}

void bind_values(nb::module_& module) {
  nb::class_<Ref>(
      module, "Ref",
      "A reference that Python has no other object for: to a struct, an array, a 31-bit\n"
      "integer or an exception of a guest's. It keeps what it refers to alive.")
      .def_prop_ro(
          "type", [](const Ref& self) { return to_string(self.heap()); },
          "What it points to, as the text format says it: 'i31', 'exn', the number of a type.")
      .def(
          "as_i31",
          [](const Ref& self) -> nb::object {
            const Result<I31> value = self.as<I31>();
            return value ? nb::object(nb::int_(value->value())) : nb::none();
          },
          nb::sig("def as_i31(self) -> int | None"),
          "The integer of an i31 reference, from -2**30 to 2**30 - 1; None for others.")
      .def(
          "__eq__",
          [](const Ref& self, nb::handle other) {
            Ref* ref = nullptr;
            return nb::try_cast(other, ref) && ref != nullptr && self == *ref;
          },
          nb::arg("other").none(), "Whether both are the same object or integer.");
}

}  // namespace weft::python
