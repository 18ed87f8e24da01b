#include "bench/wasmtime_calls.h"

#include <dlfcn.h>

#include <stdexcept>

namespace weft::bench {

namespace {

struct Pointers {
  std::size_t size;
  void** data;
};
struct Instance {
  std::uint64_t store_id;
  std::size_t reserved;
};
struct Extern {
  std::uint8_t kind;
  union alignas(8) {
    WasmtimeCalls::Func func;
    std::uint8_t largest[24];
  };
};
constexpr std::uint8_t kI32 = 0;
constexpr std::uint8_t kFunc = 0;

using Callback = void*(void* env, void* caller, WasmtimeCalls::Raw* values, std::size_t count);

void* add(void* /*env*/, void* /*caller*/, WasmtimeCalls::Raw* values, std::size_t /*count*/) {
  values[0].i32 = values[0].i32 + values[1].i32;
  return nullptr;
}

}  // namespace

struct WasmtimeCalls::State {
  void* handle = nullptr;
  void* engine = nullptr;
  void* store = nullptr;
  void* context = nullptr;
  void* module = nullptr;
  Instance instance{};
  void* (*call)(void*, const Func*, Raw*, std::size_t, void**) = nullptr;
  bool (*export_get)(void*, const Instance*, const char*, std::size_t, Extern*) = nullptr;

  template <class F>
  F* get(const char* name) const {
    void* symbol = dlsym(handle, name);
    if (symbol == nullptr) throw std::runtime_error(std::string("Wasmtime has no ") + name);
    return reinterpret_cast<F*>(symbol);
  }
};

WasmtimeCalls::WasmtimeCalls(const std::string& path, const std::vector<std::uint8_t>& program)
    : state_(std::make_unique<State>()) {
  State& s = *state_;
  s.handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (s.handle == nullptr) throw std::runtime_error(dlerror());
  s.call =
      s.get<void*(void*, const Func*, Raw*, std::size_t, void**)>("wasmtime_func_call_unchecked");
  s.export_get = s.get<bool(void*, const Instance*, const char*, std::size_t, Extern*)>(
      "wasmtime_instance_export_get");

  s.engine = s.get<void*()>("wasm_engine_new")();
  s.store =
      s.get<void*(void*, void*, void (*)(void*))>("wasmtime_store_new")(s.engine, nullptr, nullptr);
  s.context = s.get<void*(void*)>("wasmtime_store_context")(s.store);
  if (s.get<void*(void*, const std::uint8_t*, std::size_t, void**)>("wasmtime_module_new")(
          s.engine, program.data(), program.size(), &s.module) != nullptr) {
    throw std::runtime_error("Wasmtime refuses the program");
  }

  auto* const i32 = s.get<void*(std::uint8_t)>("wasm_valtype_new");
  auto* const list = s.get<void(Pointers*, std::size_t, void* const*)>("wasm_valtype_vec_new");
  Pointers params{};
  Pointers results{};
  void* const two[] = {i32(kI32), i32(kI32)};
  void* const one[] = {i32(kI32)};
  list(&params, 2, two);
  list(&results, 1, one);
  void* type = s.get<void*(Pointers*, Pointers*)>("wasm_functype_new")(&params, &results);
  Extern import{};
  import.kind = kFunc;
  s.get<void(void*, const void*, Callback*, void*, void (*)(void*), Func*)>(
      "wasmtime_func_new_unchecked")(s.context, type, add, nullptr, nullptr, &import.func);
  s.get<void(void*)>("wasm_functype_delete")(type);
  void* trap = nullptr;
  if (s.get<void*(void*, const void*, const Extern*, std::size_t, Instance*, void**)>(
          "wasmtime_instance_new")(s.context, s.module, &import, 1, &s.instance, &trap) !=
          nullptr ||
      trap != nullptr) {
    throw std::runtime_error("Wasmtime makes no instance");
  }
}

WasmtimeCalls::~WasmtimeCalls() {
  const State& s = *state_;
  s.get<void(void*)>("wasmtime_module_delete")(s.module);
  s.get<void(void*)>("wasmtime_store_delete")(s.store);
  s.get<void(void*)>("wasm_engine_delete")(s.engine);
}

WasmtimeCalls::Func WasmtimeCalls::func(std::string_view name) const {
  Extern found{};
  if (!state_->export_get(state_->context, &state_->instance, name.data(), name.size(), &found) ||
      found.kind != kFunc) {
    throw std::runtime_error("no function " + std::string(name));
  }
  return found.func;
}

bool WasmtimeCalls::call(const Func& func, Raw* values, std::size_t count) const {
  void* trap = nullptr;
  return state_->call(state_->context, &func, values, count, &trap) == nullptr && trap == nullptr;
}

}  // namespace weft::bench
