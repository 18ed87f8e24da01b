// What the handlers of two instructions share: the instructions' own functions, and tables of the
// forms of a row of fusions.def.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <utility>

#include "interp/core/numeric.h"
#include "interp/execute/abi.h"
#include "interp/execute/operands.h"
#include "interp/execute/shapes_memory.h"
#include "interp/execute/variants.h"
#include "interp/translate/fusion_rows.h"

namespace weft::interp {

namespace detail {
template <Opcode Op>
struct Numeric;
template <Opcode Op>
struct Access;
#define WEFT_OP(...)
#define WEFT_BINARY(prefix, code, Id, text, sig, feature, ...) \
  template <>                                                  \
  struct Numeric<Opcode::Id> {                                 \
    static constexpr auto function = &(__VA_ARGS__);           \
  };
#define WEFT_LOAD(prefix, code, Id, text, sig, feature, StoredType, ValueType) \
  template <>                                                                  \
  struct Access<Opcode::Id> {                                                  \
    using Stored = StoredType;                                                 \
    using Value = ValueType;                                                   \
  };
#define WEFT_STORE(prefix, code, Id, text, sig, feature, StoredType, ValueType) \
  template <>                                                                   \
  struct Access<Opcode::Id> {                                                   \
    using Stored = StoredType;                                                  \
    using Value = ValueType;                                                    \
  };
#include "interp/core/opcodes.def"
}  // namespace detail

// The function of a numeric instruction with two operands.
template <Opcode Op>
inline constexpr auto kFunctionOf = detail::Numeric<Op>::function;
// The types of a load or store, in memory and on the stack.
template <Opcode Op>
using StoredOf = typename detail::Access<Op>::Stored;
template <Opcode Op>
using ValueOf = typename detail::Access<Op>::Value;

// The second instruction, applied to the first one's result and its own other operand.
template <HandlerKey Key, class Value>
[[gnu::always_inline]] inline auto apply_outer(Value inner, Value other) {
  if constexpr ((Key.flags & kRight) != 0) {
    return kFunctionOf<Key.op>(other, inner);
  } else {
    return kFunctionOf<Key.op>(inner, other);
  }
}

// The first instruction, where it computes: of the operands a and b.
#define WEFT_INNER_OF_OPERANDS(Key, cell, reprs)                                       \
  kFunctionOf<(Key).inner>(read_operand<(Key).a, (reprs).in[0]>((cell).a, WEFT_STATE), \
                           read_operand<(Key).b, (reprs).in[1]>((cell).b, WEFT_STATE))

// The forms that exist of the rows with this shape and these representations.
template <Shape S, Reprs R, bool InnerCommutes>
struct FusedForms {
  static constexpr size_t kPlaces = 27 * 2;
  static constexpr size_t kFlagValues = 8;

  // kChecked, kBack and kScaled as a number.
  static constexpr size_t flag_value(uint8_t flags) {
    return ((flags & kChecked) != 0 ? 1u : 0u) | ((flags & kBack) != 0 ? 2u : 0u) |
           ((flags & kScaled) != 0 ? 4u : 0u);
  }
  static constexpr HandlerKey with(HandlerKey key, size_t index) {
    const size_t flags = index / kPlaces;
    size_t places = index % kPlaces;
    key.flags |=
        static_cast<uint8_t>(((flags & 1) != 0 ? kChecked : 0) | ((flags & 2) != 0 ? kBack : 0) |
                             ((flags & 4) != 0 ? kScaled : 0));
    key.d = static_cast<Out>(places % 2);
    places /= 2;
    key.c = static_cast<In>(places % 3);
    places /= 3;
    key.b = static_cast<In>(places % 3);
    key.a = static_cast<In>(places / 3);
    return key;
  }
  static constexpr size_t index_of(const HandlerKey& key) {
    const auto place = [](In in) { return static_cast<size_t>(in); };
    return flag_value(key.flags) * kPlaces +
           ((place(key.a) * 3 + place(key.b)) * 3 + place(key.c)) * 2 + static_cast<size_t>(key.d);
  }
  static constexpr bool exists(size_t index) {
    // Any instruction that commutes or doesn't will do.
    HandlerKey key =
        with({.shape = S, .inner = InnerCommutes ? Opcode::I32Add : Opcode::I32Sub}, index);
    const uint8_t flags = fused_flags(S);
    return (key.flags & ~flags) == 0 && fused_form_exists(key, R);
  }

