// The interpreter's types, errors and traps as the public ones, and back.
#pragma once

#include <string>

#include "interp/core/error.h"
#include "interp/core/features.h"
#include "interp/core/trap.h"
#include "interp/core/types.h"
#include "interp/validate/type_registry.h"
#include "weft/config.hpp"
#include "weft/error.hpp"
#include "weft/gc.hpp"
#include "weft/types.hpp"
#include "weft/value.hpp"

namespace weft::backends {

// What the Config allows and this version has: modules that use anything else are refused with its
// name.
interp::FeatureSet supported_features(const Features& features);
Features public_features(interp::FeatureSet set);

// Heap types with an index are TypeIds.
ValType public_type(interp::ValType type, const interp::TypeRegistry& types);
FuncType public_type(const interp::FuncType& type, const interp::TypeRegistry& types);
TableType public_type(const interp::TableType& type, const interp::TypeRegistry& types);
GlobalType public_type(const interp::GlobalType& type, const interp::TypeRegistry& types);
MemoryType public_type(const interp::MemoryType& type);
constexpr ExternKind public_kind(interp::ExternKind kind) { return static_cast<ExternKind>(kind); }
constexpr interp::ExternKind interp_kind(ExternKind kind) {
  return static_cast<interp::ExternKind>(kind);
}

// What an engine's type is, for type_info.
detail::TypeInfo public_type(interp::TypeId id, const interp::TypeRegistry& types);

// Errc::type_mismatch for concrete types that aren't in the registry.
Result<interp::ValType> interp_type(const ValType& type, const interp::TypeRegistry& types);
Result<interp::FuncType> interp_type(const FuncType& type, const interp::TypeRegistry& types);
Result<interp::TableType> interp_type(const TableType& type, const interp::TypeRegistry& types);
Result<interp::GlobalType> interp_type(const GlobalType& type, const interp::TypeRegistry& types);
// Errc::type_mismatch also for what Spec 3.0, 3.4.1 "Types" doesn't allow.
Result<interp::SubType> interp_type(const detail::TypeInfo& info,
                                    const interp::TypeRegistry& types);
// Errc::unsupported for shared ones.
Result<interp::MemoryType> interp_type(const MemoryType& type);

Error public_error(const interp::Error& error);
// The error of a trap, without frames. Not for HostError, which has an error of its own.
Error trap_error(interp::TrapCode code);

}  // namespace weft::backends
