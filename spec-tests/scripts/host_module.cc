#include "spec-tests/scripts/host_module.h"

#include <cstdint>
#include <string_view>
#include <utility>

namespace weft::spectest {

namespace {

constexpr std::string_view kModule = "spectest";

// Keeps the first error of a series.
class Definer {
 public:
  Definer(Linker& linker, StoreRef store) : x_linker(linker), x_store(store) {}

  template <class F>
  void func(std::string_view name, F callable) {
    keep(x_linker.func(kModule, name, std::move(callable)));
  }
  void global(std::string_view name, const ValType& type, const Val& value) {
    item(name, Global::create(x_store, {type, Mutability::Const}, value));
  }
  template <class T>
  void item(std::string_view name, Result<T> made) {
    if (!made) {
      keep(std::unexpected<Error>(std::move(made).error()));
    } else {
      keep(x_linker.define(kModule, name, *made));
    }
  }
  Result<void> finish() { return std::move(x_status); }

 private:
  void keep(Result<void> done) {
    if (x_status && !done) x_status = std::move(done);
  }

  Linker& x_linker;
  StoreRef x_store;
  Result<void> x_status{};
};

}  // namespace

Result<void> define_host_module(Linker& linker, StoreRef store) {
  Definer define(linker, store);
  // What they print is of no interest.
  define.func("print", [] {});
  define.func("print_i32", [](int32_t) {});
  define.func("print_i64", [](int64_t) {});
  define.func("print_f32", [](float) {});
  define.func("print_f64", [](double) {});
  define.func("print_i32_f32", [](int32_t, float) {});
  define.func("print_f64_f64", [](double, double) {});
  define.global("global_i32", ValType::I32, Val(int32_t{666}));
  define.global("global_i64", ValType::I64, Val(int64_t{666}));
  define.global("global_f32", ValType::F32, Val(666.6F));
  define.global("global_f64", ValType::F64, Val(666.6));
  define.item("table", Table::create(store, {ValType::FuncRef, {10, 20}, IndexType::I32}, Ref()));
  define.item("memory", Memory::create(store, {{1, 2}, IndexType::I32, false, 16}));

  // What belongs to features that the engine may not have yet: a module that needs it is rejected
  // for that feature before its imports are looked at.
  if (Result<Table> table =
          Table::create(store, {ValType::FuncRef, {10, 20}, IndexType::I64}, Ref())) {
    define.item("table64", std::move(table));
  }
  if (Result<Memory> shared = Memory::create(store, {{1, 2}, IndexType::I32, true, 16})) {
    define.item("shared_memory", std::move(shared));
  }
  return define.finish();
}

}  // namespace weft::spectest
