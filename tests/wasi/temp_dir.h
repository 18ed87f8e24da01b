// A directory that is gone after the test: `box`, which guests may see, and things beside it, which
// they may not.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

namespace weft::wasi {

class TempDir {
 public:
  TempDir() {
    std::string name = (std::filesystem::temp_directory_path() / "weft-wasi-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
    root_ = name;
    std::filesystem::create_directories(root_ / "box");
    std::filesystem::create_directories(root_ / "outdir");
    write("outside.txt", "secret");
    write("outdir/f", "secret");
  }
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  [[nodiscard]] std::filesystem::path root() const { return root_; }
  [[nodiscard]] std::filesystem::path box() const { return root_ / "box"; }

  // Paths are relative to the root.
  void write(std::string_view path, std::string_view text) const {
    std::ofstream(root_ / path, std::ios::binary) << text;
  }
  [[nodiscard]] std::string read(std::string_view path) const {
    std::ifstream file(root_ / path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void make_dir(std::string_view path) const { std::filesystem::create_directories(root_ / path); }
  void link(std::string_view text, std::string_view path) const {
    std::filesystem::create_symlink(text, root_ / path);
  }
  [[nodiscard]] bool exists(std::string_view path) const {
    return std::filesystem::exists(std::filesystem::symlink_status(root_ / path));
  }
  /// Nothing beside the box has changed.
  void expect_outside_untouched() const {
    EXPECT_EQ(read("outside.txt"), "secret");
    EXPECT_EQ(read("outdir/f"), "secret");
    const std::filesystem::directory_iterator all(root_);
    const std::filesystem::directory_iterator outdir(root_ / "outdir");
    EXPECT_EQ(std::distance(begin(all), end(all)), 3);
    EXPECT_EQ(std::distance(begin(outdir), end(outdir)), 1);
  }

 private:
  std::filesystem::path root_;
};

/// How many descriptors this process has open.
inline std::ptrdiff_t open_descriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return std::distance(begin(all), end(all));
}

}  // namespace weft::wasi
