#include "interp/validate/messages.h"

namespace weft::interp::messages {

std::string unknown(const char* what, uint32_t index) {
  return std::string("unknown ") + what + " " + std::to_string(index);
}

std::string type_mismatch(ValType expected, ValType actual) {
  return "type mismatch: expected " + to_string(expected) + ", found " + to_string(actual);
}

std::string operand_missing(ValType expected) {
  return "type mismatch: expected " + to_string(expected) + ", but nothing is on the stack";
}

std::string operand_missing() { return "type mismatch: an operand is missing on the stack"; }

std::string surplus_values(size_t count) {
  return "type mismatch: " + std::to_string(count) +
         " values too many on the stack at the end of a block";
}

std::string not_a_func_type(uint32_t type) {
  return "unknown type: type " + std::to_string(type) + " is not a function type";
}

std::string alignment(uint32_t align_log2, uint32_t natural_log2) {
  return "alignment must not be larger than natural: 2^" + std::to_string(align_log2) +
         " for an access of 2^" + std::to_string(natural_log2) + " bytes";
}

std::string uninitialized_local(uint32_t local) {
  return "uninitialized local " + std::to_string(local);
}

}  // namespace weft::interp::messages
