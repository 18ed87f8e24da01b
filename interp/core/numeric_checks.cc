// No column of the instruction table can lie: every numeric row's signature is the type of the
// function it names.
#include <string_view>

#include "interp/core/numeric.h"
#include "interp/core/trap.h"

namespace weft::interp {
namespace {

template <class T>
inline constexpr char kLetter = '?';
template <>
inline constexpr char kLetter<uint32_t> = 'i';
template <>
inline constexpr char kLetter<uint64_t> = 'l';
template <>
inline constexpr char kLetter<float> = 'f';
template <>
inline constexpr char kLetter<double> = 'd';
template <class T>
inline constexpr char kLetter<Trapping<T>> = kLetter<T>;

template <class Result, class... Params>
constexpr bool has_signature(Result (*)(Params...) noexcept, std::string_view signature) {
  const char letters[] = {kLetter<Params>..., ':', kLetter<Result>};
  return signature == std::string_view(letters, sizeof letters);
}
template <class... Params>
constexpr bool has_signature(num::Words (*)(Params...) noexcept, std::string_view signature) {
  const char letters[] = {kLetter<Params>..., ':', 'l', 'l'};
  return signature == std::string_view(letters, sizeof letters);
}

#define WEFT_OP(...)
#define WEFT_UNARY(prefix, code, Id, text, sig, feature, ...) \
  static_assert(has_signature(&__VA_ARGS__, sig),             \
                text ": the signature is not the function's type");
#define WEFT_BINARY WEFT_UNARY
#define WEFT_WIDE WEFT_UNARY
#include "interp/core/opcodes.def"

}  // namespace
}  // namespace weft::interp
