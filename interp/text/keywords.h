// The words of the text format.
#pragma once

#include <optional>
#include <string_view>

#include "interp/core/opcode.h"

namespace weft::interp {

// The instruction of that name. "select", "ref.test" and "ref.cast" name two, told apart by what
// follows; this is the one without a type or `null`.
std::optional<Opcode> find_instr(std::string_view text);

// Whether any grammar of the text format has this word.
bool is_known_keyword(std::string_view text);

}  // namespace weft::interp
