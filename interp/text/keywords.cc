#include "interp/text/keywords.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "interp/text/literals.h"

namespace weft::interp {
namespace {

constexpr std::string_view kOtherWords[] = {"after",
                                            "any",
                                            "anyref",
                                            "array",
                                            "arrayref",
                                            "before",
                                            "binary",
                                            "catch_all_ref",
                                            "catch_ref",
                                            "code",
                                            "data",
                                            "declare",
                                            "definition",
                                            "do",
                                            "elem",
                                            "eq",
                                            "eqref",
                                            "exn",
                                            "exnref",
                                            "export",
                                            "extern",
                                            "externref",
                                            "f32",
                                            "f32x4",
                                            "f64",
                                            "f64x2",
                                            "field",
                                            "final",
                                            "first",
                                            "func",
                                            "funcref",
                                            "global",
                                            "i16",
                                            "i16x8",
                                            "i31",
                                            "i31ref",
                                            "i32",
                                            "i32x4",
                                            "i64",
                                            "i64x2",
                                            "i8",
                                            "i8x16",
                                            "import",
                                            "instance",
                                            "item",
                                            "last",
                                            "local",
                                            "memory",
                                            "module",
                                            "mut",
                                            "nan:arithmetic",
                                            "nan:canonical",
                                            "noexn",
                                            "noextern",
                                            "nofunc",
                                            "none",
                                            "null",
                                            "nullexnref",
                                            "nullexternref",
                                            "nullfuncref",
                                            "nullref",
                                            "offset",
                                            "pagesize",
                                            "param",
                                            "quote",
                                            "rec",
                                            "ref",
                                            "result",
                                            "shared",
                                            "start",
                                            "struct",
                                            "structref",
                                            "sub",
                                            "table",
                                            "tag",
                                            "then",
                                            "type",
                                            "v128"};
static_assert(std::ranges::is_sorted(kOtherWords));

constexpr uint32_t kSlots = 2048;  // some three for each instruction

constexpr uint32_t hash_of(std::string_view text) {
  uint32_t hash = 2166136261;
  for (const char c : text) hash = (hash ^ static_cast<uint8_t>(c)) * 16777619;
  return hash ^ hash >> 15;
}

constexpr std::array<uint16_t, kSlots> kInstrSlots = [] {
  std::array<uint16_t, kSlots> slots{};
  slots.fill(kNoOpcode);
  for (size_t i = 0; i < kOpcodeCount; ++i) {
    uint32_t slot = hash_of(kInstrs[i].text) % kSlots;
    while (slots[slot] != kNoOpcode) slot = (slot + 1) % kSlots;
    slots[slot] = static_cast<uint16_t>(i);
  }
  return slots;
}();

}  // namespace

std::optional<Opcode> find_instr(std::string_view text) {
  for (uint32_t slot = hash_of(text);; ++slot) {
    const uint16_t index = kInstrSlots[slot % kSlots];
    if (index == kNoOpcode) return std::nullopt;
    const auto opcode = static_cast<Opcode>(index);
    if (info(opcode).text == text) return opcode;
  }
}

bool is_known_keyword(std::string_view text) {
  if (find_instr(text) || std::ranges::binary_search(kOtherWords, text)) return true;
  for (const std::string_view word : {"align=", "offset="}) {
    uint64_t value = 0;
    if (!text.starts_with(word)) continue;
    const Literal literal = read_unsigned(text.substr(word.size()), UINT64_MAX, value);
    return literal == Literal::Ok || literal == Literal::OutOfRange;
  }
  return is_number(text);
}

}  // namespace weft::interp
