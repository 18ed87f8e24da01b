// What other implementations of wasm.h abort on, crash with, or leave undefined.
#include "tests/wasm_h/c_test.h"

#include <stdexcept>
#include <thread>

extern "C" {
size_t count_exported(void);
size_t count_in_header(void);
}

namespace weft::capi {
namespace {

class CMisuse : public CTest {
 protected:
  // The fixture `traps`, whose function 0 calls `callback`.
  Own<wasm_instance_t> make_traps(wasm_func_callback_with_env_t callback,
                                  void* env = nullptr) const {
    const Own<wasm_func_t> func =
        host(wasm_functype_new_0_1(wasm_valtype_new_i32()), callback, env);
    return make("traps", {wasm_func_as_extern(func.get())});
  }
};

TEST_F(CMisuse, EveryFunctionIsThere) {
  EXPECT_EQ(count_exported(), 280U + 13U) << "13 are those of tag types";
  EXPECT_EQ(count_in_header(), 26U);
}

wasm_trap_t* nothing(void* /*env*/, const wasm_val_vec_t* /*args*/, wasm_val_vec_t* /*results*/) {
  return nullptr;
}

TEST_F(CMisuse, WrongArgumentsAreATrapBeforeAnythingRuns) {
  const Own<wasm_instance_t> instance = make_traps(nothing);
  const Exports exports(instance.get());
  const wasm_func_t* divide = exports.func(1);
  std::vector<wasm_val_t> one(1, i32(0));
  std::vector<wasm_val_t> two(2, i32(0));
  EXPECT_EQ(call(divide, {i32(1)}, one), nullptr);
  EXPECT_EQ(one[0].of.i32, 2);
  for (const auto& args : {std::vector<wasm_val_t>{},
                           {i32(1), i32(1)},
                           {wasm_val_t WASM_I64_VAL(1)},
                           {ref(nullptr)}}) {
    one[0] = i32(7);
    EXPECT_NE(call(divide, args, one), nullptr);
    EXPECT_EQ(one[0].of.i32, 7) << "results aren't touched";
  }
  EXPECT_NE(call(divide, {i32(1)}, two), nullptr);
  EXPECT_EQ(call(divide, {i32(1)}), nullptr) << "no room drops the results";
  const wasm_val_t no_kind{.kind = 77, .of = {}};
  EXPECT_NE(call(divide, {no_kind}, one), nullptr);
  EXPECT_EQ(message(call(divide, {i32(1), i32(2)}, one).get()),
            "the function is (i32) -> i32; it was called with 2 arguments and room for 1 results");
}

TEST_F(CMisuse, VectorsOfTheEngineAreATrapOrNothing) {
  const Own<wasm_instance_t> instance = make_traps(nothing);
  const Exports exports(instance.get());
  std::vector<wasm_val_t> one(1, i32(0));
  EXPECT_NE(call(exports.func(2), {i32(1)}, one), nullptr);
  const Own<wasm_functype_t> type(wasm_func_type(exports.func(2)));
  EXPECT_TRUE(wasm_valtype_is_num(wasm_functype_params(type.get())->data[0]));
  EXPECT_EQ(wasm_func_new_with_env(store.get(), type.get(), nothing, nullptr, nullptr), nullptr);
}

TEST_F(CMisuse, MissingAndWrongImportsAreNoInstance) {
  Own<wasm_trap_t> why;
  EXPECT_EQ(make("traps", {}, &why), nullptr);
  EXPECT_EQ(message(why.get()), "the module has 1 imports, 0 were given");
  EXPECT_EQ(make("traps", {nullptr}, &why), nullptr);
  EXPECT_NE(why, nullptr);
  const Own<wasm_func_t> wrong = host(wasm_functype_new_0_0(), nothing);
  EXPECT_EQ(make("traps", {wasm_func_as_extern(wrong.get())}, &why), nullptr);
  EXPECT_NE(why, nullptr);
  const Own<wasm_module_t> module = load("traps");
  EXPECT_EQ(wasm_instance_new(store.get(), module.get(), nullptr, nullptr), nullptr);
  EXPECT_NE(make("empty"), nullptr);
}

TEST_F(CMisuse, ThingsOfAnotherStoreAreRefused) {
  const Own<wasm_store_t> other(wasm_store_new(engine.get()));
  const Own<wasm_foreign_t> theirs(wasm_foreign_new(other.get()));
  const Own<wasm_func_t> func(
      wasm_func_new_with_env(other.get(), own(wasm_functype_new_0_1(wasm_valtype_new_i32())).get(),
                             nothing, nullptr, nullptr));
  EXPECT_EQ(make("traps", {wasm_func_as_extern(func.get())}), nullptr);

  const Own<wasm_func_t> same = host(
      wasm_functype_new_1_1(wasm_valtype_new_externref(), wasm_valtype_new_externref()), nothing);
  const Own<wasm_instance_t> instance = make("references", {wasm_func_as_extern(same.get())});
  const Exports exports(instance.get());
  EXPECT_NE(call(exports.func(2), {ref(wasm_foreign_as_ref(theirs.get()))}), nullptr);
  EXPECT_FALSE(wasm_table_set(wasm_extern_as_table(exports.vec.data[1]), 0,
                              wasm_foreign_as_ref(theirs.get())));
  std::vector<wasm_val_t> one(1, i32(0));
  EXPECT_NE(call(exports.func(7), {ref(wasm_func_as_ref(func.get()))}, one), nullptr);
}

TEST_F(CMisuse, WhatIsNoValueIsRefusedAsOne) {
  const Own<wasm_func_t> same = host(
      wasm_functype_new_1_1(wasm_valtype_new_externref(), wasm_valtype_new_externref()), nothing);
  const Own<wasm_instance_t> instance = make("references", {wasm_func_as_extern(same.get())});
  const Exports exports(instance.get());
  EXPECT_NE(call(exports.func(2), {ref(wasm_instance_as_ref(instance.get()))}), nullptr);
  EXPECT_NE(call(exports.func(2), {ref(wasm_extern_as_ref(exports.vec.data[1]))}), nullptr);
  EXPECT_NE(call(exports.func(2), {ref(wasm_func_as_ref(same.get()))}), nullptr);
}

TEST_F(CMisuse, EverythingIsStaleOnceItsStoreIsDeleted) {
  const Own<wasm_func_t> same = host(
      wasm_functype_new_1_1(wasm_valtype_new_externref(), wasm_valtype_new_externref()), nothing);
  const Own<wasm_instance_t> instance = make("references", {wasm_func_as_extern(same.get())});
  const Exports exports(instance.get());
  wasm_global_t* global = wasm_extern_as_global(exports.vec.data[0]);
  wasm_table_t* table = wasm_extern_as_table(exports.vec.data[1]);
  const wasm_limits_t limits{1, 2};
  const Own<wasm_memorytype_t> memory_type(wasm_memorytype_new(&limits));
  const Own<wasm_memory_t> memory(wasm_memory_new(store.get(), memory_type.get()));
  const Own<wasm_foreign_t> foreign(wasm_foreign_new(store.get()));
  const Own<wasm_module_t> module = load("empty");
  const Own<wasm_trap_t> trap = call(exports.func(2));
  const std::string said = message(trap.get());
  store.reset();

  const Own<wasm_trap_t> stale = call(same.get(), {ref(nullptr)});
  EXPECT_NE(stale, nullptr);
  EXPECT_NE(message(stale.get()), "");
  EXPECT_EQ(wasm_func_type(same.get()), nullptr);
  EXPECT_EQ(wasm_func_param_arity(same.get()), 0U);
  EXPECT_EQ(wasm_extern_type(exports.vec.data[0]), nullptr);
  EXPECT_EQ(wasm_extern_kind(exports.vec.data[1]), WASM_EXTERN_TABLE);
  EXPECT_EQ(wasm_table_get(table, 0), nullptr);
  EXPECT_EQ(wasm_table_size(table), 0U);
  EXPECT_FALSE(wasm_table_set(table, 0, nullptr));
  EXPECT_FALSE(wasm_table_grow(table, 1, nullptr));
  EXPECT_EQ(wasm_table_type(table), nullptr);
  wasm_val_t value = i32(1);
  wasm_global_get(global, &value);
  EXPECT_EQ(value.kind, WASM_EXTERNREF);
  EXPECT_EQ(value.of.ref, nullptr);
  wasm_global_set(global, &value);
  EXPECT_EQ(wasm_global_type(global), nullptr);
  EXPECT_EQ(wasm_memory_data(memory.get()), nullptr);
  EXPECT_EQ(wasm_memory_data_size(memory.get()), 0U);
  EXPECT_EQ(wasm_memory_size(memory.get()), 0U);
  EXPECT_FALSE(wasm_memory_grow(memory.get(), 0));
  const Exports none(instance.get());
  EXPECT_EQ(none.vec.size, 0U);
  EXPECT_EQ(wasm_foreign_get_host_info(foreign.get()), nullptr);
  const Own<wasm_foreign_t> copy(wasm_foreign_copy(foreign.get()));
  EXPECT_TRUE(wasm_foreign_same(copy.get(), foreign.get()));
  const Own<wasm_instance_t> instance_copy(wasm_instance_copy(instance.get()));
  EXPECT_TRUE(wasm_instance_same(instance.get(), instance_copy.get()));

  // These need no store.
  EXPECT_EQ(message(trap.get()), said);
  wasm_exporttype_vec_t types;
  wasm_module_exports(module.get(), &types);
  EXPECT_EQ(types.size, 1U);
  wasm_exporttype_vec_delete(&types);
  const Own<wasm_store_t> other(wasm_store_new(engine.get()));
  const Own<wasm_shared_module_t> shared(wasm_module_share(module.get()));
  EXPECT_NE(own(wasm_module_obtain(other.get(), shared.get())), nullptr);
}

TEST_F(CMisuse, NullIsAcceptedEverywhere) {
  wasm_engine_delete(nullptr);
  wasm_store_delete(nullptr);
  wasm_config_delete(nullptr);
  wasm_ref_delete(nullptr);
  EXPECT_EQ(wasm_engine_new_with_config(nullptr), nullptr);
  EXPECT_EQ(wasm_store_new(nullptr), nullptr);
  EXPECT_EQ(wasm_module_new(nullptr, nullptr), nullptr);
  EXPECT_EQ(wasm_module_new(store.get(), nullptr), nullptr);
  EXPECT_FALSE(wasm_module_validate(store.get(), nullptr));
  EXPECT_EQ(wasm_module_obtain(store.get(), nullptr), nullptr);
  EXPECT_EQ(wasm_instance_new(store.get(), nullptr, nullptr, nullptr), nullptr);
  EXPECT_EQ(wasm_func_new(store.get(), nullptr, nullptr), nullptr);
  EXPECT_NE(own(wasm_functype_new(nullptr, nullptr)), nullptr) << "no vectors are empty ones";
  EXPECT_EQ(wasm_globaltype_new(nullptr, WASM_CONST), nullptr);
  EXPECT_EQ(wasm_tabletype_new(wasm_valtype_new_i32(), nullptr), nullptr);
  EXPECT_EQ(wasm_memorytype_new(nullptr), nullptr);
  EXPECT_EQ(wasm_valtype_new(77), nullptr);
  EXPECT_EQ(wasm_foreign_new(nullptr), nullptr);
  EXPECT_EQ(wasm_trap_new(nullptr, nullptr), nullptr);
  EXPECT_NE(call(nullptr), nullptr);
  EXPECT_EQ(wasm_func_copy(nullptr), nullptr);
  EXPECT_EQ(wasm_func_as_extern(nullptr), nullptr);
  EXPECT_EQ(wasm_extern_as_func(nullptr), nullptr);
  EXPECT_FALSE(wasm_ref_same(nullptr, nullptr));
  EXPECT_EQ(wasm_ref_get_host_info(nullptr), nullptr);
  wasm_trap_message(nullptr, nullptr);
  EXPECT_EQ(wasm_trap_origin(nullptr), nullptr);
  wasm_byte_vec_t bytes{1, nullptr};
  wasm_module_serialize(nullptr, &bytes);
  EXPECT_EQ(bytes.size, 0U);
  wasm_byte_vec_copy(&bytes, nullptr);
  wasm_byte_vec_delete(nullptr);
}

TEST_F(CMisuse, AVectorTooLargeIsEmpty) {
  wasm_valtype_vec_t types;
  wasm_valtype_vec_new_uninitialized(&types, SIZE_MAX / 4);
  EXPECT_EQ(types.size, 0U);
  EXPECT_EQ(types.data, nullptr);
}

wasm_trap_t* delete_store(void* env, const wasm_val_vec_t* /*args*/, wasm_val_vec_t* results) {
  static_cast<Own<wasm_store_t>*>(env)->reset();
  results->data[0] = i32(5);
  return nullptr;
}

TEST_F(CMisuse, AStoreMayBeDeletedByWhatItRuns) {
  const Own<wasm_instance_t> instance = make_traps(delete_store, &store);
  const Exports exports(instance.get());
  std::vector<wasm_val_t> one(1, i32(0));
  const Own<wasm_trap_t> trap = call(exports.func(0), {}, one);
  EXPECT_EQ(message(trap.get()), "the store was destroyed during the call");
  EXPECT_NE(call(exports.func(0), {}, one), nullptr);
}

wasm_trap_t* throws(void* /*env*/, const wasm_val_vec_t* /*args*/, wasm_val_vec_t* /*results*/) {
  throw std::runtime_error("thrown by the host");
}

TEST_F(CMisuse, AnExceptionOfACallbackComesOutAsATrap) {
  const Own<wasm_instance_t> instance = make_traps(throws);
  const Exports exports(instance.get());
  EXPECT_EQ(message(call(exports.func(0)).get()), "thrown by the host");
}

wasm_trap_t* wrong_result(void* /*env*/, const wasm_val_vec_t* /*args*/, wasm_val_vec_t* results) {
  results->data[0] = WASM_F64_VAL(1);
  return nullptr;
}

TEST_F(CMisuse, AWrongResultOfACallbackIsATrap) {
  const Own<wasm_instance_t> instance = make_traps(wrong_result);
  const Exports exports(instance.get());
  EXPECT_EQ(message(call(exports.func(0)).get()), "expected i32, got f64");
}

TEST_F(CMisuse, JunkIsNoSerializedModule) {
  const Own<wasm_module_t> module = load("traps");
  wasm_byte_vec_t bytes;
  wasm_module_serialize(module.get(), &bytes);
  const std::string good(bytes.data, bytes.size);
  wasm_byte_vec_delete(&bytes);
  for (std::size_t size = 0; size < good.size(); ++size) {
    std::string part = good.substr(0, size);
    const wasm_byte_vec_t vec = view(part);
    EXPECT_EQ(wasm_module_deserialize(store.get(), &vec), nullptr) << size;
  }
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string damaged = good;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x10);
    const wasm_byte_vec_t vec = view(damaged);
    EXPECT_EQ(wasm_module_deserialize(store.get(), &vec), nullptr) << i;
  }
  std::string plain = bytes_of("traps");
  const wasm_byte_vec_t vec = view(plain);
  EXPECT_EQ(wasm_module_deserialize(store.get(), &vec), nullptr);
  EXPECT_EQ(wasm_module_deserialize(store.get(), nullptr), nullptr);
}

