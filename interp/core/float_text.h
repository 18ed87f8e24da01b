// Floats as decimal text. std::to_chars would do, but has tables of 140 KB.
#pragma once

#include <string>

namespace weft::interp {

// By the fewest digits that read back as the same value, with an exponent where that is shorter:
// "0.1", "1e+20", "-inf", "nan", "nan:0x1" with a payload that isn't canonical. Whatever the
// process's locale is.
std::string float_text(float value);
std::string float_text(double value);

}  // namespace weft::interp
