// Binary modules as text (Spec 3.0, 6 "Text Format") that assembles to the same binary.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "interp/core/error.h"
#include "interp/decode/module.h"

namespace weft::interp {

// Gets the text piece by piece.
using TextSink = std::function<void(std::string_view)>;

// Prints a decoded module, valid or not, with the name section's names as identifiers. It is an
// error, found after some of the text has been written, if a function's body is no sequence of
// instructions, or if the text is longer than the 4 GiB that assemble() reads.
//
// What text can't say is left out: how integers were padded, sections without contents, names of
// things that aren't there.
Result<void> print_module(const Module& module, const TextSink& sink);

}  // namespace weft::interp
