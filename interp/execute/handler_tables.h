// Tables of handlers. What handlers they have is known as pointers when compiling; in the program
// they are lists of distances, where the assembler can tell how far it is from an entry to its
// handler: there are twelve thousand, and pointers would be 24 pages that the loader copies, to
// relocate them, whenever a process starts. Tables of a few handlers are what they are when
// compiling (VariantSpace::Table).
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <utility>

#include "interp/core/opcode.h"
#include "interp/execute/abi.h"

// 0: lists of pointers.
#ifndef WEFT_HANDLER_DISTANCES
#if defined(__clang__) && defined(__x86_64__) && defined(__ELF__)
#define WEFT_HANDLER_DISTANCES 1
#else
#define WEFT_HANDLER_DISTANCES 0
#endif
#endif

namespace weft::interp {

// The handlers of Source::kHandlers, a std::array that exists only when compiling, by number.
template <class Source>
class HandlerList {
 public:
  static HandlerFn* at(size_t number) {
#if WEFT_HANDLER_DISTANCES
    const int32_t* const entry =
        distances(std::make_index_sequence<Source::kHandlers.size()>()) + number;
    return reinterpret_cast<HandlerFn*>(reinterpret_cast<intptr_t>(entry) + *entry);
#else
    static constexpr auto kHandlers = Source::kHandlers;
    return kHandlers[number];
#endif
  }

#if WEFT_HANDLER_DISTANCES
 private:
#define WEFT_IN_LIST(text) \
  ".pushsection .rodata.weft_handlers,\"a\",@progbits\n\t" text "\n\t.popsection"
  template <HandlerFn* Handler>
  [[gnu::always_inline]] static void put() {
    asm volatile(WEFT_IN_LIST(".long %c0 - .") : : "i"(Handler));
  }
  // Where the list is, and what puts it there: one entry after the other, since volatile assembly
  // stays in its order. A copy of this function would have its own.
  template <size_t... Number>
  [[gnu::noinline]] static const int32_t* distances(std::index_sequence<Number...>) {
    const int32_t* first;
    asm volatile(WEFT_IN_LIST(".balign 4\n0:") "\n\tlea 0b(%%rip), %0" : "=r"(first));
    static_cast<void>(std::initializer_list<int>{(put<Source::kHandlers[Number]>(), 0)...});
    return first;
  }
#undef WEFT_IN_LIST
#endif
};

// Tables hold the handlers that there are in the order of their indices, and a bit for each index
// that has one: a table of all indices would be half empty.
template <size_t N>
using PresentBits = std::array<uint64_t, (N + 63) / 64>;

inline constexpr size_t kAbsent = SIZE_MAX;
// How many indices before this one have a handler, or kAbsent if this one has none.
[[gnu::noinline]] inline size_t number_among(const uint64_t* present, size_t index) {
  const uint64_t bit = uint64_t{1} << (index % 64);
  if ((present[index / 64] & bit) == 0) return kAbsent;
  auto number = static_cast<size_t>(std::popcount(present[index / 64] & (bit - 1)));
  for (size_t i = 0; i < index / 64; ++i) number += static_cast<size_t>(std::popcount(present[i]));
  return number;
}

// The handlers of several tables, one table's after the other's: what a HandlerList is made of.
template <size_t Count, size_t N>
constexpr auto concatenated(const std::array<std::span<HandlerFn* const>, N>& tables) {
  std::array<HandlerFn*, Count> all{};
  auto end = all.begin();
  for (const auto& table : tables) end = std::ranges::copy(table, end).out;
  return all;
}
// The numbers that the tables begin with in there, and where the last one ends.
template <size_t N>
constexpr auto first_numbers(const std::array<std::span<HandlerFn* const>, N>& tables) {
  std::array<uint16_t, N + 1> firsts{};
  for (size_t i = 0; i < N; ++i)
    firsts[i + 1] = static_cast<uint16_t>(firsts[i] + tables[i].size());
  return firsts;
}

// Many tables in one list, found by number. spans() yields an array of them.
template <auto spans>
struct HandlerLists {
  static constexpr auto kFirsts = first_numbers(spans());
  static constexpr auto kHandlers = concatenated<kFirsts.back()>(spans());

  static HandlerFn* at(size_t table, size_t number) {
    return HandlerList<HandlerLists>::at(kFirsts[table] + number);
  }
};

// Tables of a space, found by number. tables() yields an array of them.
template <auto tables>
struct HandlerTables {
  static constexpr size_t kCount = tables().size();
  static constexpr auto kPresent = [] {
    std::array<decltype(tables()[0].present), kCount> present{};
    std::ranges::transform(tables(), present.begin(),
                           [](const auto& table) { return table.present; });
    return present;
  }();
  using Lists = HandlerLists<[] {
    std::array<std::span<HandlerFn* const>, kCount> spans;
    std::ranges::transform(tables(), spans.begin(),
                           [](const auto& table) { return table.handlers; });
    return spans;
  }>;

  static HandlerFn* find(size_t table, size_t index) {
    const size_t number = number_among(kPresent[table].data(), index);
    return number == kAbsent ? nullptr : Lists::at(table, number);
  }
};

// The table of an instruction, of those that have one.
template <class Table>
struct OpcodeTable {
  Opcode op;
  Table table;  // without handlers: the instruction has none
};
// items() yields an array of OpcodeTables.
template <auto items>
struct OpcodeTables {
  static constexpr bool has_any(const auto& item) { return !item.table.handlers.empty(); }
  static constexpr size_t kCount = static_cast<size_t>(
      std::ranges::count_if(items(), [](const auto& item) { return has_any(item); }));
  static_assert(kCount < 256);
  using Tables = HandlerTables<[] {
    std::array<decltype(items()[0].table), kCount> tables{};
    size_t count = 0;
    for (const auto& item : items())
      if (has_any(item)) tables[count++] = item.table;
    return tables;
  }>;
  static constexpr auto kNumbers = [] {
    std::array<uint8_t, kOpcodeCount> numbers{};  // from 1
    uint8_t count = 0;
    for (const auto& item : items())
      if (has_any(item)) numbers[index_of(item.op)] = ++count;
    return numbers;
  }();

  static HandlerFn* find(Opcode op, size_t index) {
    const uint8_t number = kNumbers[index_of(op)];
    return number == 0 ? nullptr : Tables::find(number - 1u, index);
  }
};

}  // namespace weft::interp
