// What scripts are run with, as lists beside them say.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "spec-tests/scripts/suite.h"

namespace weft::spectest {

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
