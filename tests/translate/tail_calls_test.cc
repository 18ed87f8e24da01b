// Where the arguments of tail calls go: to the beginning of a frame that other arguments are still
// read from.
#include <random>

#include "tests/translate/translated.h"

namespace weft::interp::testing {
namespace {

using enum Opcode;

TEST(TailCallArguments, AreComputedInPlaceWhereNothingElseReadsIt) {
  // The accumulating loop of functional programs: of its two parameters the first is read until
  // the second is computed.
  const Source product = {{kI64, kI64},
                          {kI64},
                          {},
                          join(get(0), op(I64Eqz), if_(), get(1), op(Return), end(), get(0), i64(1),
                               op(I64Sub), get(0), get(1), op(I64Mul), op(ReturnCall, 0))};
  Translated translated(product);
  EXPECT_EQ(translated.run({10, 1}), (Slots{3'628'800}));
  const Cells cells = translated.cells();
  ASSERT_EQ(cells.size(), 6u);
  EXPECT_EQ(cells[2], "i64.sub s0 #1 -> s2");
  EXPECT_EQ(cells[3], "i64.mul s0 s1 -> s1");
  EXPECT_EQ(cells[4], "move s2 -> s0");

  const Source countdown = {{kI32, kF64},
                            {kF64},
                            {},
                            join(get(0), op(I32Eqz), if_(), get(1), op(Return), end(), get(0),
                                 i32(1), op(I32Sub), get(1), op(ReturnCall, 0))};
  Translated counting(countdown);
  EXPECT_EQ(counting.run({100, 42}), (Slots{42}));
  EXPECT_EQ(counting.cells()[2], "i32.sub s0 #1 -> s0");
  EXPECT_EQ(counting.cells().size(), 4u);
}

// Random callers, each once with a tail call and once with a call and a return.
class RandomArguments {
 public:
  explicit RandomArguments(uint32_t seed) : x_random(seed) {}

  // The index of the callee is in the caller's last parameter; it is 0.
  void run() {
    const Bytes params = join(types(below(7)), Bytes{kI32});
    const Bytes arguments = types(below(9));
    x_locals = join(params, types(below(3)));
    const uint32_t callee_local = count(x_locals);
    ModuleBuilder builder;
    builder.type(params, {kI64}).type(arguments, {kI64});
    builder.item(ModuleBuilder::kTable, {0x70, 0, 1});
    builder.item(ModuleBuilder::kElement, {0, 0x41, 0, 0x0b, 1, 1});
    builder.item(ModuleBuilder::kMemory, {0, 1});

    Bytes values;
    for (const uint8_t type : arguments) append(values, argument(type));
    Bytes locals = unsigned_leb(count(x_locals) - count(params) + 1);
    for (size_t i = params.size(); i < x_locals.size(); ++i) append(locals, Bytes{1, x_locals[i]});
    append(locals, Bytes{1, 0x63, 1});  // (ref null 1)
    const Bytes index = below(2) == 0 ? i32(0) : get(count(params) - 1);
    // Below the arguments something stays on the stack.
    const Bytes below_them = repeat(below(3), i32(5));
    const auto caller = [&](int kind, bool tail) {
      Bytes code = below_them;
      if (kind == 2) append(code, join(op(RefFunc, 1), set(callee_local)));
      append(code, values);
      if (kind == 0) append(code, op(tail ? ReturnCall : Call, 1));
      if (kind == 1)
        append(code, join(index, op(tail ? ReturnCallIndirect : CallIndirect, 1), Bytes{0}));
      if (kind == 2) append(code, join(get(callee_local), op(tail ? ReturnCallRef : CallRef, 1)));
      return tail ? code : join(code, op(Return));
    };
    for (int kind = 0; kind < 3; ++kind) {
      ModuleBuilder module = builder;
      module.func(0, caller(kind, true), locals);
      module.func(1, digest(arguments));
      module.func(0, caller(kind, false), locals);
      compare(module.build(), params, kind);
    }
  }

