// The situations of situations.c once more, with wasm.hh.
#include <gtest/gtest.h>
#include <wasm.hh>

#include <atomic>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using wasm::own;
using wasm::ownvec;
using wasm::Val;
using wasm::vec;

std::string text_of(const vec<char>& name) { return {name.get(), name.size()}; }

class Cxx : public testing::Test {
 protected:
  static vec<byte_t> bytes_of(std::string_view fixture) {
    std::ifstream file(std::string(WEFT_FIXTURES_DIR "/").append(fixture).append(".wasm"),
                       std::ios::binary);
    return vec<byte_t>::make(std::string{std::istreambuf_iterator<char>(file), {}});
  }
  own<wasm::Module> load(std::string_view fixture) {
    return wasm::Module::make(store(), bytes_of(fixture));
  }
  own<wasm::Instance> make(std::string_view fixture,
                           const vec<wasm::Extern*>& imports = vec<wasm::Extern*>::make()) {
    return wasm::Instance::make(store(), load(fixture).get(), imports);
  }
  template <class... T>
  static ownvec<wasm::ValType> types(T... kinds) {
    return ownvec<wasm::ValType>::make(wasm::ValType::make(kinds)...);
  }
  static ownvec<wasm::ValType> types() { return ownvec<wasm::ValType>::make(); }
  template <class Callback, class... More>
  own<wasm::Func> host(ownvec<wasm::ValType> params, ownvec<wasm::ValType> results,
                       Callback callback, More... more) {
    return wasm::Func::make(store(),
                            wasm::FuncType::make(std::move(params), std::move(results)).get(),
                            callback, more...);
  }
  template <class... T>
  static Val call(const wasm::Func* func, T&&... args) {
    auto results = vec<Val>::make_uninitialized(func->result_arity());
    const own<wasm::Trap> trap = func->call(vec<Val>::make(std::forward<T>(args)...), results);
    EXPECT_EQ(trap, nullptr);
    return results.size() == 0 ? Val() : results[0].copy();
  }
  static own<wasm::Trap> failure(const wasm::Func* func, vec<Val> args = vec<Val>::make()) {
    auto results = vec<Val>::make_uninitialized(func->result_arity());
    return func->call(args, results);
  }

  wasm::Store* store() { return store_.get(); }

  static constexpr auto kI32 = wasm::ValKind::I32;
  static constexpr auto kI64 = wasm::ValKind::I64;
  static constexpr auto kExternRef = wasm::ValKind::EXTERNREF;

  own<wasm::Engine> engine = wasm::Engine::make();
  own<wasm::Store> store_ = wasm::Store::make(engine.get());
};

using Trap = own<wasm::Trap>;

Trap give_back(const vec<Val>& args, vec<Val>& results) {
  for (size_t i = 0; i < results.size(); ++i) results[i] = args[i].copy();
  return nullptr;
}

TEST_F(Cxx, CallbacksAndClosuresAreCalled) {
  int secret = 42;
  int finalized = 0;
  static int* finalized_by;
  finalized_by = &finalized;
  {
    auto print = host(types(kI32), types(kI32), give_back);
    auto closure = host(
        types(), types(kI32),
        [](void* env, const vec<Val>&, vec<Val>& results) -> Trap {
          results[0] = Val(*static_cast<int*>(env));
          return nullptr;
        },
        static_cast<void*>(&secret), [](void*) { ++*finalized_by; });
    const auto rotate = [](const vec<Val>& args, vec<Val>& results) -> Trap {
      for (size_t i = 0; i < 4; ++i) results[(i + 1) % 4] = args[i].copy();
      return nullptr;
    };
    auto rotated = host(types(kI32, kI64, wasm::ValKind::F32, wasm::ValKind::F64),
                        types(wasm::ValKind::F64, kI32, kI64, wasm::ValKind::F32),
                        static_cast<wasm::Func::callback>(rotate));
    auto hello = host(types(), types(), give_back);
    auto instance = make(
        "calls", vec<wasm::Extern*>::make(print.get(), closure.get(), rotated.get(), hello.get()));
    ASSERT_NE(instance, nullptr);
    auto exports = instance->exports();
    ASSERT_EQ(exports.size(), 3U);
    EXPECT_EQ(call(exports[0]->func(), Val::i32(3), Val::i32(4)).i32(), 49);
    auto results = vec<Val>::make_uninitialized(4);
    EXPECT_EQ(exports[1]->func()->call(
                  vec<Val>::make(Val::i32(1), Val::i64(2), Val::f32(3), Val::f64(4)), results),
              nullptr);
    EXPECT_EQ(results[0].f64(), 4);
    EXPECT_EQ(results[1].get<int32_t>(), 1);
    EXPECT_EQ(results[2].get<uint64_t>(), 2U);
    EXPECT_EQ(results[3].f32(), 3);
    call(exports[2]->func());
  }
  EXPECT_EQ(finalized, 0);
  store_.reset();
  EXPECT_EQ(finalized, 1);
}

