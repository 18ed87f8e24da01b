// Identity, host infos and finalizers, of every kind of object.
#include "api/c/objects.h"

#include <map>

#include "tests/wasm_h/c_test.h"

namespace weft::capi {
namespace {

void count(void* times) { ++*static_cast<int*>(times); }

wasm_trap_t* give_back(void* /*env*/, const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  if (results->size != 0) wasm_val_copy(&results->data[0], &args->data[0]);
  return nullptr;
}

class CObjects : public CTest {
 protected:
  // A reference of every kind that there is in wasm.h.
  std::map<std::string, Own<wasm_ref_t>> all() const {
    std::map<std::string, Own<wasm_ref_t>> refs;
    const wasm_val_t one = i32(1);
    const wasm_limits_t limits{1, 2};
    const Own<wasm_globaltype_t> global(wasm_globaltype_new(wasm_valtype_new_i32(), WASM_VAR));
    const Own<wasm_tabletype_t> table(wasm_tabletype_new(wasm_valtype_new_funcref(), &limits));
    const Own<wasm_memorytype_t> memory(wasm_memorytype_new(&limits));
    refs["func"].reset(wasm_func_as_ref(host(wasm_functype_new_0_0(), give_back).release()));
    refs["global"].reset(wasm_global_as_ref(wasm_global_new(store.get(), global.get(), &one)));
    refs["table"].reset(wasm_table_as_ref(wasm_table_new(store.get(), table.get(), nullptr)));
    refs["memory"].reset(wasm_memory_as_ref(wasm_memory_new(store.get(), memory.get())));
    refs["instance"].reset(wasm_instance_as_ref(make("empty").release()));
    refs["module"].reset(wasm_module_as_ref(load("empty").release()));
    refs["foreign"].reset(wasm_foreign_as_ref(wasm_foreign_new(store.get())));
    refs["trap"].reset(wasm_trap_as_ref(wasm_trap_new(store.get(), nullptr)));
    return refs;
  }
  wasm_ref_t* result(const wasm_func_t* func, std::vector<wasm_val_t> args = {}) const {
    std::vector<wasm_val_t> out(1, i32(0));
    EXPECT_EQ(call(func, std::move(args), out), nullptr);
    return out[0].of.ref;
  }
};

TEST_F(CObjects, CastsGiveTheSameObjectOrNothing) {
  const auto refs = all();
  for (const auto& [name, of] : refs) {
    SCOPED_TRACE(name);
    wasm_ref_t* ref = of.get();
    ASSERT_NE(ref, nullptr);
    EXPECT_EQ(wasm_ref_as_func(ref) != nullptr, name == "func");
    EXPECT_EQ(wasm_ref_as_global(ref) != nullptr, name == "global");
    EXPECT_EQ(wasm_ref_as_table(ref) != nullptr, name == "table");
    EXPECT_EQ(wasm_ref_as_memory(ref) != nullptr, name == "memory");
    EXPECT_EQ(wasm_ref_as_instance(ref) != nullptr, name == "instance");
    EXPECT_EQ(wasm_ref_as_module(ref) != nullptr, name == "module");
    EXPECT_EQ(wasm_ref_as_foreign(ref) != nullptr, name == "foreign");
    EXPECT_EQ(wasm_ref_as_trap(ref) != nullptr, name == "trap");
    wasm_extern_t* item = wasm_ref_as_extern(ref);
    EXPECT_EQ(item != nullptr,
              name == "func" || name == "global" || name == "table" || name == "memory");
    EXPECT_EQ(wasm_extern_as_func(item) != nullptr, name == "func");
    EXPECT_EQ(wasm_extern_as_memory_const(item) != nullptr, name == "memory");
    if (item != nullptr) {
      EXPECT_EQ(wasm_extern_as_ref(item), ref);
    }
  }
}

TEST_F(CObjects, AnObjectIsTheSameAsItsCopiesOnly) {
  const auto refs = all();
  const auto others = all();
  for (const auto& [name, ref] : refs) {
    SCOPED_TRACE(name);
    const Own<wasm_ref_t> copy(wasm_ref_copy(ref.get()));
    EXPECT_NE(copy.get(), ref.get());
    for (const auto& [other_name, other] : refs) {
      EXPECT_EQ(wasm_ref_same(copy.get(), other.get()), name == other_name) << other_name;
    }
    EXPECT_FALSE(wasm_ref_same(ref.get(), others.at(name).get()));
  }
}

TEST_F(CObjects, HostInfosBelongToTheObjectAndAreFinalizedOnce) {
  std::map<std::string, int> first;
  std::map<std::string, int> second;
  {
    const auto refs = all();
    for (const auto& [name, ref] : refs) {
      SCOPED_TRACE(name);
      EXPECT_EQ(wasm_ref_get_host_info(ref.get()), nullptr);
      const Own<wasm_ref_t> copy(wasm_ref_copy(ref.get()));
      wasm_ref_set_host_info_with_finalizer(ref.get(), &first[name], count);
      EXPECT_EQ(wasm_ref_get_host_info(copy.get()), &first[name]);
      EXPECT_EQ(first[name], 0);
      wasm_ref_set_host_info_with_finalizer(copy.get(), &second[name], count);
      EXPECT_EQ(first[name], 1) << "replaced";
      EXPECT_EQ(wasm_ref_get_host_info(ref.get()), &second[name]);
    }
    store.reset();
    for (const auto& [name, ref] : refs) {
      SCOPED_TRACE(name);
      const bool outlives = name == "module" || name == "trap";
      EXPECT_EQ(second[name], outlives ? 0 : 1);
      EXPECT_EQ(wasm_ref_get_host_info(ref.get()), outlives ? &second[name] : nullptr);
      if (outlives) continue;
      int late = 0;
      wasm_ref_set_host_info_with_finalizer(ref.get(), &late, count);
      EXPECT_EQ(late, 1) << "stale: at once";
    }
  }
  for (const auto& [name, times] : first) EXPECT_EQ(times, 1) << name;
  for (const auto& [name, times] : second) EXPECT_EQ(times, 1) << name;
}

TEST_F(CObjects, AnExportHasTheInfoThatWasGivenToWhatItNames) {
  const Own<wasm_instance_t> instance = make("empty");
  int info = 0;
  {
    const Exports exports(instance.get());
    wasm_func_set_host_info(exports.func(0), &info);
  }
  const Exports again(instance.get());
  EXPECT_EQ(wasm_extern_get_host_info(again.vec.data[0]), &info);
}

TEST_F(CObjects, AFinalizerMayUseTheApi) {
  struct Self {
    wasm_instance_t* instance;
    bool was_stale;
  } self{make("empty").release(), false};
  wasm_instance_set_host_info_with_finalizer(self.instance, &self, [](void* info) {
    auto* of = static_cast<Self*>(info);
    wasm_extern_vec_t exports;
    wasm_instance_exports(of->instance, &exports);
    of->was_stale = exports.size == 0;
    wasm_instance_set_host_info(of->instance, nullptr);
    wasm_instance_delete(of->instance);
  });
  store.reset();
  EXPECT_TRUE(self.was_stale);
}

TEST_F(CObjects, ForeignObjectsAreFinalizedWhenNobodyCanReachThem) {
  const Own<wasm_func_t> same = host(
      wasm_functype_new_1_1(wasm_valtype_new_externref(), wasm_valtype_new_externref()), give_back);
  const Own<wasm_instance_t> instance = make("references", {wasm_func_as_extern(same.get())});
  const Exports exports(instance.get());
  int held = 0;
  int dropped = 0;
  for (int* times : {&held, &dropped}) {
    const Own<wasm_foreign_t> foreign(wasm_foreign_new(store.get()));
    wasm_foreign_set_host_info_with_finalizer(foreign.get(), times, count);
    EXPECT_EQ(call(exports.func(times == &held ? 2 : 6), {ref(wasm_foreign_as_ref(foreign.get()))}),
              nullptr);
  }
  ASSERT_TRUE(store->handle->store->gc());
  EXPECT_EQ(held, 0) << "a global of the guest's holds it";
  EXPECT_EQ(dropped, 1);
  EXPECT_EQ(call(exports.func(2), {ref(nullptr)}), nullptr);
  ASSERT_TRUE(store->handle->store->gc());
  EXPECT_EQ(held, 1);
  store.reset();
  EXPECT_EQ(held, 1);
  EXPECT_EQ(dropped, 1);
}

TEST_F(CObjects, TheEnvironmentOfAFunctionIsFinalizedOnce) {
  int made = 0;
  int failed = 0;
  {
    const Own<wasm_func_t> func = host(wasm_functype_new_0_0(), give_back, &made, count);
    const Own<wasm_func_t> copy(wasm_func_copy(func.get()));
  }
  EXPECT_EQ(made, 0);
  EXPECT_EQ(wasm_func_new_with_env(store.get(), nullptr, give_back, &failed, count), nullptr);
  EXPECT_EQ(wasm_func_new_with_env(nullptr, nullptr, nullptr, &failed, count), nullptr);
  EXPECT_EQ(failed, 2);
  store.reset();
  EXPECT_EQ(made, 1);
}

TEST_F(CObjects, FunctionReferencesAreFunctionsAgain) {
  const Own<wasm_func_t> same = host(
      wasm_functype_new_1_1(wasm_valtype_new_externref(), wasm_valtype_new_externref()), give_back);
  const Own<wasm_instance_t> instance = make("references", {wasm_func_as_extern(same.get())});
  const Exports exports(instance.get());
  std::vector<wasm_val_t> out(1, i32(0));
  EXPECT_EQ(call(exports.func(7), {ref(wasm_func_as_ref(same.get()))}, out), nullptr);
  EXPECT_EQ(out[0].kind, WASM_FUNCREF);
  const Own<wasm_ref_t> back(out[0].of.ref);
  EXPECT_TRUE(wasm_func_same(wasm_ref_as_func(back.get()), same.get()));
  EXPECT_EQ(call(exports.func(7), {ref(nullptr)}, out), nullptr);
  EXPECT_EQ(out[0].of.ref, nullptr);
}

TEST_F(CObjects, StructsAndIntegersOfTheGuestAreReferencesToo) {
  const Own<wasm_instance_t> instance = make("objects");
  ASSERT_NE(instance, nullptr);
  const Exports exports(instance.get());
  const Own<wasm_ref_t> pair(result(exports.func(0)));
  const Own<wasm_ref_t> other(result(exports.func(0)));
  ASSERT_NE(pair, nullptr);
  EXPECT_FALSE(wasm_ref_same(pair.get(), other.get()));
  const Own<wasm_ref_t> back(result(exports.func(2), {ref(pair.get())}));
  EXPECT_TRUE(wasm_ref_same(pair.get(), back.get()));
  EXPECT_EQ(wasm_ref_as_foreign(pair.get()), nullptr);

  const Own<wasm_ref_t> five(result(exports.func(1), {i32(5)}));
  const Own<wasm_ref_t> five_again(result(exports.func(1), {i32(5)}));
  const Own<wasm_ref_t> six(result(exports.func(1), {i32(6)}));
  EXPECT_TRUE(wasm_ref_same(five.get(), five_again.get()));
  EXPECT_FALSE(wasm_ref_same(five.get(), six.get()));

  const Own<wasm_ref_t> outside(result(exports.func(3), {ref(pair.get())}));
  EXPECT_EQ(wasm_ref_as_foreign(outside.get()), nullptr);

  int of_pair = 0;
  int of_five = 0;
  wasm_ref_set_host_info_with_finalizer(pair.get(), &of_pair, count);
  wasm_ref_set_host_info_with_finalizer(five.get(), &of_five, count);
  EXPECT_EQ(wasm_ref_get_host_info(back.get()), &of_pair);
  EXPECT_EQ(wasm_ref_get_host_info(other.get()), nullptr);
  EXPECT_EQ(wasm_ref_get_host_info(five_again.get()), &of_five);
  EXPECT_EQ(wasm_ref_get_host_info(six.get()), nullptr);
  store.reset();
  EXPECT_EQ(of_pair, 1);
  EXPECT_EQ(of_five, 1);
}

TEST_F(CObjects, AnObjectWithAnInfoKeepsItsIdentity) {
  const Own<wasm_instance_t> instance = make("objects");
  const Exports exports(instance.get());
  int infos[100];
  for (int& info : infos) {
    const Own<wasm_ref_t> pair(result(exports.func(0)));
    EXPECT_EQ(wasm_ref_get_host_info(pair.get()), nullptr) << "no number is used twice";
    wasm_ref_set_host_info(pair.get(), &info);
    ASSERT_TRUE(store->handle->store->gc());
  }
}

TEST_F(CObjects, AnUncaughtExceptionIsATrap) {
  const Own<wasm_instance_t> instance = make("objects");
  const Exports exports(instance.get());
  const Own<wasm_trap_t> trap = call(exports.func(4), {i32(5)});
  ASSERT_NE(trap, nullptr);
  EXPECT_TRUE(trap->data->error.is(Errc::exception));
  EXPECT_NE(message(trap.get()), "");
}

TEST_F(CObjects, AMessageMayLackItsNul) {
  for (const std::string_view text : {std::string_view("told"), std::string_view("told\0", 5)}) {
    std::string copy(text);
    const wasm_byte_vec_t vec = view(copy);
    EXPECT_EQ(message(own(wasm_trap_new(store.get(), &vec)).get()), "told");
  }
  EXPECT_EQ(message(own(wasm_trap_new(store.get(), nullptr)).get()), "");
}

TEST_F(CObjects, TypesAreCopiedWhole) {
  const Own<wasm_module_t> module = load("reflect");
  wasm_exporttype_vec_t types;
  wasm_module_exports(module.get(), &types);
  const ExternType func = wasm_exporttype_type(types.data[0])->type();
  wasm_externtype_t* copy = wasm_externtype_copy(wasm_exporttype_type(types.data[0]));
  wasm_exporttype_vec_delete(&types);
  EXPECT_EQ(copy->type(), func);
  wasm_externtype_delete(copy);

  const MemoryType wide{.limits = {.min = 1, .max = std::uint64_t{1} << 40},
                        .index = IndexType::I64};
  wasm_memorytype_t memory(wide);
  EXPECT_EQ(memory.limits.max, wasm_limits_max_default) << "what doesn't fit counts as none";
  const Own<wasm_memorytype_t> same(wasm_memorytype_copy(&memory));
  EXPECT_EQ(same->memory, wide);
}

}  // namespace
}  // namespace weft::capi
