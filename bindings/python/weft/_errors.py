"""The exceptions, and what they tell."""

from dataclasses import dataclass
from enum import Enum
from typing import List, Optional


def _text(message: str) -> str:
    if not isinstance(message, str):
        raise TypeError("expected a str")
    return message


class WasmtimeError(Exception):
    """What the engine refuses to do: an invalid module, imports that don't fit, wrong arguments, a limit.

    Its text says what and where. Traps of guests are `Trap`.
    """

    def __init__(self, message: str) -> None:
        super().__init__(_text(message))


class ExitTrap(WasmtimeError):
    """The guest ended itself by WASI's `proc_exit`.

    `code` is the exit status that it passed, 0 for success.
    """

    code: int

    def __init__(self, message: str, code: int = 1) -> None:
        super().__init__(message)
        self.code = code


class TrapCode(Enum):
    """Why a guest trapped. Numbers are those of the package `wasmtime`."""

    STACK_OVERFLOW = 0
    """Too many nested calls."""
    MEMORY_OUT_OF_BOUNDS = 1
    """An access outside a memory."""
    HEAP_MISALIGNED = 2
    """An atomic access at an address that isn't aligned."""
    TABLE_OUT_OF_BOUNDS = 3
    """An access outside a table."""
    INDIRECT_CALL_TO_NULL = 4
    """An indirect call of an element that is null."""
    BAD_SIGNATURE = 5
    """An indirect call of a function of another type."""
    INTEGER_OVERFLOW = 6
    """A quotient, or a converted float, that its type can't hold."""
    INTEGER_DIVISION_BY_ZERO = 7
    """A division by zero."""
    BAD_CONVERSION_TO_INTEGER = 8
    """A NaN converted to an integer."""
    UNREACHABLE = 9
    """The instruction `unreachable`."""
    INTERRUPT = 10
    """The store's epoch deadline has passed."""
    OUT_OF_FUEL = 11
    """The store's fuel is used up."""
    ATOMIC_WAIT_NON_SHARED_MEMORY = 12
    """An atomic wait in a memory that isn't shared."""
    NULL_REFERENCE = 13
    """A null reference where there must be another."""
    ARRAY_OUT_OF_BOUNDS = 14
    """An access outside an array."""
    ALLOCATION_TOO_LARGE = 15
    """No room for a struct or an array."""
    CAST_FAILURE = 16
    """A reference that isn't of the type it is cast to."""
    UNCAUGHT_EXCEPTION = 49
    """An exception of the guest's that nothing caught."""


@dataclass(frozen=True)
class Frame:
    """One guest function that was on the stack."""

    func_index: int
    """In the module's index space of functions, imported ones included."""
    func_name: Optional[str]
    """From the module's name section."""
    module_name: Optional[str]
    """From the module's name section."""
    module_offset: int
    """Bytes from the module's start to the instruction."""
    func_offset: int
    """Bytes from the function's body to the instruction."""


class Trap(Exception):
    """A guest trapped. Its store remains usable.

    Raised by a host function, it comes out of the guest's call as any other exception does.
    """

    def __init__(self, message: str) -> None:
        super().__init__(_text(message))
        self._message = message
        self._frames: List[Frame] = []
        self._trap_code: Optional[TrapCode] = None

    @property
    def message(self) -> str:
        """Why, and below it a line for each frame."""
        return self._message

    @property
    def frames(self) -> List[Frame]:
        """The guest's stack, innermost first."""
        return list(self._frames)

    @property
    def trap_code(self) -> Optional[TrapCode]:
        """Why; None for a trap that a program made."""
        return self._trap_code

    def __str__(self) -> str:
        return self._message
