// A store with instances of the .wat files in fixtures/, whole from decoding to execution.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <deque>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "interp/execute/backtrace.h"
#include "interp/execute/invoke.h"
#include "interp/runtime/instantiate.h"
#include "interp/runtime/store.h"
#include "interp/translate/code.h"
#include "interp/validate/module_validator.h"
#include "tests/decode/module_bytes.h"

namespace weft::interp::testing {

class WatStore {
 public:
  using Imports = std::map<std::string, ExternVal>;
  using Host = std::function<TrapCode(Value*)>;

  explicit WatStore(const StoreConfig& config = {}) : store(*Store::make(types, config)) {}

  static std::shared_ptr<const CompiledModule> compile(const std::string& fixture,
                                                       std::shared_ptr<TypeRegistry> types) {
    std::ifstream file(WEFT_FIXTURES_DIR "/" + fixture + ".wasm", std::ios::binary);
    return compile(Bytes(std::istreambuf_iterator<char>(file), {}), std::move(types), fixture);
  }
  static std::shared_ptr<const CompiledModule> compile(const Bytes& bytes,
                                                       std::shared_ptr<TypeRegistry> types,
                                                       const std::string& name = "module") {
    DecodeOptions options;
    options.features = all_features();
    auto module = decode(bytes, options);
    if (!module) throw name + ": " + module.error().message();
    ValidateOptions validate;
    validate.features = all_features();
    if (const auto valid = validate_module(**module, *types, validate); !valid)
      throw name + ": " + valid.error().message();
    return std::make_shared<CompiledModule>(*std::move(module), types);
  }

  Instance& add(const std::string& fixture, const Imports& imports = {}) {
    return add(compile(fixture, types), imports);
  }
  // Imports by their names; what modules they come from does not matter.
  Instance& add(std::shared_ptr<const CompiledModule> compiled, const Imports& imports = {}) {
    std::vector<ExternVal> given;
    for (const Import& import : compiled->module->imports)
      given.push_back(imports.at(std::string(import.name)));
    auto result = instantiate(*store, std::move(compiled), given);
    if (!result) throw result.error().message();
    EXPECT_EQ(result->trap, TrapCode::None);
    return *result->instance;
  }

  ExternVal host(TypeId type, Host function) {
    hosts.push_back(std::move(function));
    const auto call = [](void* env, Store&, Instance*, Value* values) {
      return (*static_cast<Host*>(env))(values);
    };
    return {ExternKind::Func,
            store->new_host_func(type, types->func_type(type), call, &hosts.back(), nullptr)};
  }
  ExternVal host(const FuncType& type, Host function) {
    return host(types->intern(type), std::move(function));
  }

  // The bits of the single result, if there is one; `trap` says how it ended.
  uint64_t call(Instance& instance, std::string_view name, std::vector<uint64_t> arguments = {}) {
    auto* func = static_cast<FuncInst*>(instance.find_export(name)->object);
    std::vector<Value> values(arguments.size() + 1);
    for (size_t i = 0; i < arguments.size(); ++i) values[i].bits = arguments[i];
    trap = invoke(*store, *func, values.data());
    return values[0].bits;
  }

  // The functions of a backtrace, innermost first; -1 for functions of the host.
  std::vector<int> trace() {
    std::vector<int> funcs;
    for (const TraceFrame& frame : backtrace(*store, store->state().trap).frames)
      funcs.push_back(frame.instance != nullptr ? static_cast<int>(frame.func) : -1);
    return funcs;
  }

  // Calls a function that ends only when it is interrupted.
  void interrupt(Instance& instance, std::string_view name) {
    const InterruptHandle handle = store->interrupt_handle();
    std::thread other([handle] {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      handle.interrupt();
    });
    call(instance, name);
    other.join();
    EXPECT_EQ(trap, TrapCode::Interrupted) << name;
  }

  std::shared_ptr<TypeRegistry> types = std::make_shared<TypeRegistry>();
  std::deque<Host> hosts;
  std::unique_ptr<Store> store;
  TrapCode trap = TrapCode::None;
};

}  // namespace weft::interp::testing