  static constexpr size_t kIndexCount = kPlaces * kFlagValues;
  static constexpr auto kPresent = [] {
    PresentBits<kIndexCount> present{};
    for (size_t i = 0; i < kIndexCount; ++i) {
      if (exists(i)) present[i / 64] |= uint64_t{1} << (i % 64);
    }
    return present;
  }();
  static constexpr size_t kCount = [] {
    size_t count = 0;
    for (size_t i = 0; i < kIndexCount; ++i) count += exists(i) ? 1u : 0u;
    return count;
  }();
  static constexpr auto kIndices = [] {
    std::array<uint16_t, kCount> indices{};
    size_t count = 0;
    for (size_t i = 0; i < kIndexCount; ++i) {
      if (exists(i)) indices[count++] = static_cast<uint16_t>(i);
    }
    return indices;
  }();
};

// The forms of a row, which number its handlers.
struct FusedRow {
  const uint64_t* present;
  size_t (*index_of)(const HandlerKey&);
};

// The rows of the shapes that a family has. make.template operator()<key>() yields the handler of a
// key that exists.
template <class Make, Shape... Shapes>
struct FusedFamily {
  static constexpr bool has(Shape shape) { return ((shape == Shapes) || ...); }

  template <size_t Row>
  struct RowTable {
    static constexpr HandlerKey kKey = kFusions[Row].key();
    using Forms = FusedForms<kKey.shape, reprs_of(kKey), commutes(kKey.inner)>;
    static constexpr auto kHandlers = []<size_t... I>(std::index_sequence<I...>) {
      return std::array<HandlerFn*, sizeof...(I)> {
        Make().template operator()<Forms::with(kKey, Forms::kIndices[I])>()...
      };
    }(std::make_index_sequence<Forms::kCount>{});
  };
  // kFusions is sorted by shape: the family's rows of a shape stand together there.
  template <Shape S>
  static constexpr size_t kRowsOfOthersBefore = static_cast<size_t>(std::ranges::count_if(
      kFusions, [](const Fusion& fusion) { return fusion.shape < S && !has(fusion.shape); }));
  static constexpr auto kRowsOfFamily = [] {
    std::array<size_t, static_cast<size_t>(std::ranges::count_if(
                           kFusions, [](const Fusion& fusion) { return has(fusion.shape); }))>
        rows{};
    size_t count = 0;
    for (size_t i = 0; i < kFusions.size(); ++i) {
      if (has(kFusions[i].shape)) rows[count++] = i;
    }
    return rows;
  }();

  static HandlerFn* find(const HandlerKey& key) {
    size_t others = 0;
    ((others = key.shape == Shapes ? kRowsOfOthersBefore<Shapes> : others), ...);
    const auto fusion = find_fusion(key);
    if (!fusion || !has(key.shape)) return nullptr;
    const size_t row = *fusion - others;
    const size_t number = number_among(kRows[row].present, kRows[row].index_of(key));
    return number == kAbsent ? nullptr : Lists::at(row, number);
  }

 private:
  // f.template operator()<row>... of every row of the family.
  static constexpr auto for_all_rows(auto f) {
    return [&f]<size_t... I>(std::index_sequence<I...>) {
      return f.template operator()<kRowsOfFamily[I]...>();
    }(std::make_index_sequence<kRowsOfFamily.size()>{});
  }
  using Lists = HandlerLists<[] {
    return for_all_rows([]<size_t... Row>() {
      return std::array<std::span<HandlerFn* const>, sizeof...(Row)>{RowTable<Row>::kHandlers...};
    });
  }>;
  static constexpr auto kRows = for_all_rows([]<size_t... Row>() {
    return std::array{
        FusedRow{RowTable<Row>::Forms::kPresent.data(), &RowTable<Row>::Forms::index_of}...};
  });
};

}  // namespace weft::interp
