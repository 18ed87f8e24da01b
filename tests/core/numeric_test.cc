// Every numeric row of the instruction table against references that share nothing with
// core/numeric.h: wide integers, x87 and quad arithmetic, libm.
#include "interp/core/numeric.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <type_traits>
#include <vector>

#include "interp/core/opcode.h"
#include "interp/core/trap.h"

namespace weft::interp {
namespace {

__extension__ typedef __int128 Wide;

struct Outcome {
  uint64_t bits = 0;
  TrapCode trap = TrapCode::None;
};
using Function = Outcome(uint64_t a, uint64_t b);

template <class T>
T from_bits(uint64_t bits) {
  T value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}
template <class T>
uint64_t to_bits(T value) {
  uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof value);
  return bits;
}

// ---- The functions under test, as one type of function

template <class T>
Outcome outcome(T result) {
  return {to_bits(result)};
}
template <class T>
Outcome outcome(Trapping<T> result) {
  return {to_bits(result.value), result.trap};
}
template <class R, class A>
A first_param(R (*)(A) noexcept);
template <class R, class A, class B>
A first_param(R (*)(A, B) noexcept);

template <auto Fn>
Outcome run_unary(uint64_t a, uint64_t) {
  return outcome(Fn(from_bits<decltype(first_param(Fn))>(a)));
}
template <auto Fn>
Outcome run_binary(uint64_t a, uint64_t b) {
  using T = decltype(first_param(Fn));
  return outcome(Fn(from_bits<T>(a), from_bits<T>(b)));
}

constexpr auto kFunctions = [] {
  std::array<Function*, kOpcodeCount> table{};
#define WEFT_OP(...)
#define WEFT_UNARY(prefix, code, Id, text, sig, feature, ...) \
  table[index_of(Opcode::Id)] = run_unary<&__VA_ARGS__>;
#define WEFT_BINARY(prefix, code, Id, text, sig, feature, ...) \
  table[index_of(Opcode::Id)] = run_binary<&__VA_ARGS__>;
#include "interp/core/opcodes.def"
  return table;
}();

// ---- References

template <class T, auto Fn>
Outcome in_wide(uint64_t a, uint64_t b) {
  return {to_bits(static_cast<std::make_unsigned_t<T>>(
      static_cast<uint64_t>(Fn(Wide{from_bits<T>(a)}, Wide{from_bits<T>(b)}))))};
}
template <class T, auto Fn>
Outcome test(uint64_t a, uint64_t b) {
  return {Fn(from_bits<T>(a), from_bits<T>(b)) ? uint64_t{1} : uint64_t{0}};
}
constexpr auto is_eq = [](auto x, auto y) { return x == y; };
constexpr auto is_ne = [](auto x, auto y) { return !(x == y); };
constexpr auto is_lt = [](auto x, auto y) { return x < y; };
constexpr auto is_gt = [](auto x, auto y) { return x > y; };
constexpr auto is_le = [](auto x, auto y) { return x <= y; };
constexpr auto is_ge = [](auto x, auto y) { return x >= y; };
constexpr auto is_zero = [](auto x, auto) { return x == 0; };

constexpr auto sum = [](Wide x, Wide y) { return x + y; };
constexpr auto difference = [](Wide x, Wide y) { return x - y; };
// Modulo 2^64: the product of two large u64 does not fit a signed Wide.
constexpr auto product = [](Wide x, Wide y) {
  return static_cast<uint64_t>(x) * static_cast<uint64_t>(y);
};
constexpr auto both = [](Wide x, Wide y) { return x & y; };
constexpr auto either = [](Wide x, Wide y) { return x | y; };
constexpr auto one_of = [](Wide x, Wide y) { return (x | y) - (x & y); };

template <class T, bool kRemainder>
Outcome divide(uint64_t a, uint64_t b) {
  const Wide x = from_bits<T>(a);
  const Wide y = from_bits<T>(b);
  if (y == 0) return {0, TrapCode::IntegerDivideByZero};
  const Wide result = kRemainder ? x % y : x / y;
  if (result > std::numeric_limits<T>::max()) return {0, TrapCode::IntegerOverflow};
  return {to_bits(static_cast<T>(result))};
}

// Bit by bit: what lands in bit i of the result.
template <class U, class Source>
Outcome gather_bits(uint64_t a, Source source) {
  constexpr int kBits = 8 * sizeof(U);
  uint64_t result = 0;
  for (int i = 0; i < kBits; ++i) {
    const int from = source(i, kBits);
    const uint64_t bit = from < 0 ? 0 : (a >> from) & 1;
    result |= bit << i;
  }
  return {result};
}
template <class U>
int count_of(uint64_t b) {
  return static_cast<int>(b % (8 * sizeof(U)));
}
template <class U>
Outcome shift_left(uint64_t a, uint64_t b) {
  return gather_bits<U>(a, [n = count_of<U>(b)](int i, int) { return i - n; });
}
template <class U>
Outcome shift_right_u(uint64_t a, uint64_t b) {
  return gather_bits<U>(
      a, [n = count_of<U>(b)](int i, int bits) { return i + n < bits ? i + n : -1; });
}
template <class U>
Outcome shift_right_s(uint64_t a, uint64_t b) {
  return gather_bits<U>(
      a, [n = count_of<U>(b)](int i, int bits) { return std::min(i + n, bits - 1); });
}
template <class U>
Outcome rotate_left(uint64_t a, uint64_t b) {
  return gather_bits<U>(a, [n = count_of<U>(b)](int i, int bits) { return (i + bits - n) % bits; });
}
template <class U>
Outcome rotate_right(uint64_t a, uint64_t b) {
  return gather_bits<U>(a, [n = count_of<U>(b)](int i, int bits) { return (i + n) % bits; });
}
template <class U>
Outcome leading_zeros(uint64_t a, uint64_t) {
  uint64_t n = 0;
  while (n < 8 * sizeof(U) && !(a >> (8 * sizeof(U) - 1 - n) & 1)) ++n;
  return {n};
}
template <class U>
Outcome trailing_zeros(uint64_t a, uint64_t) {
  uint64_t n = 0;
  while (n < 8 * sizeof(U) && !((a >> n) & 1)) ++n;
  return {n};
}
template <class U>
Outcome ones(uint64_t a, uint64_t) {
  uint64_t n = 0;
  for (size_t i = 0; i < 8 * sizeof(U); ++i) n += (a >> i) & 1;
  return {n};
}
// Keeps kBits bits and repeats the top one of them up to bit kTo.
template <int kBits, int kTo>
Outcome extend(uint64_t a, uint64_t) {
  return {
      gather_bits<uint64_t>(a, [](int i, int) { return i < kTo ? std::min(i, kBits - 1) : -1; })};
}
Outcome low_half(uint64_t a, uint64_t) { return {a & 0xffffffff}; }
Outcome same_bits(uint64_t a, uint64_t) { return {a}; }

// Wide enough that rounding its results once more gives T's (more than twice as many bits and two).
__extension__ typedef __float128 Quad;
template <class T>
using WiderOf = std::conditional_t<sizeof(T) == 4, long double, Quad>;

template <class T, auto Fn>
Outcome in_wider(uint64_t a, uint64_t b) {
  using W = WiderOf<T>;
  return {to_bits(static_cast<T>(Fn(W{from_bits<T>(a)}, W{from_bits<T>(b)})))};
}
constexpr auto float_sum = [](auto x, auto y) { return x + y; };
constexpr auto float_difference = [](auto x, auto y) { return x - y; };
constexpr auto float_product = [](auto x, auto y) { return x * y; };
constexpr auto float_quotient = [](auto x, auto y) { return x / y; };

template <class T, auto Fn>
Outcome in_libm(uint64_t a, uint64_t) {
  return {to_bits(T(Fn(from_bits<T>(a))))};
}
constexpr auto libm_ceil = [](auto x) { return std::ceil(x); };
constexpr auto libm_floor = [](auto x) { return std::floor(x); };
constexpr auto libm_trunc = [](auto x) { return std::trunc(x); };
constexpr auto libm_nearest = [](auto x) { return std::nearbyint(x); };
constexpr auto libm_sqrt = [](auto x) { return std::sqrt(x); };

template <class T, bool kMin>
Outcome extremum(uint64_t a, uint64_t b) {
  const T x = from_bits<T>(a);
  const T y = from_bits<T>(b);
  if (std::isnan(x) || std::isnan(y)) return {to_bits(std::numeric_limits<T>::quiet_NaN())};
  if (x == y) return {std::signbit(x) == kMin ? a : b};
  return {(x < y) == kMin ? a : b};
}
template <class T>
constexpr uint64_t kSign = uint64_t{1} << (8 * sizeof(T) - 1);
template <class T>
Outcome clear_sign(uint64_t a, uint64_t) {
  return {a & ~kSign<T>};
}
template <class T>
Outcome flip_sign(uint64_t a, uint64_t) {
  return {a ^ kSign<T>};
}
template <class T>
Outcome take_sign(uint64_t a, uint64_t b) {
  return {(a & ~kSign<T>) | (b & kSign<T>)};
}

// All of I's numbers are long doubles.
template <class I, class T, bool kSaturate>
Outcome truncate(uint64_t a, uint64_t) {
  const long double x = from_bits<T>(a);
  if (std::isnan(x))
    return kSaturate ? Outcome{0} : Outcome{0, TrapCode::InvalidConversionToInteger};
  const long double whole = std::truncl(x);
  using Limits = std::numeric_limits<I>;
  if (whole < static_cast<long double>(Limits::min()) ||
      whole > static_cast<long double>(Limits::max())) {
    return kSaturate ? Outcome{to_bits(x < 0 ? Limits::min() : Limits::max())}
                     : Outcome{0, TrapCode::IntegerOverflow};
  }
  return {to_bits(static_cast<I>(static_cast<Wide>(whole)))};
}
// Through the x87: exact, then rounded by a store.
template <class To, class From>
Outcome convert(uint64_t a, uint64_t) {
  const volatile long double exact = from_bits<From>(a);
  return {to_bits(static_cast<To>(exact))};
}

enum class Nan : uint8_t { Exact, Any };
struct Reference {
  Function* fn = nullptr;
  Nan nan = Nan::Exact;  // Any: results may be any NaN that the spec allows
};

constexpr auto kReferences = [] {
  std::array<Reference, kOpcodeCount> table{};
  const auto set = [&](Opcode op, Function* fn, Nan nan = Nan::Exact) {
    table[index_of(op)] = {fn, nan};
  };
  using enum Opcode;
  // clang-format off
#define INTEGERS(Type, S, U) \
  set(Type##Eqz, test<U, is_zero>); \
  set(Type##Eq, test<S, is_eq>); \
  set(Type##Ne, test<S, is_ne>); \
  set(Type##LtS, test<S, is_lt>); \
  set(Type##LtU, test<U, is_lt>); \
  set(Type##GtS, test<S, is_gt>); \
  set(Type##GtU, test<U, is_gt>); \
  set(Type##LeS, test<S, is_le>); \
  set(Type##LeU, test<U, is_le>); \
  set(Type##GeS, test<S, is_ge>); \
  set(Type##GeU, test<U, is_ge>); \
  set(Type##Clz, leading_zeros<U>); \
  set(Type##Ctz, trailing_zeros<U>); \
  set(Type##Popcnt, ones<U>); \
  set(Type##Add, in_wide<S, sum>); \
  set(Type##Sub, in_wide<S, difference>); \
  set(Type##Mul, in_wide<S, product>); \
  set(Type##DivS, divide<S, false>); \
  set(Type##DivU, divide<U, false>); \
  set(Type##RemS, divide<S, true>); \
  set(Type##RemU, divide<U, true>); \
  set(Type##And, in_wide<U, both>); \
  set(Type##Or, in_wide<U, either>); \
  set(Type##Xor, in_wide<U, one_of>); \
  set(Type##Shl, shift_left<U>); \
  set(Type##ShrS, shift_right_s<U>); \
  set(Type##ShrU, shift_right_u<U>); \
  set(Type##Rotl, rotate_left<U>); \
  set(Type##Rotr, rotate_right<U>); \
  set(Type##TruncF32S, truncate<S, float, false>); \
  set(Type##TruncF32U, truncate<U, float, false>); \
  set(Type##TruncF64S, truncate<S, double, false>); \
  set(Type##TruncF64U, truncate<U, double, false>); \
  set(Type##TruncSatF32S, truncate<S, float, true>); \
  set(Type##TruncSatF32U, truncate<U, float, true>); \
  set(Type##TruncSatF64S, truncate<S, double, true>); \
  set(Type##TruncSatF64U, truncate<U, double, true>)
  INTEGERS(I32, int32_t, uint32_t);
  INTEGERS(I64, int64_t, uint64_t);
#undef INTEGERS

#define FLOATS(Type, T) \
  set(Type##Eq, test<T, is_eq>); \
  set(Type##Ne, test<T, is_ne>); \
  set(Type##Lt, test<T, is_lt>); \
  set(Type##Gt, test<T, is_gt>); \
  set(Type##Le, test<T, is_le>); \
  set(Type##Ge, test<T, is_ge>); \
  set(Type##Abs, clear_sign<T>); \
  set(Type##Neg, flip_sign<T>); \
  set(Type##Copysign, take_sign<T>); \
  set(Type##Ceil, in_libm<T, libm_ceil>, Nan::Any); \
  set(Type##Floor, in_libm<T, libm_floor>, Nan::Any); \
  set(Type##Trunc, in_libm<T, libm_trunc>, Nan::Any); \
  set(Type##Nearest, in_libm<T, libm_nearest>, Nan::Any); \
  set(Type##Sqrt, in_libm<T, libm_sqrt>, Nan::Any); \
  set(Type##Add, in_wider<T, float_sum>, Nan::Any); \
  set(Type##Sub, in_wider<T, float_difference>, Nan::Any); \
  set(Type##Mul, in_wider<T, float_product>, Nan::Any); \
  set(Type##Div, in_wider<T, float_quotient>, Nan::Any); \
  set(Type##Min, extremum<T, true>, Nan::Any); \
  set(Type##Max, extremum<T, false>, Nan::Any); \
  set(Type##ConvertI32S, convert<T, int32_t>); \
  set(Type##ConvertI32U, convert<T, uint32_t>); \
  set(Type##ConvertI64S, convert<T, int64_t>); \
  set(Type##ConvertI64U, convert<T, uint64_t>)
  FLOATS(F32, float);
  FLOATS(F64, double);
#undef FLOATS
  // clang-format on
  set(I32WrapI64, low_half);
  set(I64ExtendI32S, extend<32, 64>);
  set(I64ExtendI32U, low_half);
  set(I32Extend8S, extend<8, 32>);
  set(I32Extend16S, extend<16, 32>);
  set(I64Extend8S, extend<8, 64>);
  set(I64Extend16S, extend<16, 64>);
  set(I64Extend32S, extend<32, 64>);
  set(F32DemoteF64, convert<float, double>, Nan::Any);
  set(F64PromoteF32, convert<double, float>, Nan::Any);
  set(I32ReinterpretF32, same_bits);
  set(I64ReinterpretF64, same_bits);
  set(F32ReinterpretI32, same_bits);
  set(F64ReinterpretI64, same_bits);
  return table;
}();

// ---- Operands

std::vector<uint64_t> edges_of(char letter) {
  if (letter == 'i' || letter == 'l') {
    std::vector<uint64_t> edges;
    const int bits = letter == 'i' ? 32 : 64;
    for (int shift : {0, 1, 4, 7, 8, 15, 16, 23, 24, 25, 31, 32, 52, 53, 54, 62, 63}) {
      for (int delta = -2; delta <= 2; ++delta) {
        const uint64_t x = (shift < bits ? uint64_t{1} << shift : 0) + static_cast<uint64_t>(delta);
        for (uint64_t y : {x, ~x, x | x << 1}) edges.push_back(letter == 'i' ? y & 0xffffffff : y);
      }
    }
    // Integers half way between two floats, and next to that.
    for (uint64_t x : {0x1000001ull, 0x1000003ull, 0x1ffffff01ull, 0x7fffffbfffffffffull,
                       0x7fffffc000000000ull, 0x7fffffc000000001ull, 0xffffff7fffffffffull,
                       0xffffff8000000000ull, 0x8000008000000001ull, 0x20000000000001ull,
                       0xfffffffffffffbffull, 0xfffffffffffffc00ull, 0x7ffffffffffffe00ull}) {
      edges.push_back(letter == 'i' ? x & 0xffffffff : x);
    }
    return edges;
  }
  std::vector<uint64_t> edges;
  const auto add = [&](auto zero) {
    using T = decltype(zero);
    using Limits = std::numeric_limits<T>;
    for (double x : {0.0,
                     0.25,
                     0.5,
                     0.75,
                     1.0,
                     1.1,
                     1.5,
                     2.5,
                     3.0,
                     3.5,
                     6.28,
                     1e10,
                     1e20,
                     1e30,
                     0x1p22,
                     0x1p23,
                     0x1p24,
                     0x1p31,
                     0x1p32,
                     0x1p51,
                     0x1p52,
                     0x1p53,
                     0x1p62,
                     0x1p63,
                     0x1p64,
                     0x1.fffffep127,
                     0x1.ffffffp127,
                     0x1p-126,
                     0x1p-149,
                     0x1p-150,
                     double{Limits::max()},
                     double{Limits::min()},
                     double{Limits::denorm_min()},
                     double{Limits::infinity()}}) {
      const T value = static_cast<T>(x);
      for (T near : {value, T(value + T{0.5}), T(value - T{0.5}), T(value - 1),
                     std::nextafter(value, T{0}), std::nextafter(value, Limits::infinity())}) {
        edges.push_back(to_bits(near));
        edges.push_back(to_bits(-near));
      }
    }
    constexpr int kFractionBits = Limits::digits - 1;
    const uint64_t exponent = to_bits(Limits::infinity());
    for (uint64_t fraction :
         {uint64_t{1} << (kFractionBits - 1), (uint64_t{1} << (kFractionBits - 1)) + 1, uint64_t{1},
          (uint64_t{1} << kFractionBits) - 1, (uint64_t{1} << (kFractionBits - 1)) - 1}) {
      edges.push_back(exponent | fraction);
      edges.push_back(kSign<T> | exponent | fraction);
    }
  };
  if (letter == 'f') {
    add(0.0f);
  } else {
    add(0.0);
  }
  std::ranges::sort(edges);
  edges.erase(std::unique(edges.begin(), edges.end()), edges.end());
  return edges;
}

// Any bits, or numbers of any size and exponent that operations like to meet.
uint64_t random_operand(char letter, std::mt19937_64& random) {
  const uint64_t bits = random();
  const bool wild = random() % 2 == 0;
  switch (letter) {
    case 'i':
      return (wild ? bits : bits >> random() % 64) & 0xffffffff;
    case 'l':
      return wild ? bits : bits >> random() % 64;
    case 'f':
      return wild ? bits & 0xffffffff
                  : to_bits(std::ldexp(static_cast<float>(static_cast<int32_t>(bits)),
                                       static_cast<int>(random() % 80) - 50));
    default:
      return wild ? bits
                  : to_bits(std::ldexp(static_cast<double>(static_cast<int64_t>(bits)),
                                       static_cast<int>(random() % 160) - 110));
  }
}

// ---- NaNs (Spec 3.0, 4.3.3 "NaN Propagation")

struct NanBits {
  uint64_t exponent;
  uint64_t quiet;
  uint64_t fraction;
};
constexpr NanBits nan_bits(char letter) {
  return letter == 'f' ? NanBits{0x7f800000, 0x00400000, 0x007fffff}
                       : NanBits{0x7ff0000000000000, 0x0008000000000000, 0x000fffffffffffff};
}
bool is_float(char letter) { return letter == 'f' || letter == 'd'; }
bool is_nan(char letter, uint64_t bits) {
  const NanBits nan = nan_bits(letter);
  return is_float(letter) && (bits & nan.exponent) == nan.exponent && (bits & nan.fraction) != 0;
}
bool is_canonical_nan(char letter, uint64_t bits) {
  return is_nan(letter, bits) && (bits & nan_bits(letter).fraction) == nan_bits(letter).quiet;
}

bool matches(Opcode op, Nan nan, uint64_t a, uint64_t b, const Outcome& expected,
             const Outcome& actual) {
  if (expected.trap != actual.trap) return false;
  if (expected.trap != TrapCode::None) return true;
  const char result = info(op).results()[0];
  if (nan == Nan::Exact || !is_nan(result, expected.bits)) return expected.bits == actual.bits;
  bool any_payload = false;
  const auto params = info(op).params();
  for (size_t i = 0; i < params.size(); ++i) {
    const uint64_t operand = i == 0 ? a : b;
    any_payload |= is_nan(params[i], operand) && !is_canonical_nan(params[i], operand);
  }
  if (!any_payload) return is_canonical_nan(result, actual.bits);
  return is_nan(result, actual.bits) && (actual.bits & nan_bits(result).quiet) != 0;
}

class Numeric : public testing::TestWithParam<Opcode> {};

TEST_P(Numeric, AgreesWithItsReference) {
  const Opcode op = GetParam();
  const Reference& reference = kReferences[index_of(op)];
  ASSERT_NE(reference.fn, nullptr) << info(op).text << " has no reference in this file";
  const auto check = [&](uint64_t a, uint64_t b) {
    const Outcome expected = reference.fn(a, b);
    const Outcome actual = kFunctions[index_of(op)](a, b);
    ASSERT_TRUE(matches(op, reference.nan, a, b, expected, actual))
        << info(op).text << std::hex << " of " << a << " and " << b << ": expected "
        << expected.bits << " \"" << text_of(expected.trap) << "\", got " << actual.bits << " \""
        << text_of(actual.trap) << '"';
  };
  std::mt19937_64 random(index_of(op));
  const auto params = info(op).params();
  const std::vector<uint64_t> first = edges_of(params[0]);
  for (uint64_t a : first) {
    if (params.size() == 1) {
      ASSERT_NO_FATAL_FAILURE(check(a, 0));
    } else {
      for (uint64_t b : first) ASSERT_NO_FATAL_FAILURE(check(a, b));
    }
  }
  for (int i = 0; i < 20'000; ++i) {
    const uint64_t a = random_operand(params[0], random);
    const uint64_t b = params.size() == 1 ? 0 : i % 16 == 0 ? a : random_operand(params[1], random);
    ASSERT_NO_FATAL_FAILURE(check(a, b));
  }
}

std::vector<Opcode> numeric_opcodes() {
  std::vector<Opcode> opcodes;
  for (size_t i = 0; i < kOpcodeCount; ++i) {
    if (kFunctions[i] != nullptr) opcodes.push_back(static_cast<Opcode>(i));
  }
  return opcodes;
}

INSTANTIATE_TEST_SUITE_P(Rows, Numeric, testing::ValuesIn(numeric_opcodes()), [](const auto& row) {
  return std::string(interp::kInstrIds[interp::index_of(row.param)]);
});

// ---- Words: schoolbook arithmetic on 16 bits at a time

// The digits of a number of 128 bits, the lowest first.
using Digits = std::array<uint32_t, 8>;
Digits digits_of(uint64_t low, uint64_t high) {
  Digits digits;
  for (size_t i = 0; i < 8; ++i)
    digits[i] = static_cast<uint32_t>((i < 4 ? low : high) >> 16 * (i % 4)) & 0xffff;
  return digits;
}
num::Words words_of(const Digits& digits) {
  num::Words words;
  for (size_t i = 8; i-- > 0;) {
    uint64_t& word = i < 4 ? words.low : words.high;
    word = word << 16 | digits[i];
  }
  return words;
}
num::Words digit_sum(Digits a, const Digits& b) {
  uint32_t carry = 0;
  for (size_t i = 0; i < 8; ++i) {
    carry += a[i] + b[i];
    a[i] = carry & 0xffff;
    carry >>= 16;
  }
  return words_of(a);
}
num::Words digit_difference(Digits a, const Digits& b) {
  uint32_t borrow = 0;
  for (size_t i = 0; i < 8; ++i) {
    const uint32_t minus = b[i] + borrow;
    borrow = a[i] < minus ? 1 : 0;
    a[i] = (a[i] + (borrow << 16)) - minus;
  }
  return words_of(a);
}
// Modulo 2^128, which is enough for sign-extended factors, too.
num::Words digit_product(const Digits& a, const Digits& b) {
  Digits result{};
  for (size_t i = 0; i < 8; ++i) {
    uint64_t carry = 0;
    for (size_t j = 0; i + j < 8; ++j) {
      carry += uint64_t{a[i]} * b[j] + result[i + j];
      result[i + j] = carry & 0xffff;
      carry >>= 16;
    }
  }
  return words_of(result);
}

TEST(Words, AgreeWithSchoolbookArithmetic) {
  const auto sign = [](uint64_t a) { return a >> 63 != 0 ? ~uint64_t{0} : 0; };
  const auto check = [&](uint64_t a, uint64_t b, uint64_t c, uint64_t d) {
    ASSERT_EQ(num::add128(a, b, c, d), digit_sum(digits_of(a, b), digits_of(c, d)));
    ASSERT_EQ(num::sub128(a, b, c, d), digit_difference(digits_of(a, b), digits_of(c, d)));
    ASSERT_EQ(num::mul_wide_u(a, b), digit_product(digits_of(a, 0), digits_of(b, 0)));
    ASSERT_EQ(num::mul_wide_s(a, b), digit_product(digits_of(a, sign(a)), digits_of(b, sign(b))));
  };
  std::mt19937_64 random(128);
  const std::vector<uint64_t> edges = edges_of('l');
  for (uint64_t a : edges) {
    for (uint64_t b : edges) {
      const uint64_t c = edges[random() % edges.size()];
      ASSERT_NO_FATAL_FAILURE(check(a, b, c, edges[random() % edges.size()]))
          << std::hex << a << " " << b << " " << c;
    }
  }
  for (int i = 0; i < 20'000; ++i) {
    const auto any = [&] { return random_operand('l', random); };
    ASSERT_NO_FATAL_FAILURE(check(any(), any(), any(), any()));
  }
}

// The functions serve constant expressions too.
static_assert(num::div_s<uint32_t>(0x80000000, 0xffffffff).trap == TrapCode::IntegerOverflow);
static_assert(num::rem_s<uint32_t>(0x80000000, 0xffffffff).value == 0);
static_assert(num::trunc_to<int32_t, double>(-2147483648.9).value == 0x80000000);
static_assert(num::trunc_to<uint64_t, float>(-0.9f).trap == TrapCode::None);
static_assert(num::trunc_sat_to<int64_t, float>(-1e30f) == 0x8000000000000000);
static_assert(num::nearest(2.5) == 2.0 && num::nearest(-0.5) == 0.0 && num::floor(-0.5) == -1.0);
static_assert(num::min(0.0f, -0.0f) == 0.0f &&
              std::bit_cast<uint32_t>(num::min(0.0f, -0.0f)) == 0x80000000);

}  // namespace
}  // namespace weft::interp
