#include "cli/files.h"

#include <cerrno>
#include <vector>

namespace weft::cli {

Result<std::string> read_file(const std::string& file) {
  const File in(std::fopen(file.c_str(), "rb"), std::fclose);
  if (!in) return fail(Error::from_errno(errno, file));
  std::string bytes;
  std::vector<char> part(std::size_t{1} << 16);
  while (const std::size_t got = std::fread(part.data(), 1, part.size(), in.get())) {
    bytes.append(part.data(), got);
  }
  if (std::ferror(in.get()) != 0) return fail(Error::from_errno(errno, file));
  return bytes;
}

}  // namespace weft::cli
