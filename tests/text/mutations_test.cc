// Texts with errors at random places: each is refused, or is a module that can be decoded.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "interp/decode/module_decoder.h"
#include "interp/text/assemble.h"

namespace weft::interp {

namespace {

constexpr size_t kMutations = 4000;

// The .wat files of this repository's tests.
std::vector<std::string> texts() {
  std::vector<std::filesystem::path> paths;
  const std::filesystem::path tests = std::string(WEFT_SOURCE_DIR) + "/tests";
  for (const auto& entry : std::filesystem::recursive_directory_iterator(tests)) {
    if (entry.path().extension() == ".wat") paths.push_back(entry.path());
  }
  std::ranges::sort(paths);
  std::vector<std::string> result;
  for (const auto& path : paths) {
    std::ifstream in(path, std::ios::binary);
    result.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
  return result;
}

class Mutator {
 public:
  explicit Mutator(uint32_t seed) : x_random(seed) {}

  std::string mutated(std::string text, const std::string& other) {
    const size_t edits = 1 + below(2);
    for (size_t i = 0; i < edits && !text.empty(); ++i) edit(text, other);
    return text;
  }
  size_t below(size_t limit) { return x_random() % limit; }

 private:
  void edit(std::string& text, const std::string& other) {
    constexpr std::string_view kPieces[] = {"(",
                                            ")",
                                            "\"",
                                            ";;",
                                            "(;",
                                            "$",
                                            "$x",
                                            " 0",
                                            "-1",
                                            "0x1p-1075",
                                            "nan:0x1",
                                            "(@a",
                                            "(@name \"a\")",
                                            "(then",
                                            "(do",
                                            "(catch_all",
                                            "end",
                                            "else",
                                            "(item",
                                            "(ref null",
                                            "(param $p i32)",
                                            "(result i32 i64)",
                                            "(type 0)",
                                            "block",
                                            "(if",
                                            "offset=4",
                                            "align=8",
                                            "\\ff",
                                            "\xff",
                                            "(rec",
                                            "(sub",
                                            "(field $x i8)",
                                            "(import \"\" \"\")",
                                            "i64",
                                            "(elem",
                                            "(data \"x\")",
                                            "(module",
                                            "br_table 0 1 2 ",
                                            "delegate 0 ",
                                            "select (result i32) "};
    const size_t at = below(text.size());
    const size_t size = std::min(1 + below(40), text.size() - at);
    switch (below(7)) {
      case 0:
        text.erase(at, size);
        break;
      case 1:
        text.insert(at, kPieces[below(std::size(kPieces))]);
        break;
      case 2:
        text[at] = static_cast<char>(below(256));
        break;
      case 3:
        text.insert(below(text.size()), std::string(text, at, size));
        break;
      case 4:
        text.resize(at);
        break;
      case 5: {
        const size_t digit = text.find_first_of("0123456789", at);
        if (digit != std::string::npos) text[digit] = static_cast<char>('0' + below(10));
        break;
      }
      default: {
        const size_t from = below(other.size());
        text.replace(at, size, std::string(other, from, 1 + below(60)));
      }
    }
  }

  std::mt19937 x_random;
};

// Implementation limits and what HeapType can't hold aside, whatever assembles is a binary module.
void expect_module(const std::string& text, const std::vector<uint8_t>& bytes) {
  const auto module = decode_module({bytes, nullptr});
  EXPECT_TRUE(module || module.error().kind() != ErrorKind::Malformed)
      << module.error().message() << "\n"
      << text;
}

TEST(TextMutations, AreRefusedOrAreModules) {
  const std::vector<std::string> originals = texts();
  ASSERT_GT(originals.size(), 30u);
  size_t refused = 0;
  for (uint32_t seed = 0; seed < kMutations; ++seed) {
    Mutator mutator(seed);
    const std::string& original = originals[seed % originals.size()];
    const std::string text = mutator.mutated(original, originals[mutator.below(originals.size())]);
    const auto bytes = assemble(text, {.names = seed % 2 == 0});
    if (bytes) {
      expect_module(text, *bytes);
    } else {
      ++refused;
      EXPECT_FALSE(bytes.error().message().empty());
    }
  }
  // Both happen often.
  EXPECT_GT(refused, kMutations / 4);
  EXPECT_LT(refused, kMutations - kMutations / 20);
}

TEST(TextMutations, EveryPrefixOfAModuleIsRefused) {
  const std::string text =
      "(module (rec (type $t (sub (struct (field $x (mut i8)))))) (memory 1 2) (func $f (param $p "
      "i32)"
      "(if (local.get $p) (then (try (do (drop (f32.const 0x1p3))) (catch_all)))) block $l br $l "
      "end $l)"
      "(@custom \"c\" (after func) \"x\") (elem declare func $f) (; ;) (data \"\\u{1f600}\\00\"))";
  ASSERT_TRUE(assemble(text).has_value());
  for (size_t size = 1; size < text.size(); ++size) {
    EXPECT_FALSE(assemble(text.substr(0, size)).has_value()) << size;
  }
}

}  // namespace

}  // namespace weft::interp