TEST_F(Cxx, ModulesAreValidatedSharedAndSerialized) {
  auto bytes = bytes_of("calls");
  EXPECT_TRUE(wasm::Module::validate(store(), bytes));
  bytes[9] ^= 0x40;
  EXPECT_FALSE(wasm::Module::validate(store(), bytes));
  EXPECT_EQ(wasm::Module::make(store(), bytes), nullptr);
  EXPECT_EQ(wasm::Module::make(store(), vec<byte_t>::invalid()), nullptr);
  auto module = load("calls");
  auto serialized = module->serialize();
  EXPECT_NE(wasm::Module::deserialize(store(), serialized), nullptr);
  serialized[serialized.size() - 1] ^= 1;
  EXPECT_EQ(wasm::Module::deserialize(store(), serialized), nullptr);
  auto shared = module->share();
  EXPECT_NE(wasm::Module::obtain(store(), shared.get()), nullptr);
  auto copy = module->copy();
  EXPECT_TRUE(copy->same(module.get()));
}

TEST_F(Cxx, GlobalsMemoriesAndTables) {
  auto constant = wasm::Global::make(
      store(),
      wasm::GlobalType::make(wasm::ValType::make(wasm::ValKind::F32), wasm::Mutability::CONST)
          .get(),
      Val::f32(1));
  auto variable = wasm::Global::make(
      store(), wasm::GlobalType::make(wasm::ValType::make(kI64), wasm::Mutability::VAR).get(),
      Val::i64(2));
  auto instance = make("state", vec<wasm::Extern*>::make(constant.get(), variable.get()));
  ASSERT_NE(instance, nullptr);
  auto exports = instance->exports();

  EXPECT_TRUE(exports[1]->same(variable.get()));
  variable->set(Val::i64(7));
  EXPECT_EQ(exports[1]->global()->get().i64(), 7);
  call(exports[6]->func(), Val::i64(77));
  EXPECT_EQ(variable->get().i64(), 77);
  EXPECT_EQ(variable->type()->mutability(), wasm::Mutability::VAR);
  EXPECT_EQ(exports[1]->memory(), nullptr);

  wasm::Memory* memory = exports[2]->memory();
  EXPECT_EQ(memory->size(), 2U);
  EXPECT_EQ(memory->data_size(), 2U * 0x10000);
  EXPECT_EQ(memory->data()[0x1003], 4);
  memory->data()[0x1002] = 9;
  EXPECT_EQ(call(exports[7]->func(), Val::i32(0x1002)).i32(), 9);
  EXPECT_NE(failure(exports[7]->func(), vec<Val>::make(Val::i32(0x20000))), nullptr);
  EXPECT_TRUE(memory->grow(1));
  EXPECT_FALSE(memory->grow(1));
  auto alone = wasm::Memory::make(store(), wasm::MemoryType::make(wasm::Limits(5, 5)).get());
  EXPECT_EQ(alone->size(), 5U);

  wasm::Table* table = exports[3]->table();
  EXPECT_EQ(table->get(0), nullptr);
  EXPECT_NE(table->get(1), nullptr);
  EXPECT_TRUE(table->get(1)->same(exports[11]->func()));
  EXPECT_TRUE(table->set(0, exports[12]->func()));
  EXPECT_FALSE(table->set(2, nullptr));
  EXPECT_EQ(call(exports[10]->func(), Val::i32(7), Val::i32(0)).i32(), -3);
  EXPECT_TRUE(table->grow(8, exports[12]->func()));
  EXPECT_FALSE(table->grow(1));
  EXPECT_EQ(table->size(), 10U);
  auto other = wasm::Table::make(
      store(),
      wasm::TableType::make(wasm::ValType::make(wasm::ValKind::FUNCREF), wasm::Limits(3)).get());
  EXPECT_EQ(other->size(), 3U);
}

TEST_F(Cxx, HostReferencesKeepTheirIdentity) {
  auto same = host(types(kExternRef), types(kExternRef), give_back);
  auto instance = make("references", vec<wasm::Extern*>::make(same.get()));
  auto exports = instance->exports();
  auto one = wasm::Foreign::make(store());
  int thing = 0;
  one->set_host_info(&thing);
  const Val back = call(exports[6]->func(), Val::ref(one->copy()));
  ASSERT_NE(back.ref(), nullptr);
  EXPECT_TRUE(back.ref()->same(one.get()));
  EXPECT_EQ(back.ref()->get_host_info(), &thing);
  call(exports[2]->func(), Val::make(one->copy()));
  Val global = exports[0]->global()->get();
  EXPECT_TRUE(global.ref()->same(one.get()));
  own<wasm::Ref> released = global.release_ref();
  EXPECT_EQ(global.ref(), nullptr);
  exports[0]->global()->set(Val());
  EXPECT_EQ(exports[0]->global()->get().ref(), nullptr);
  EXPECT_EQ(call(exports[6]->func(), Val()).ref(), nullptr);
}