 private:
  uint32_t below(uint32_t n) { return static_cast<uint32_t>(x_random() % n); }
  static uint32_t count(const Bytes& bytes) { return static_cast<uint32_t>(bytes.size()); }
  Bytes types(uint32_t n) {
    Bytes result;
    for (uint32_t i = 0; i < n; ++i) {
      constexpr uint8_t kAll[] = {kI32, kI32, kI64, kI64, kF32, kF64, kV128};
      result.push_back(kAll[below(std::size(kAll))]);
    }
    return result;
  }

  static Bytes constant(uint8_t type, uint32_t value) {
    switch (type) {
      case kI32:
        return i32(static_cast<int32_t>(value));
      case kI64:
        return i64(static_cast<int64_t>(value % 2 == 0 ? value : value * uint64_t{0x123456789}));
      case kF32:
        return join(op(F32Const), Bytes{0, 0, static_cast<uint8_t>(value), 0x40});
      case kF64:
        return join(op(F64Const), Bytes{0, 0, 0, 0, 0, 0, static_cast<uint8_t>(value), 0x40});
      default:
        return v128(static_cast<uint8_t>(value));
    }
  }
  static Opcode sum(uint8_t type) {
    return type == kI32   ? I32Add
           : type == kI64 ? I64Add
           : type == kF32 ? F32Add
           : type == kF64 ? F64Add
                          : I8x16Add;
  }

  Bytes argument(uint8_t type) {
    Bytes plain = leaf(type);
    switch (below(4)) {
      case 0:
        return join(plain, leaf(type), op(sum(type)));
      case 1:
        return below(3) == 0 ? join(block(type), plain, end()) : plain;
      default:
        return plain;
    }
  }
  Bytes leaf(uint8_t type) {
    std::vector<uint32_t> same;
    for (uint32_t i = 0; i < x_locals.size(); ++i) {
      if (x_locals[i] == type) same.push_back(i);
    }
    if (same.empty() || below(4) == 0) return constant(type, static_cast<uint32_t>(x_random()));
    return get(same[below(static_cast<uint32_t>(same.size()))]);
  }

  // A number that depends on each parameter and its place.
  static Bytes digest(const Bytes& params) {
    Bytes code = i64(17);
    const auto add = [&code](const Bytes& value) {
      append(code, join(i64(1'000'003), op(I64Mul), value, op(I64Add)));
    };
    for (uint32_t i = 0; i < params.size(); ++i) {
      switch (params[i]) {
        case kI32:
          add(join(get(i), op(I64ExtendI32U)));
          break;
        case kI64:
          add(get(i));
          break;
        case kF32:
          add(join(get(i), op(I32ReinterpretF32), op(I64ExtendI32U)));
          break;
        case kF64:
          add(join(get(i), op(I64ReinterpretF64)));
          break;
        default:
          add(join(get(i), op(I64x2ExtractLane), Bytes{0}));
          add(join(get(i), op(I64x2ExtractLane), Bytes{1}));
      }
    }
    return code;
  }

  void compare(const Bytes& bytes, const Bytes& params, int kind) {
    auto module = decode(bytes);
    ASSERT_TRUE(module) << module.error().message();
    auto types = std::make_shared<TypeRegistry>();
    const auto valid = validate_module(**module, *types);
    ASSERT_TRUE(valid) << valid.error().message();
    const auto compiled = std::make_shared<const CompiledModule>(*std::move(module), types);
    const auto store = *Store::make(types, StoreConfig{});
    Instance& instance = *instantiate(*store, compiled, {})->instance;
    uint64_t results[2];
    for (const uint32_t func : {0u, 2u}) {
      std::vector<Value> values(params.size() + 1);
      for (size_t i = 0; i + 1 < params.size(); ++i) {
        for (uint8_t& byte : values[i].v128.bytes) byte = static_cast<uint8_t>(31 * i + 7);
      }
      ASSERT_EQ(invoke(*store, *instance.func(func), values.data()), TrapCode::None);
      results[func / 2] = values[0].i64;
    }
    EXPECT_EQ(results[0], results[1]) << "kind " << kind;
  }

  std::mt19937 x_random;
  Bytes x_locals;
};

TEST(TailCallArguments, ArriveAsThoseOfCallsDo) {
  for (uint32_t seed = 1; seed <= 3000; ++seed) {
    RandomArguments(seed).run();
    if (::testing::Test::HasFailure()) FAIL() << "seed " << seed;
  }
}

}  // namespace
}  // namespace weft::interp::testing
