// Scripts of the official suite as wast2json and wasm-tools write them: JSON commands beside binary
// modules.
#pragma once

#include <filesystem>

#include "spec-tests/scripts/script.h"

namespace weft::spectest {

// Throws std::runtime_error with a message for people.
Script read_json(const std::filesystem::path& path);

}  // namespace weft::spectest
