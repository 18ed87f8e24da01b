// Scripts of the official suite as text, .wast files.
#pragma once

#include <filesystem>
#include <string_view>

#include "spec-tests/scripts/script.h"

namespace weft::spectest {

// Reads a script, or the fields of a single module. Modules in it are assembled; quoted ones wait
// for the engine. Throws std::runtime_error with a message for people.
Script read_wast(std::string_view text);
// The same of a file.
Script load_wast(const std::filesystem::path& path);

}  // namespace weft::spectest
