// Which scripts to run, and with which features.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>
#include <weft/weft.hpp>

#include "spec-tests/scripts/suite.h"

namespace weft::spectest {

// A whole file. By C's functions: C++'s streams would be a third of the command. Throws
// std::runtime_error if it can't be read.
std::string read_file(const std::filesystem::path& path);

// The given files, and the scripts below the given folders with this extension, in order. Throws
// std::runtime_error for a path that isn't there.
std::vector<std::filesystem::path> find_scripts(const std::vector<std::string>& paths,
                                                std::string_view extension);

// Group and features of a script, from the folder it is in.
ScriptInfo info_of_folder(const std::filesystem::path& folder);

}  // namespace weft::spectest
