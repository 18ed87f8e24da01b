// weft run --profile: where its results go.
#pragma once

#include <fstream>
#include <string>

#include "weft/profile.hpp"

namespace weft::cli {

class ProfileOutput {
 public:
  // Opens the file for the stacks, unless its name is empty. Throws Exception if it can't.
  explicit ProfileOutput(const std::string& file);

  // Tables to the standard error, stacks to the file.
  void write(const Profile& profile);

 private:
  std::string x_name;
  std::ofstream x_file{};
};

}  // namespace weft::cli
