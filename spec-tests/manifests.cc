#include "spec-tests/manifests.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "spec-tests/scripts/files.h"

namespace weft::spectest {

namespace fs = std::filesystem;

namespace {

// As groups.txt lists them: on top of Wasm 2.0 if no version is named.
void read_features(const std::string& list, ScriptInfo& info) {
  for (std::size_t begin = 0; begin < list.size();) {
    const std::size_t end = std::min(list.find(',', begin), list.size());
    std::string name = list.substr(begin, end - begin);
    begin = end + 1;
    if (!Features::parse(name)) {
      info.unknown = std::move(name);
      return;
    }
  }
  info.features = or_throw(Features::parse(list.starts_with("wasm") ? list : "wasm2," + list));
}

std::string without_extension(fs::path path) { return path.replace_extension().generic_string(); }

}  // namespace

ScriptInfo Manifests::info_of(const fs::path& script) {
  const fs::path absolute = fs::absolute(script).lexically_normal();
  for (fs::path folder = absolute.parent_path();; folder = folder.parent_path()) {
    if (const Rows* rows = rows_in(folder)) {
      const auto row = rows->find(without_extension(absolute.lexically_relative(folder)));
      if (row != rows->end()) {
        ScriptInfo result;
        result.group = row->second.group;
        read_features(row->second.features, result);
        return result;
      }
    }
    if (folder == folder.root_path()) return info_of_folder(absolute.parent_path());
  }
}

const Manifests::Rows* Manifests::rows_in(const fs::path& folder) {
  const auto [entry, fresh] = x_read.try_emplace(folder);
  if (fresh) {
    if (const fs::path manifest = folder / "manifest.tsv"; fs::exists(manifest)) {
      Rows& rows = entry->second.emplace();
      const std::string text = read_file(manifest);
      for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        const std::string line = text.substr(begin, end - begin);
        begin = end + 1;
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
