// Every vector function of the instruction table, on every target compiled in that this machine can
// run, against references that compute lane by lane and share no code with it.
#include "tests/execute/simd_reference.h"

#include "interp/execute/simd_handler_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tests/execute/simd_ops_test.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>
#include "interp/execute/simd_ops-inl.h"

HWY_BEFORE_NAMESPACE();
namespace weft::interp {
namespace HWY_NAMESPACE {

using simd_reference::Inputs;
using simd_reference::VectorFn;

template <class T>
HWY_INLINE T scalar_of(const Inputs& in) {
  return read_unaligned<T>(&in.scalar);
}
template <class T>
HWY_INLINE V128 scalar_result(T value) {
  V128 out{};
  write_unaligned(&out, value);
  return out;
}
HWY_INLINE V128 vector_result(V value) {
  V128 out;
  store(value, &out);
  return out;
}

// One shape of function each, as one type of function.
template <auto Fn>
HWY_ATTR V128 run_unary(const Inputs& in) {
  return vector_result(Fn(load(&in.a)));
}
template <auto Fn>
HWY_ATTR V128 run_binary(const Inputs& in) {
  return vector_result(Fn(load(&in.a), load(&in.b)));
}
template <auto Fn>
HWY_ATTR V128 run_ternary(const Inputs& in) {
  return vector_result(Fn(load(&in.a), load(&in.b), load(&in.c)));
}
template <auto Fn>
HWY_ATTR V128 run_shift(const Inputs& in) {
  return vector_result(Fn(load(&in.a), scalar_of<uint32_t>(in)));
}
template <auto Fn>
HWY_ATTR V128 run_test(const Inputs& in) {
  return scalar_result(Fn(load(&in.a)));
}
template <auto Fn, class T>
HWY_ATTR V128 run_splat(const Inputs& in) {
  return vector_result(Fn(scalar_of<T>(in)));
}
template <auto Fn, size_t kLanes>
HWY_ATTR V128 run_extract(const Inputs& in) {
  return scalar_result(Fn(in.a.bytes, in.lane % kLanes));
}
template <auto Fn, class T, size_t kLanes>
HWY_ATTR V128 run_replace(const Inputs& in) {
  return vector_result(Fn(load(&in.a), scalar_of<T>(in), in.lane % kLanes));
}
template <auto Fn>
HWY_ATTR V128 run_load(const Inputs& in) {
  return vector_result(Fn(in.a.bytes));
}
HWY_ATTR V128 run_shuffle(const Inputs& in) {
  V128 lanes = in.c;
  for (uint8_t& lane : lanes.bytes) lane %= 32;
  return vector_result(i8x16_shuffle(load(&in.a), load(&in.b), load(&lanes)));
}

template <char kLetter>
using ScalarOf =
    std::conditional_t<kLetter == 'i', uint32_t,
                       std::conditional_t<kLetter == 'l', uint64_t,
                                          std::conditional_t<kLetter == 'f', float, double>>>;

using VectorFunctions = std::array<VectorFn*, kOpcodeCount>;
const VectorFunctions& vector_functions() {
  static constexpr VectorFunctions kFunctions = [] {
    VectorFunctions table{};
    table[index_of(Opcode::I8x16Shuffle)] = run_shuffle;
#define WEFT_OP(...)
#define WEFT_V_UNARY(prefix, code, Id, text, sig, feature, fn) \
  table[index_of(Opcode::Id)] = run_unary<fn>;
#define WEFT_V_BINARY(prefix, code, Id, text, sig, feature, fn) \
  table[index_of(Opcode::Id)] = run_binary<fn>;
#define WEFT_V_TERNARY(prefix, code, Id, text, sig, feature, fn) \
  table[index_of(Opcode::Id)] = run_ternary<fn>;
#define WEFT_V_SHIFT(prefix, code, Id, text, sig, feature, fn) \
  table[index_of(Opcode::Id)] = run_shift<fn>;
#define WEFT_V_TEST(prefix, code, Id, text, sig, feature, fn) \
  table[index_of(Opcode::Id)] = run_test<fn>;
#define WEFT_V_SPLAT(prefix, code, Id, text, sig, feature, fn) \
  table[index_of(Opcode::Id)] = run_splat<fn, ScalarOf<sig[0]>>;
#define WEFT_V_EXTRACT(prefix, code, Id, text, sig, feature, fn, lanes) \
  table[index_of(Opcode::Id)] = run_extract<fn, lanes>;
#define WEFT_V_REPLACE(prefix, code, Id, text, sig, feature, fn, lanes) \
  table[index_of(Opcode::Id)] = run_replace<fn, ScalarOf<sig[1]>, lanes>;
#define WEFT_V_LOAD(prefix, code, Id, text, sig, feature, fn, bytes) \
  table[index_of(Opcode::Id)] = run_load<fn>;
#include "interp/core/opcodes.def"
    return table;
  }();
  return kFunctions;
}

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace weft::interp
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace weft::interp {
namespace {

using simd_reference::Inputs;
using simd_reference::Reference;
using simd_reference::VectorFn;

class SimdOps : public testing::TestWithParam<Opcode> {};

std::vector<int64_t> runnable_targets() {
  std::vector<int64_t> targets;
  const int64_t all = supported_targets() & HWY_TARGETS;
  for (int64_t bit = 1; bit != 0; bit = static_cast<int64_t>(static_cast<uint64_t>(bit) << 1)) {
    if (all & bit) targets.push_back(bit);
  }
  return targets;
}

TEST(SimdTargets, TheOnesMeantForThisProcessorAreCompiled) {
  EXPECT_EQ(HWY_TARGETS & HWY_SCALAR, 0);
#if HWY_ARCH_X86 && !defined(__SSE4_1__)
  EXPECT_EQ(HWY_TARGETS, HWY_EMU128 | HWY_SSE4 | HWY_AVX2);
#endif
}

TEST(SimdTargets, AreTheOnesThatHighwayFinds) {
  EXPECT_EQ(supported_targets() & HWY_TARGETS,
            (hwy::SupportedTargets() | HWY_STATIC_TARGET | HWY_EMU128) & HWY_TARGETS);
}

TEST_P(SimdOps, AgreesWithItsReferenceOnEveryTarget) {
  const Opcode op = GetParam();
  const Reference& reference = simd_reference::reference_of(op);
  ASSERT_NE(reference.fn, nullptr) << info(op).text << " has no reference in simd_reference.cc";
  const std::vector<Inputs> inputs = simd_reference::inputs_of(op);
  for (const int64_t target : runnable_targets()) {
    VectorFn* const fn = WEFT_CALL_FOR_TARGET(vector_functions, target)[index_of(op)];
    ASSERT_NE(fn, nullptr);
    for (const Inputs& in : inputs) {
      const V128 expected = reference.fn(in);
      const V128 actual = fn(in);
      ASSERT_TRUE(simd_reference::matches(reference, in, expected, actual))
          << info(op).text << " on " << hwy::TargetName(target) << "\n  a " << in.a << "\n  b "
          << in.b << "\n  c " << in.c << "\n  scalar " << std::hex << in.scalar << " lane "
          << std::dec << in.lane << "\n  expected " << expected << "\n  actual   " << actual;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Rows, SimdOps, testing::ValuesIn(simd_reference::vector_opcodes()),
                         [](const auto& row) {
                           return std::string(interp::kInstrIds[interp::index_of(row.param)]);
                         });

}  // namespace
}  // namespace weft::interp

#endif  // HWY_ONCE