TEST_F(Cxx, TypesOfImportsAndExportsAreToldInOrder) {
  auto module = load("reflect");
  auto imports = module->imports();
  ASSERT_EQ(imports.size(), 1U);
  EXPECT_EQ(text_of(imports[0]->module()), "env");
  EXPECT_EQ(text_of(imports[0]->name()), "limit");
  EXPECT_EQ(imports[0]->type()->global()->content()->kind(), kI64);
  auto exports = module->exports();
  ASSERT_EQ(exports.size(), 5U);
  const wasm::FuncType* func = exports[0]->type()->func();
  ASSERT_NE(func, nullptr);
  EXPECT_EQ(func->params().size(), 3U);
  EXPECT_EQ(func->results()[0]->kind(), kI32);
  EXPECT_EQ(exports[0]->type()->table(), nullptr);
  EXPECT_EQ(exports[2]->type()->table()->limits().max, 50U);
  EXPECT_EQ(exports[3]->type()->memory()->limits().max, wasm::Limits(0).max);
  EXPECT_EQ(static_cast<int>(exports[4]->type()->kind()), WASM_EXTERN_TAG);
  auto import = wasm::ImportType::make(wasm::Name::make(std::string("a")),
                                       wasm::Name::make(std::string("b")), func->copy());
  EXPECT_EQ(import->copy()->type()->func()->params().size(), 3U);
  auto copies = exports.deep_copy();
  exports.reset();
  EXPECT_FALSE(exports);
  EXPECT_EQ(text_of(copies[3]->name()), "memory");
  auto made = wasm::ExportType::make(wasm::Name::make(std::string("x")), copies[3]->type()->copy());
  EXPECT_NE(made->type()->memory(), nullptr);
}

TEST_F(Cxx, TrapsSayWhatAndWhere) {
  Trap trap;
  EXPECT_EQ(wasm::Instance::make(store(), load("start").get(), vec<wasm::Extern*>::make(), &trap),
            nullptr);
  ASSERT_NE(trap, nullptr);
  EXPECT_STREQ(trap->message().get(), "unreachable");
  EXPECT_EQ(trap->origin()->func_index(), 0U);

  auto refuse = host(
      types(), types(kI32),
      [](void* env, const vec<Val>&, vec<Val>&) -> Trap {
        return wasm::Trap::make(static_cast<wasm::Store*>(env),
                                wasm::Message::make_nt(std::string("the host refuses")));
      },
      static_cast<void*>(store()));
  auto instance = make("traps", vec<wasm::Extern*>::make(refuse.get()));
  auto exports = instance->exports();
  auto refused = failure(exports[0]->func());
  EXPECT_STREQ(refused->message().get(), "the host refuses");
  EXPECT_EQ(refused->trace().size(), 1U);
  auto divided = failure(exports[1]->func(), vec<Val>::make(Val::i32(0)));
  auto trace = divided->trace();
  ASSERT_EQ(trace.size(), 2U);
  EXPECT_EQ(trace[1]->func_index(), 3U);
  EXPECT_EQ(divided->origin()->module_offset(), trace[0]->module_offset());
  EXPECT_EQ(trace[0]->copy()->func_offset(), trace[0]->func_offset());
}

TEST_F(Cxx, AnExceptionOfACallbackComesOutAsATrap) {
  auto fail = host(
      types(), types(kI32),
      +[](const vec<Val>&, vec<Val>&) -> Trap { throw std::runtime_error("thrown"); });
  auto instance = make("traps", vec<wasm::Extern*>::make(fail.get()));
  EXPECT_STREQ(failure(instance->exports()[0]->func())->message().get(), "thrown");
}

TEST_F(Cxx, FinalizersRunOnce) {
  static int live;
  live = 0;
  auto module = load("empty");
  for (int i = 0; i < 1000; ++i) {
    auto instance = wasm::Instance::make(store(), module.get(), vec<wasm::Extern*>::make());
    instance->set_host_info(nullptr, [](void*) { --live; });
    ++live;
  }
  EXPECT_EQ(live, 1000);
  store_.reset();
  EXPECT_EQ(live, 0);
}

TEST_F(Cxx, ThreadsShareAModule) {
  std::atomic<int> sum = 0;
  auto shared = load("threads")->share();
  std::vector<std::thread> threads;
  for (int id = 0; id < 4; ++id) {
    threads.emplace_back([&, id] {
      auto mine = wasm::Store::make(engine.get());
      auto module = wasm::Module::obtain(mine.get(), shared.get());
      auto func = wasm::Func::make(
          mine.get(), wasm::FuncType::make(types(kI32)).get(),
          [](void* env, const vec<Val>& args, vec<Val>&) -> Trap {
            *static_cast<std::atomic<int>*>(env) += args[0].i32();
            return nullptr;
          },
          &sum);
      auto number = wasm::Global::make(
          mine.get(),
          wasm::GlobalType::make(wasm::ValType::make(kI32), wasm::Mutability::CONST).get(),
          Val::i32(id));
      auto instance = wasm::Instance::make(mine.get(), module.get(),
                                           vec<wasm::Extern*>::make(func.get(), number.get()));
      call(instance->exports()[0]->func());
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(sum, 6);
}

}  // namespace