TEST_F(CMisuse, AModuleIsObtainedInStoresOfItsEngineOnly) {
  const Own<wasm_engine_t> other(wasm_engine_new());
  const Own<wasm_store_t> foreign(wasm_store_new(other.get()));
  const Own<wasm_module_t> module = load("empty");
  const Own<wasm_shared_module_t> shared(wasm_module_share(module.get()));
  EXPECT_EQ(wasm_module_obtain(foreign.get(), shared.get()), nullptr);
  wasm_trap_t* trap = nullptr;
  EXPECT_EQ(wasm_instance_new(foreign.get(), module.get(), nullptr, &trap), nullptr);
  EXPECT_NE(own(trap), nullptr);
}

TEST_F(CMisuse, AStoreKeepsItsEngine) {
  engine.reset();
  EXPECT_NE(make("empty"), nullptr);
}

TEST_F(CMisuse, OtherThreadsMayDeleteReferencesWhileTheStoreIsUsed) {
  constexpr int kCount = 5000;
  std::vector<Own<wasm_ref_t>> refs;
  const Own<wasm_instance_t> instance = make("empty");
  const Exports exports(instance.get());
  for (int i = 0; i < kCount; ++i) {
    refs.emplace_back(wasm_foreign_as_ref(wasm_foreign_new(store.get())));
    refs.emplace_back(wasm_func_as_ref(wasm_func_copy(exports.func(0))));
    refs.emplace_back(wasm_instance_as_ref(wasm_instance_copy(instance.get())));
  }
  std::thread deleter([taken = std::move(refs)]() mutable { taken.clear(); });
  for (int i = 0; i < kCount; ++i) {
    ASSERT_EQ(call(exports.func(0)), nullptr);
    const Own<wasm_foreign_t> foreign(wasm_foreign_new(store.get()));
    ASSERT_NE(foreign, nullptr);
  }
  deleter.join();
}

}  // namespace
}  // namespace weft::capi
