// What is not UTF-8, as rules about two neighbouring bytes; the tables by which bytes-inl.h looks
// them up.
//
// The method is Keiser and Lemire's ("Validating UTF-8 In Less Than One Instruction Per Byte",
// 2021): a table for each of the first byte's two nibbles and one for the second byte's upper
// nibble give the set of rules that the nibble fits; a rule that is in all three sets is broken.
#pragma once

#include <array>
#include <cstdint>

namespace weft::interp::utf8 {

struct Range {
  uint8_t first;
  uint8_t last;
  constexpr bool has(unsigned nibble) const { return first <= nibble && nibble <= last; }
};

struct Rule {
  Range first_high;
  Range first_low;
  Range second_high;
};

// Not an error by itself: two continuation bytes in a row are right in longer sequences, and only
// there.
inline constexpr unsigned kTwoContinuations = 7;

inline constexpr Range kAny = {0x0, 0xf};
inline constexpr Range kContinuation = {0x8, 0xb};  // upper nibbles of 0x80-0xbf

// Rule i is bit i of the tables' bytes. Ranges are of nibbles, so some rules take two rows.
struct NumberedRule {
  unsigned bit;
  Rule rule;
};
inline constexpr NumberedRule kRules[] = {
    {0, {{0x0, 0x7}, kAny, kContinuation}},  // a continuation byte after ASCII
    {1, {{0xc, 0xf}, kAny, {0x0, 0x7}}},     // a lead byte without continuation: ASCII follows,
    {1, {{0xc, 0xf}, kAny, {0xc, 0xf}}},     // or another lead byte
    {2, {{0xc, 0xc}, {0x0, 0x1}, kContinuation}},  // c0, c1: two bytes for less than U+0080
    {3, {{0xe, 0xe}, {0x0, 0x0}, {0x8, 0x9}}},     // e0 80-9f: three bytes for less than U+0800
    {4, {{0xe, 0xe}, {0xd, 0xd}, {0xa, 0xb}}},     // ed a0-bf: surrogates
    {5, {{0xf, 0xf}, {0x4, 0xf}, {0x9, 0xb}}},     // f4 90 and above: beyond U+10FFFF
    {6, {{0xf, 0xf}, {0x0, 0x0}, {0x8, 0x8}}},     // f0 80-8f: four bytes for less than U+10000
    {6, {{0xf, 0xf}, {0x5, 0xf}, {0x8, 0x8}}},     // f5 80-8f and above: beyond U+10FFFF
    {kTwoContinuations, {{0x8, 0xb}, kAny, kContinuation}},
};

using Table = std::array<uint8_t, 16>;

constexpr Table table_of(Range Rule::* column) {
  Table table{};
  for (const auto& [bit, rule] : kRules) {
    for (unsigned nibble = 0; nibble < 16; ++nibble) {
      if ((rule.*column).has(nibble)) table[nibble] |= static_cast<uint8_t>(1u << bit);
    }
  }
  return table;
}

alignas(16) inline constexpr Table kFirstHigh = table_of(&Rule::first_high);
alignas(16) inline constexpr Table kFirstLow = table_of(&Rule::first_low);
alignas(16) inline constexpr Table kSecondHigh = table_of(&Rule::second_high);

}  // namespace weft::interp::utf8
