// Why a guest stopped. The closed list of reasons; texts are made at the edge.
#pragma once

#include <cstdint>
#include <string_view>

namespace weft::interp {

// WEFT_TRAP_CODE(Id, text): texts are the official suite's wording.
#define WEFT_TRAP_CODES(WEFT_TRAP_CODE)                                       \
  WEFT_TRAP_CODE(None, "no trap")                                             \
  WEFT_TRAP_CODE(Unreachable, "unreachable")                                  \
  WEFT_TRAP_CODE(IntegerDivideByZero, "integer divide by zero")               \
  WEFT_TRAP_CODE(IntegerOverflow, "integer overflow")                         \
  WEFT_TRAP_CODE(InvalidConversionToInteger, "invalid conversion to integer") \
  WEFT_TRAP_CODE(OutOfBoundsMemoryAccess, "out of bounds memory access")      \
  WEFT_TRAP_CODE(OutOfBoundsTableAccess, "out of bounds table access")        \
  WEFT_TRAP_CODE(UndefinedElement, "undefined element")                       \
  WEFT_TRAP_CODE(UninitializedElement, "uninitialized element")               \
  WEFT_TRAP_CODE(IndirectCallTypeMismatch, "indirect call type mismatch")     \
  WEFT_TRAP_CODE(NullReference, "null reference")                             \
  WEFT_TRAP_CODE(NullFunctionReference, "null function reference")            \
  WEFT_TRAP_CODE(NullStructReference, "null structure reference")             \
  WEFT_TRAP_CODE(NullArrayReference, "null array reference")                  \
  WEFT_TRAP_CODE(NullI31Reference, "null i31 reference")                      \
  WEFT_TRAP_CODE(NullExceptionReference, "null exception reference")          \
  WEFT_TRAP_CODE(OutOfBoundsArrayAccess, "out of bounds array access")        \
  WEFT_TRAP_CODE(CastFailure, "cast failure")                                 \
  WEFT_TRAP_CODE(UnalignedAtomic, "unaligned atomic")                         \
  WEFT_TRAP_CODE(ExpectedSharedMemory, "expected shared memory")              \
  WEFT_TRAP_CODE(UncaughtException, "unhandled exception")                    \
  WEFT_TRAP_CODE(CallStackExhausted, "call stack exhausted")                  \
  WEFT_TRAP_CODE(AllocationFailure, "allocation failure")                     \
  WEFT_TRAP_CODE(OutOfFuel, "all fuel consumed")                              \
  WEFT_TRAP_CODE(Interrupted, "interrupted")                                  \
  WEFT_TRAP_CODE(HostError, "host function failed")

enum class TrapCode : uint8_t {
#define WEFT_TRAP_CODE(Id, text) Id,
  WEFT_TRAP_CODES(WEFT_TRAP_CODE)
#undef WEFT_TRAP_CODE
};

constexpr std::string_view text_of(TrapCode code) {
  constexpr std::string_view texts[] = {
#define WEFT_TRAP_CODE(Id, text) text,
      WEFT_TRAP_CODES(WEFT_TRAP_CODE)
#undef WEFT_TRAP_CODE
  };
  return texts[static_cast<size_t>(code)];
}

// The result of a numeric operation that may trap.
template <class T>
struct Trapping {
  T value;
  TrapCode trap = TrapCode::None;
};

}  // namespace weft::interp
