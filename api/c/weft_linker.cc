// Instances and linkers of <weft.h>.
#include "api/c/support.h"

using weft::c::attempt;
using weft::c::forward_error;
using weft::c::guard;
using weft::c::HostInfo;
using weft::c::make_callable;
using weft::c::make_raw_func;
using weft::c::new_extern;
using weft::c::open;
using weft::c::put_as;
using weft::c::StoreHandle;
using weft::c::view;

// NOLINTNEXTLINE(readability-identifier-naming): the name is <weft.h>'s
struct weft_linker_t {
  weft::Linker linker;
};

namespace {

using weft::Errc;
using weft::fail;
using weft::Result;

Result<void> put_instance(Result<weft::Instance> instance, const StoreHandle& store,
                          wasm_instance_t** out) {
  return put_as(std::move(instance), out,
                [&](const weft::Instance& made) { return new wasm_instance_t(store, made); });
}

Result<void> put_extern(Result<weft::Extern> item, const StoreHandle& store, wasm_extern_t** out) {
  return put_as(std::move(item), out,
                [&](const weft::Extern& found) { return new_extern(store, found).release(); });
}

// An export of one kind, by the method of Instance that looks it up.
template <class C, class T>
weft_error_t* find(const wasm_instance_t* instance, weft_str_t name, C** out,
                   Result<T> (weft::Instance::*lookup)(weft::StoreRef, std::string_view) const) {
  return attempt(
      [&] {
        return put_as((instance->instance.*lookup)(open(instance->store), view(name)), out,
                      [&](const T& found) { return new C(instance->store, found); });
      },
      instance, out);
}

}  // namespace

weft_error_t* weft_instance_new(wasm_store_t* store, const wasm_module_t* module,
                                const wasm_extern_t* const imports[], size_t import_count,
                                wasm_instance_t** out) {
  return attempt(
      [&]() -> Result<void> {
        std::vector<weft::Extern> items;
        items.reserve(import_count);
        for (std::size_t i = 0; i < import_count; ++i) {
          if (imports == nullptr || imports[i] == nullptr) {
            return fail(Errc::usage, "import " + std::to_string(i) + " is NULL");
          }
          items.push_back(imports[i]->item);
        }
        const StoreHandle handle = store->handle;
        return put_instance(weft::Instance::create(open(handle), module->module(), items), handle,
                            out);
      },
      store, module, out);
}
weft_error_t* weft_instance_module(const wasm_instance_t* instance, wasm_module_t** out) {
  return attempt(
      [&] {
        return put_as(
            instance->instance.module(open(instance->store)), out, [](weft::Module&& module) {
              weft::Engine engine = module.engine();
              return new wasm_module_t(nullptr, {std::move(engine), std::move(module), nullptr});
            });
      },
      instance, out);
}
weft_error_t* weft_instance_export(const wasm_instance_t* instance, weft_str_t name,
                                   wasm_extern_t** out) {
  return attempt(
      [&] {
        return put_extern(instance->instance.get(open(instance->store), view(name)),
                          instance->store, out);
      },
      instance, out);
}
weft_error_t* weft_instance_func(const wasm_instance_t* instance, weft_str_t name,
                                 wasm_func_t** out) {
  return find<wasm_func_t, weft::Func>(instance, name, out, &weft::Instance::func);
}
weft_error_t* weft_instance_memory(const wasm_instance_t* instance, weft_str_t name,
                                   wasm_memory_t** out) {
  return find(instance, name, out, &weft::Instance::memory);
}
weft_error_t* weft_instance_global(const wasm_instance_t* instance, weft_str_t name,
                                   wasm_global_t** out) {
  return find(instance, name, out, &weft::Instance::global);
}
weft_error_t* weft_instance_table(const wasm_instance_t* instance, weft_str_t name,
                                  wasm_table_t** out) {
  return find(instance, name, out, &weft::Instance::table);
}

weft_linker_t* weft_linker_new(const wasm_engine_t* engine) {
  return guard([&] {
    return engine == nullptr ? nullptr : new weft_linker_t{weft::Linker(engine->engine)};
  });
}
void weft_linker_delete(weft_linker_t* linker) { delete linker; }
void weft_linker_allow_shadowing(weft_linker_t* linker, bool allow) {
  if (linker != nullptr) linker->linker.allow_shadowing(allow);
}
weft_error_t* weft_linker_define(weft_linker_t* linker, weft_str_t module, weft_str_t name,
                                 const wasm_extern_t* item) {
  return attempt([&] { return linker->linker.define(view(module), view(name), item->item); },
                 linker, item);
}
weft_error_t* weft_linker_func(weft_linker_t* linker, weft_str_t module, weft_str_t name,
                               const wasm_functype_t* type, weft_func_callback_t callback,
                               void* env, void (*finalizer)(void*)) {
  HostInfo owned(env, finalizer);
  return attempt(
      [&] {
        return linker->linker.func(view(module), view(name), type->func,
                                   make_callable(callback, std::move(owned)));
      },
      linker, type, callback);
}
weft_error_t* weft_linker_func_raw(weft_linker_t* linker, weft_str_t module, weft_str_t name,
                                   const wasm_functype_t* type, weft_func_raw_callback_t callback,
                                   void* env, void (*finalizer)(void*)) {
  HostInfo owned(env, finalizer);
  return attempt(
      [&] {
        return linker->linker.func(view(module), view(name), type->func,
                                   make_raw_func(callback, std::move(owned)));
      },
      linker, type, callback);
}
weft_error_t* weft_linker_instance(weft_linker_t* linker, weft_str_t module,
                                   const wasm_instance_t* instance) {
  return attempt(
      [&] {
        return linker->linker.instance(open(instance->store), view(module), instance->instance);
      },
      linker, instance);
}
weft_error_t* weft_linker_wasi(weft_linker_t* linker) {
  return attempt([&] { return linker->linker.wasi(); }, linker);
}
weft_error_t* weft_linker_trap_unknown_imports(weft_linker_t* linker, const wasm_module_t* module) {
  return attempt([&] { return linker->linker.trap_unknown_imports(module->module()); }, linker,
                 module);
}
bool weft_linker_has(const weft_linker_t* linker, weft_str_t module, weft_str_t name) {
  return linker != nullptr && linker->linker.has(view(module), view(name));
}
weft_error_t* weft_linker_get(const weft_linker_t* linker, wasm_store_t* store, weft_str_t module,
                              weft_str_t name, wasm_extern_t** out) {
  return attempt(
      [&]() -> Result<void> {
        const weft::StoreRef in = open(store->handle);
        Result<weft::Extern> item = linker->linker.get(in, view(module), view(name));
        if (!item) return forward_error(item);
        // One of another store's is no object of this one.
        if (auto type = item->type(in); !type) return forward_error(type);
        return put_extern(std::move(item), store->handle, out);
      },
      linker, store, out);
}
weft_error_t* weft_linker_instantiate(const weft_linker_t* linker, wasm_store_t* store,
                                      const wasm_module_t* module, wasm_instance_t** out) {
  return attempt(
      [&] {
        const StoreHandle handle = store->handle;
        return put_instance(linker->linker.instantiate(open(handle), module->module()), handle,
                            out);
      },
      linker, store, module, out);
}
