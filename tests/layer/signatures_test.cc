// Values of all types through functions of many signatures, and their bits.
#include <algorithm>

#include "tests/decode/module_bytes.h"
#include "tests/layer/layer_test.h"

namespace weft::layer {
namespace {

namespace bytes = interp::testing;

class SignatureLayer : public LayerTest {
 protected:
  void SetUp() override { WEFT_NEEDS(engine_, V128); }

  static constexpr std::uint8_t kCodes[] = {0x7f, 0x7e, 0x7d, 0x7c, 0x7b};
  using Kinds = std::vector<std::size_t>;  // places in kCodes

  // All bits differ from value to value, and none of the halves is zero.
  static Val value(std::size_t kind, std::uint64_t seed) {
    const std::uint64_t bits = (seed + 1) * 0x9e37'79b9'7f4a'7c15u;
    switch (kind) {
      case 0:
        return static_cast<std::int32_t>(bits | 0x8000'0000u);
      case 1:
        return static_cast<std::int64_t>(bits | 0x8000'0000'0000'0000u);
      case 2:
        return Val::f32_bits(static_cast<std::uint32_t>(bits | 0x7f80'0001u));
      case 3:
        return Val::f64_bits(bits | 0x7ff0'0000'0000'0001u);
      default:
        return V128::from_lanes(std::array{bits, ~bits});
    }
  }
  static std::vector<Val> values(const Kinds& kinds, std::uint64_t seed) {
    std::vector<Val> all;
    for (const std::size_t kind : kinds) all.push_back(value(kind, seed++));
    return all;
  }
  static std::vector<ValType> types(const Kinds& kinds) {
    std::vector<ValType> all;
    for (const std::size_t kind : kinds) all.push_back(value(kind, 0).type());
    return all;
  }

  // A guest of that type that calls the host's function of that type, with an operand below its
  // arguments that must still be there afterwards.
  static bytes::Bytes program(const Kinds& params, const Kinds& results) {
    using B = bytes::ModuleBuilder;
    bytes::Bytes param_codes;
    bytes::Bytes result_codes;
    bytes::Bytes code{0x42, 0x2a};  // i64.const 42
    for (std::size_t i = 0; i < params.size(); ++i) {
      param_codes.push_back(kCodes[params[i]]);
      code = bytes::join(code, bytes::Bytes{0x20}, bytes::unsigned_leb(i));
    }
    for (const std::size_t kind : results) result_codes.push_back(kCodes[kind]);
    bytes::Bytes outer = result_codes;
    outer.insert(outer.begin(), kCodes[1]);
    return B()
        .type(param_codes, result_codes)
        .type(param_codes, outer)
        .item(B::kImport, bytes::join(bytes::text("h"), bytes::text("f"), bytes::Bytes{0, 0}))
        .func(1, bytes::join(code, bytes::Bytes{0x10, 0}))
        .item(B::kExport, bytes::join(bytes::text("f"), bytes::Bytes{0, 1}))
        .build();
  }

  void check(const Kinds& params, const Kinds& results) {
    const FuncType type(types(params), types(results));
    SCOPED_TRACE(to_string(type));
    const std::vector<Val> arguments = values(params, 1);
    const std::vector<Val> answers = values(results, 100);
    std::vector<Val> seen;
    const Extern host = or_throw(
        Func::create(store_, type, [&](Caller&, std::span<const Val> in, std::span<Val> out) {
          seen.assign(in.begin(), in.end());
          std::ranges::copy(answers, out.begin());
          return Result<void>();
        }));
    const Module module = or_throw(Module::from_bytes(engine_, program(params, results)));
    const Instance instance = or_throw(Instance::create(store_, module, {&host, 1}));
    std::vector<Val> expected = answers;
    expected.insert(expected.begin(), std::int64_t{42});
    EXPECT_EQ(or_throw(or_throw(instance.func(store_, "f")).call(store_, arguments)), expected);
    EXPECT_EQ(seen, arguments);
  }

  static Kinds in_turns(std::size_t count, std::size_t first) {
    Kinds kinds;
    for (std::size_t i = 0; i < count; ++i) kinds.push_back((first + i) % std::size(kCodes));
    return kinds;
  }
};
WEFT_ON_EVERY_BACKEND(SignatureLayer);

TEST_P(SignatureLayer, AllOfTwoParametersAndOneResult) {
  std::vector<Kinds> params{{}};
  for (std::size_t a = 0; a < std::size(kCodes); ++a) {
    params.push_back({a});
    for (std::size_t b = 0; b < std::size(kCodes); ++b) params.push_back({a, b});
  }
  for (const Kinds& in : params) {
    check(in, {});
    for (std::size_t result = 0; result < std::size(kCodes); ++result) check(in, {result});
  }
}

TEST_P(SignatureLayer, ManyParametersAndFewResultsAndTheReverse) {
  for (const std::size_t count : {3, 4, 5, 6, 15, 16, 17, 64, 65, 200}) {
    for (const std::size_t few : {0, 1, 2}) {
      check(in_turns(count, few), in_turns(few, count));
      check(in_turns(few, count), in_turns(count, few));
    }
    // Of one type, so that vectors don't decide.
    for (std::size_t kind = 0; kind < std::size(kCodes); ++kind) {
      check(Kinds(count, kind), Kinds(1, kind));
    }
  }
}

TEST_P(SignatureLayer, TypedFunctionsGetAndGiveTheSameBits) {
  const auto all = or_throw(
      wrap([](std::int8_t a, std::uint32_t b, std::int64_t c, float d, double e, const V128& f,
              bool g) { return std::tuple(g, f, e, d, c, b, a); })
          .typed<std::tuple<bool, V128, double, float, std::int64_t, std::uint32_t, std::int8_t>(
              std::int8_t, std::uint32_t, std::int64_t, float, double, V128, bool)>(store_));
  const V128 vector = V128::from_lanes(std::array<std::uint64_t, 2>{1, ~std::uint64_t{2}});
  EXPECT_EQ(or_throw(all(store_, -5, 0xffff'fff0u, INT64_MIN, -0.0f, 1e300, vector, true)),
            std::tuple(true, vector, 1e300, -0.0f, INT64_MIN, 0xffff'fff0u, std::int8_t{-5}));
}

TEST_P(SignatureLayer, ReferencesAreMixedWithNumbers) {
  WEFT_NEEDS(engine_, ExternRef);
  const ExternRef object = ExternRef::make<int>(store_, 7);
  const Func callee = wrap([] { return 1; });
  const auto mixed =
      or_throw(wrap([](float a, const ExternRef& b, std::int64_t c, std::optional<Func> d,
                       const ExternRef& e) { return std::tuple(d, c, b, a, e.is_null()); })
                   .typed<std::tuple<std::optional<Func>, std::int64_t, ExternRef, float, bool>(
                       float, ExternRef, std::int64_t, std::optional<Func>, ExternRef)>(store_));
  EXPECT_EQ(or_throw(mixed(store_, 1.5f, object, -1, callee, ExternRef())),
            std::tuple(std::optional(callee), std::int64_t{-1}, object, 1.5f, true));
}

}  // namespace
}  // namespace weft::layer
