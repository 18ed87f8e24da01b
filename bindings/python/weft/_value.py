"""Values with their types."""

from ctypes import c_float, c_int32, c_int64
from typing import Any, Optional

from ._errors import WasmtimeError
from ._weft import Func, ValType


class Val:
    """A value with its type. Wherever a plain Python value is taken, a `Val` of the right type is, too."""

    __slots__ = ("_type", "_value")

    def __init__(self, type: ValType, value: Any) -> None:
        self._type = type
        self._value = value

    @classmethod
    def i32(cls, val: int) -> "Val":
        """The low 32 bits of an integer, with their sign."""
        if not isinstance(val, int):
            raise TypeError("expected an integer")
        return cls(ValType.i32(), c_int32(val).value)

    @classmethod
    def i64(cls, val: int) -> "Val":
        """The low 64 bits of an integer, with their sign."""
        if not isinstance(val, int):
            raise TypeError("expected an integer")
        return cls(ValType.i64(), c_int64(val).value)

    @classmethod
    def f32(cls, val: float) -> "Val":
        """A float, rounded to 32 bits."""
        if not isinstance(val, float):
            raise TypeError("expected a float")
        return cls(ValType.f32(), c_float(val).value)

    @classmethod
    def f64(cls, val: float) -> "Val":
        """A float."""
        if not isinstance(val, float):
            raise TypeError("expected a float")
        return cls(ValType.f64(), val)

    @classmethod
    def v128(cls, val: int) -> "Val":
        """The low 128 bits of an integer, without a sign; lane 0 is the lowest."""
        if not isinstance(val, int):
            raise TypeError("expected an integer")
        return cls(ValType.v128(), val & (1 << 128) - 1)

    @classmethod
    def externref(cls, extern: Any) -> "Val":
        """Any object; None is the null reference."""
        return cls(ValType.externref(), extern)

    @classmethod
    def funcref(cls, f: Optional[Func]) -> "Val":
        """A function; None is the null reference."""
        return cls(ValType.funcref(), f)

    @classmethod
    def ref_null(cls, ty: ValType) -> "Val":
        """The null reference of a type. WasmtimeError for types that have none."""
        if not str(ty).endswith("ref") and not str(ty).startswith("(ref null"):
            raise WasmtimeError("Invalid reference type for `ref_null`: %s" % ty)
        return cls(ty, None)

    def __eq__(self, rhs: Any) -> Any:
        if isinstance(rhs, Val):
            return self._type == rhs._type and self._value == rhs._value
        return self._value == rhs

    def __repr__(self) -> str:
        return "Val(%s, %r)" % (self._type, self._value)

    @property
    def type(self) -> ValType:
        """The value's type."""
        return self._type

    @property
    def value(self) -> Any:
        """The value as Python has it; None for null references."""
        return self._value

    def _as(self, type: ValType) -> Any:
        return self._value if self._type == type else None

    def as_i32(self) -> Optional[int]:
        """The value of an i32; None for other types."""
        return self._as(ValType.i32())

    def as_i64(self) -> Optional[int]:
        """The value of an i64; None for other types."""
        return self._as(ValType.i64())

    def as_f32(self) -> Optional[float]:
        """The value of an f32; None for other types."""
        return self._as(ValType.f32())

    def as_f64(self) -> Optional[float]:
        """The value of an f64; None for other types."""
        return self._as(ValType.f64())

    def as_v128(self) -> Optional[int]:
        """The bits of a v128 as an integer without a sign; None for other types."""
        return self._as(ValType.v128())

    def as_externref(self) -> Any:
        """What an externref holds; None for null and for other types."""
        return self._as(ValType.externref())

    def as_funcref(self) -> Optional[Func]:
        """The function of a funcref; None for null and for other types."""
        return self._as(ValType.funcref())
