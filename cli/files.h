// Files, whole.
#pragma once

#include <cstdio>
#include <memory>
#include <string>
#include <weft/weft.hpp>

namespace weft::cli {

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

// The file's bytes. Errc::io.
Result<std::string> read_file(const std::string& file);

}  // namespace weft::cli
