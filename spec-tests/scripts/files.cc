#include "spec-tests/scripts/files.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace weft::spectest {

namespace fs = std::filesystem;

std::string read_file(const fs::path& path) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> in(std::fopen(path.c_str(), "rb"),
                                                           std::fclose);
  std::string bytes;
  if (in) {
    std::array<char, 1 << 14> part;
    while (const std::size_t got = std::fread(part.data(), 1, part.size(), in.get())) {
      bytes.append(part.data(), got);
    }
  }
  if (!in || std::ferror(in.get()) != 0)
    throw std::runtime_error(path.string() + ": can't be read");
  return bytes;
}

std::vector<fs::path> find_scripts(const std::vector<std::string>& paths,
                                   std::string_view extension) {
  std::vector<fs::path> scripts;
  for (const std::string& path : paths) {
    if (!fs::exists(path)) throw std::runtime_error(path + ": there is no such file");
    if (!fs::is_directory(path)) {
      scripts.emplace_back(path);
      continue;
    }
    std::vector<fs::path> found;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(path)) {
      if (entry.is_regular_file() && entry.path().extension() == extension) {
        found.push_back(entry.path());
      }
    }
    std::ranges::sort(found);
    scripts.insert(scripts.end(), found.begin(), found.end());
  }
  return scripts;
}

namespace {

// Folders of WebAssembly/testsuite whose files need other features than the engine's default. The
// first that fits counts.
struct FolderRow {
  std::string_view folder;
  std::string_view features;
};
constexpr auto kFolders = std::to_array<FolderRow>({
    {"/legacy/", "wasm3,legacy-exceptions"},
    {"/proposals/threads/", "wasm1,bulk-memory,threads"},  // contradicts 3.0: see groups.txt
    {"/threads/", "wasm3,threads"},                        // of WebAssembly/threads itself
    {"/proposals/custom-page-sizes/", "wasm3,custom-page-sizes"},
    {"/proposals/wide-arithmetic/", "wasm3,wide-arithmetic"},
    {"/proposals/custom-descriptors/", "wasm3,custom-descriptors"},
});

}  // namespace

ScriptInfo info_of_folder(const fs::path& folder) {
  const std::string path = folder.generic_string() + "/";
  const auto* const row = std::ranges::find_if(
      kFolders, [&](const FolderRow& of) { return path.find(of.folder) != std::string::npos; });
  ScriptInfo result{.group = folder.filename()};
  if (row == kFolders.end()) return result;
  if (const Result<Features> features = Features::parse(row->features)) {
    result.features = *features;
  } else {
    result.unknown = row->features.substr(row->features.rfind(',') + 1);
  }
  return result;
}

}  // namespace weft::spectest
