// Which scripts to run, and with which features.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>
#include <weft/weft.hpp>

#include "spec-tests/scripts/suite.h"

namespace weft::spectest {

// The given files, and the scripts below the given folders with this extension, in order. Throws
// std::runtime_error for a path that isn't there.
std::vector<std::filesystem::path> find_scripts(const std::vector<std::string>& paths,
                                                std::string_view extension);

// "wasm1", "wasm2", "wasm3" and names of features, separated by commas; on top of Wasm 2.0 if none
// of the first three is there. Gives the first name that the engine doesn't know, or nothing.
std::optional<std::string> read_features(const std::string& list, Features& features);

// What the manifest.tsv in a folder above a script says of it: a line per script with its path,
// group and features. Those of other scripts follow from the folders they are in.
class Manifests {
 public:
  ScriptInfo info_of(const std::filesystem::path& script);

 private:
  struct Row {
    std::string group;
    std::string features;
  };
  using Rows = std::map<std::string, Row>;  // by path, without its extension
  const Rows* rows_in(const std::filesystem::path& folder);

  std::map<std::filesystem::path, std::optional<Rows>> x_read{};
};

}  // namespace weft::spectest
