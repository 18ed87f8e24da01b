#include <functional>
#include <stdexcept>

#include "tests/decode/module_bytes.h"
#include "tests/layer/layer_test.h"

namespace weft::layer {
namespace {

class HostFuncLayer : public LayerTest {};
WEFT_ON_EVERY_BACKEND(HostFuncLayer);

using Call = std::int32_t(std::int32_t);

// A value of each type that tells its place.
Val nth_value(std::size_t i) {
  switch (i % 5) {
    case 0:
      return static_cast<std::int32_t>(0x8000'0000u + i);
    case 1:
      return static_cast<std::int64_t>(0x8000'0000'0000'0000u + i);
    case 2:
      return Val::f32_bits(0x7fa0'0000u + static_cast<std::uint32_t>(i));
    case 3:
      return Val::f64_bits(0x7ff4'0000'0000'0000u + i);
    default:
      return V128::from_lanes(std::array<std::uint64_t, 2>{i, ~i});
  }
}

// A module whose export "f" passes all of its parameters to an import and returns what that does.
interp::testing::Bytes pass_through(std::size_t count) {
  namespace bytes = interp::testing;
  constexpr std::uint8_t kTypes[] = {0x7f, 0x7e, 0x7d, 0x7c, 0x7b};
  bytes::Bytes types;
  bytes::Bytes code;
  for (std::size_t i = 0; i < count; ++i) {
    types.push_back(kTypes[i % 5]);
    code = bytes::join(code, bytes::Bytes{0x20}, bytes::unsigned_leb(i));
  }
  using bytes::ModuleBuilder;
  return ModuleBuilder()
      .type(types, types)
      .item(ModuleBuilder::kImport,
            bytes::join(bytes::text("h"), bytes::text("f"), bytes::Bytes{0, 0}))
      .func(0, bytes::join(code, bytes::Bytes{0x10, 0}))
      .item(ModuleBuilder::kExport, bytes::join(bytes::text("f"), bytes::Bytes{0, 1}))
      .build();
}

TEST_P(HostFuncLayer, AnyNumberOfParametersAndResultsCrossesBothWays) {
  WEFT_NEEDS(engine_, V128);
  for (const std::size_t count : {0, 1, 2, 3, 5, 8, 15, 16, 17, 31, 32, 33, 50, 200}) {
    SCOPED_TRACE(count);
    std::vector<Val> args;
    std::vector<ValType> types;
    for (std::size_t i = 0; i < count; ++i) {
      args.push_back(nth_value(i));
      types.push_back(args.back().type());
    }
    std::vector<Val> seen;
    const Func host = or_throw(Func::create(
        store_, FuncType(types, types), [&](Caller&, std::span<const Val> in, std::span<Val> out) {
          seen.assign(in.begin(), in.end());
          std::ranges::copy(in, out.begin());
          return Result<void>();
        }));
    const Extern import = host;
    const Module module = or_throw(Module::from_bytes(engine_, pass_through(count)));
    const Instance instance = or_throw(Instance::create(store_, module, {&import, 1}));
    const Func f = or_throw(instance.func(store_, "f"));
    EXPECT_EQ(or_throw(f.type(store_)), FuncType(types, types));
    EXPECT_EQ(or_throw(f.call(store_, args)), args);
    EXPECT_EQ(seen, args);
    EXPECT_EQ(or_throw(host.call(store_, args)), args) << "without a guest between";
  }
}

TEST_P(HostFuncLayer, SeveralResultsAreATuple) {
  const auto swap =
      or_throw(wrap([](std::int32_t a, double b) {
                 return std::tuple(b, a);
               }).typed<std::tuple<double, std::int32_t>(std::int32_t, double)>(store_));
  EXPECT_EQ(swap(store_, 1, 2.5), std::tuple(2.5, 1));
}

TEST_P(HostFuncLayer, ExceptionsPassThroughTheGuestAsTheyAre) {
  struct Custom {
    std::shared_ptr<int> identity;
  };
  const auto identity = std::make_shared<int>(5);
  const Instance instance =
      make("hosted", {wrap([&](std::int32_t) -> std::int32_t { throw Custom{identity}; })});
  const auto outer = func<Call>(instance, "outer");
  const Result<std::int32_t> result = outer(store_, 1);
  EXPECT_EQ(result.error().code(), Errc::host);
  try {
    throw_error(result.error());
    FAIL();
  } catch (const Custom& caught) {
    EXPECT_EQ(caught.identity, identity);
  }
  EXPECT_EQ(or_throw(or_throw(instance.global(store_, "after")).get(store_)), Val(0))
      << "the guest went on";
  if (engine_.supports(backend::Capability::Backtrace)) {
    EXPECT_EQ(names_of(result.error()), (std::vector<std::string>{"inner", "outer"}));
  }
}

TEST_P(HostFuncLayer, ErrorsPassThroughTheGuestAsTheyAre) {
  std::optional<Error> failure;
  const Instance instance =
      make("hosted", {wrap([&](std::int32_t) -> Result<std::int32_t> { return fail(*failure); })});
  const auto outer = func<Call>(instance, "outer");
  const auto comes_out = [&](const Error& error) {
    failure = error;
    const Error out = outer(store_, 1).error();
    EXPECT_EQ(out.code(), error.code());
    EXPECT_EQ(out.message(), error.message());
    EXPECT_EQ(out.exit_status(), error.exit_status());
    EXPECT_EQ(out.trap_code(), error.trap_code());
    EXPECT_EQ(out.os_error(), error.os_error());
  };
  comes_out(Error(Errc::host, "bad level"));
  comes_out(Error::exit(3));
  comes_out(Error::trap(TrapCode::IntegerOverflow, "as if"));
  comes_out(Error::from_errno(2, "x"));
  comes_out(Error(Errc::interrupted, "no more"));
  comes_out(Error(Errc::out_of_fuel, "no more"));
}

TEST_P(HostFuncLayer, TheGuestIsUsableAfterAFailure) {
  bool fails = true;
  const Instance instance = make("hosted", {wrap([&](std::int32_t x) -> Result<std::int32_t> {
                                   if (fails) return fail(Errc::host, "not now");
                                   return x * 2;
                                 })});
  const auto outer = func<Call>(instance, "outer");
  for (int i = 0; i < 1000; ++i) {
    fails = i % 2 == 0;
    ASSERT_EQ(outer(store_, i).has_value(), !fails);
  }
}

TEST_P(HostFuncLayer, GuestAndHostMayCallEachOther) {
  std::optional<TypedFunc<Call>> ping;
  int deepest = 0;
  int depth = 0;
  const Instance instance = make("hosted", {wrap([&](Caller& caller, std::int32_t n) {
                                   deepest = std::max(deepest, ++depth);
                                   auto result = (*ping)(caller, n);
                                   --depth;
                                   return result;
                                 })});
  ping = func<Call>(instance, "ping");
  EXPECT_EQ((*ping)(store_, 50), 50);
  EXPECT_EQ(deepest, 50);
  const auto too_deep = (*ping)(store_, 100'000);
  EXPECT_EQ(too_deep.error().trap_code(), TrapCode::CallStackExhausted);
  EXPECT_EQ((*ping)(store_, 50), 50);
}

TEST_P(HostFuncLayer, NestedErrorsHaveTheFramesOfAllActivationsOnce) {
  WEFT_NEEDS(engine_, Backtrace);
  std::optional<Func> divide;
  std::optional<Error> inside;
  const Instance instance =
      make("hosted", {wrap([&](Caller& caller, std::int32_t) {
             auto failed = divide->call(caller);
             inside = failed.error();
             return Result<std::int32_t>(std::unexpected<Error>(failed.error()));
           })});
  divide = or_throw(make("traps").func(store_, "deep"));
  const Error error = func<Call>(instance, "outer")(store_, 1).error();
  EXPECT_EQ(error.trap_code(), TrapCode::IntegerDivideByZero);
  EXPECT_EQ(names_of(*inside), (std::vector<std::string>{"third", "second", "first"}));
  EXPECT_EQ(names_of(error),
            (std::vector<std::string>{"third", "second", "first", "inner", "outer"}));
  EXPECT_EQ(error.frames()[0].module_name, "traps");
  EXPECT_EQ(error.frames()[4].module_name, "hosted");
}

TEST_P(HostFuncLayer, AHostFunctionMayCatchWhatItsGuestFailedWith) {
  std::optional<Func> divide;
  const Instance instance = make("hosted", {wrap([&](Caller& caller, std::int32_t x) {
                                   return divide->call(caller).error().is(Errc::trap) ? x + 1 : -1;
                                 })});
  divide = or_throw(make("traps").func(store_, "divide"));
  EXPECT_EQ(func<Call>(instance, "outer")(store_, 41), 42);
}

TEST_P(HostFuncLayer, MemoryMayGrowUnderTheGuest) {
  const Instance instance = make("hosted", {wrap([](Caller& caller, std::int32_t pages) {
                                   const Memory memory = or_throw(caller.memory());
                                   or_throw(memory.store<std::uint8_t>(caller, 16, 100));
                                   (void)or_throw(memory.grow(caller, pages));
                                   const auto size = or_throw(memory.byte_size(caller));
                                   or_throw(memory.store<std::uint32_t>(caller, size - 4, 1000));
                                   return 0;
                                 })});
  const auto load_around = func<Call>(instance, "load_around");
  EXPECT_EQ(load_around(store_, 2), 'i' + 100 + 1000);
  EXPECT_EQ(func<std::int32_t()>(instance, "size")(store_), 3);
  EXPECT_EQ(load_around(store_, 5), 100 + 100 + 1000);
}

TEST_P(HostFuncLayer, ThingsMayBeMadeUnderTheGuest) {
  int made = 0;
  const Instance instance =
      make("hosted", {wrap([&](Caller& caller, std::int32_t n) {
             for (int i = 0; i < 100; ++i) {
               const Func f = or_throw(Func::wrap(caller, [i](std::int32_t x) { return x + i; }));
               EXPECT_EQ(or_throw(f.call(caller, {1}))[0], Val(1 + i));
               (void)or_throw(Memory::create(caller, {}));
               (void)or_throw(Table::create(caller, {}, Ref()));
               (void)or_throw(Global::create(caller, {}, 1));
               (void)make(caller, "empty");
               ++made;
             }
             return n;
           })});
  EXPECT_EQ(func<Call>(instance, "outer")(store_, 3), 3);
  EXPECT_EQ(made, 100);
}

TEST_P(HostFuncLayer, TheCallerIsTheCallingInstance) {
  std::optional<Instance> caller_seen;
  const Func host = wrap([&](Caller& caller, std::int32_t n) {
    Result<Instance> calling = caller.instance();
    caller_seen = calling ? std::optional(*calling) : std::nullopt;
    EXPECT_EQ(caller.memory().has_value(), calling.has_value());
    EXPECT_EQ(caller.get_export("outer").has_value(), calling.has_value());
    return n;
  });
  const Instance a = make("hosted", {host});
  const Instance b = make("hosted", {host});
  ASSERT_TRUE(func<Call>(a, "outer")(store_, 1));
  EXPECT_EQ(caller_seen, a);
  ASSERT_TRUE(func<Call>(b, "outer")(store_, 1));
  EXPECT_EQ(caller_seen, b);
  ASSERT_TRUE(host.call(store_, {1}));
  EXPECT_EQ(caller_seen, std::nullopt);
}

TEST_P(HostFuncLayer, StringsComeFromTheCallersMemoryAndAreChecked) {
  std::string said;
  const Instance instance = make("strings", {wrap([&](std::string_view text) {
                                   said = text;
                                   return static_cast<std::int32_t>(text.size());
                                 })});
  const auto say = func<std::int32_t(std::uint32_t, std::uint32_t)>(instance, "say");
  EXPECT_EQ(say(store_, 8, 5), 5);
  EXPECT_EQ(said, "hello");
  EXPECT_EQ(say(store_, 65536, 0), 0);
  EXPECT_EQ(say(store_, 65535, 2).error().trap_code(), TrapCode::MemoryOutOfBounds);
  EXPECT_EQ(say(store_, 0xffff'ffff, 0xffff'ffff).error().trap_code(), TrapCode::MemoryOutOfBounds);
}

TEST_P(HostFuncLayer, CapturesAreDroppedWithTheStoreExactlyOnce) {
  int alive = 0;
  {
    Store store = store_of(engine_);
    for (int i = 0; i < 10; ++i) {
      (void)or_throw(Func::wrap(store, [capture = Counted(alive)](std::int32_t x) { return x; }));
    }
    const Func kept = or_throw(Func::wrap(
        store, [capture = Counted(alive, 3)](std::int32_t x) { return x + capture.value; }));
    const Instance instance = make(store, "hosted", {kept});
    EXPECT_EQ(func<Call>(store, instance, "outer")(store, 1), 4);
    EXPECT_EQ(alive, 11);
  }
  EXPECT_EQ(alive, 0);
}

TEST_P(HostFuncLayer, CapturesDieWhenAFunctionCouldNotBeMade) {
  int alive = 0;
  const ValType odd = ValType::ref(HeapType::concrete(12345, HeapKind::Func), true);
  const auto made =
      Func::create(store_, FuncType({odd}, {}),
                   [capture = Counted(alive)](Caller&, std::span<const Val>, std::span<Val>) {
                     return Result<void>();
                   });
  if (!made) {
    EXPECT_EQ(made.error().code(), Errc::type_mismatch);
    EXPECT_EQ(alive, 0);
  }
}

TEST_P(HostFuncLayer, AFunctionMayDestroyItsStoreOnceItHasReturned) {
  int alive = 0;
  std::optional<Store> store(store_of(engine_));
  const Func f = or_throw(Func::wrap(*store, [&, capture = Counted(alive)](std::int32_t x) {
    store.reset();
    EXPECT_EQ(alive, 1);
    return x;
  }));
  const Instance instance = make(*store, "hosted", {f});
  const auto outer = func<Call>(*store, instance, "outer");
  EXPECT_EQ(outer(*store, 1).error().code(), Errc::usage);
  EXPECT_EQ(alive, 0);
}

}  // namespace
}  // namespace weft::layer
