// Arguments and results of `weft run --invoke`, as text.
#pragma once

#include <string>
#include <string_view>
#include <weft/weft.hpp>

namespace weft::cli {

// The value of that type which the text means: a decimal or hexadecimal integer (signed or
// unsigned), a decimal float, "inf", "nan", a v128 as a hexadecimal number, "null" for a reference.
// Throws UsageError.
Val parse_value(std::string_view text, const ValType& type);

// The text of a result, which parse_value reads back (but for references that aren't null).
std::string format_value(const Val& value);

}  // namespace weft::cli
