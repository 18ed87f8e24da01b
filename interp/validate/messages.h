// The texts of validation errors: they begin with the official suite's wording and go on with what
// was found.
#pragma once

#include <cstdint>
#include <string>

#include "interp/core/types.h"

namespace weft::interp::messages {

// "unknown local 7"
std::string unknown(const char* what, uint32_t index);
std::string type_mismatch(ValType expected, ValType actual);
std::string operand_missing(ValType expected);
std::string operand_missing();
std::string surplus_values(size_t count);
std::string not_a_func_type(uint32_t type);
std::string alignment(uint32_t align_log2, uint32_t natural_log2);
std::string uninitialized_local(uint32_t local);

}  // namespace weft::interp::messages
