// weft run --profile: where its results go.
#pragma once

#include <cstdio>
#include <memory>
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
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  std::unique_ptr<std::FILE, Close> x_file{};
};

}  // namespace weft::cli
