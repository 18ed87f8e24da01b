#include "spec-tests/scripts/files.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace weft::spectest {

namespace fs = std::filesystem;

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

std::optional<std::string> read_features(const std::string& list, Features& features) {
  features = Features::wasm2();
  for (std::size_t begin = 0; begin < list.size();) {
    const std::size_t end = std::min(list.find(',', begin), list.size());
    const std::string name = list.substr(begin, end - begin);
    begin = end + 1;
    if (name == "wasm1") {
      features = Features::none();
      features.mutable_globals = true;
    } else if (name == "wasm3") {
      features = Features::wasm3();
    } else if (name != "wasm2" && !features.set(name, true)) {
      return name;
    }
  }
  return std::nullopt;
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

std::string without_extension(fs::path path) { return path.replace_extension().generic_string(); }

ScriptInfo info_of_folder(const fs::path& folder) {
  const std::string path = folder.generic_string() + "/";
  const auto* const row = std::ranges::find_if(
      kFolders, [&](const FolderRow& of) { return path.find(of.folder) != std::string::npos; });
  ScriptInfo result{.group = folder.filename()};
  if (row == kFolders.end()) return result;
  result.unknown = read_features(std::string(row->features), result.features).value_or("");
  return result;
}

}  // namespace

ScriptInfo Manifests::info_of(const fs::path& script) {
  const fs::path absolute = fs::absolute(script).lexically_normal();
  for (fs::path folder = absolute.parent_path();; folder = folder.parent_path()) {
    if (const Rows* rows = rows_in(folder)) {
      const auto row = rows->find(without_extension(absolute.lexically_relative(folder)));
      if (row != rows->end()) {
        ScriptInfo result;
        result.group = row->second.group;
        result.unknown = read_features(row->second.features, result.features).value_or("");
        return result;
      }
    }
    if (folder == folder.root_path()) return info_of_folder(absolute.parent_path());
  }
}

const Manifests::Rows* Manifests::rows_in(const fs::path& folder) {
  const auto [entry, fresh] = x_read.try_emplace(folder);
  if (fresh) {
    if (std::ifstream in(folder / "manifest.tsv"); in) {
      Rows& rows = entry->second.emplace();
      for (std::string line; std::getline(in, line);) {
        const std::size_t path = line.find('\t');
        const std::size_t group = path == std::string::npos ? path : line.find('\t', path + 1);
        if (group == std::string::npos) continue;
        rows.emplace(without_extension(line.substr(0, path)),
                     Row{line.substr(path + 1, group - path - 1), line.substr(group + 1)});
      }
    }
  }
  return entry->second ? &*entry->second : nullptr;
}

}  // namespace weft::spectest
