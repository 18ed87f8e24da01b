// Modules of <weft.h>.
#include "api/c/support.h"

using weft::c::attempt;
using weft::c::forward_error;
using weft::c::guard;
using weft::c::HostInfo;
using weft::c::put_as;
using weft::c::put_bytes;
using weft::c::to_str;
using weft::c::view;

namespace {

using weft::Module;
using weft::Result;

Result<void> put_module(Result<Module> module,
                        std::shared_ptr<const std::vector<std::uint8_t>> bytes,
                        wasm_module_t** out) {
  return put_as(std::move(module), out, [&](Module&& made) {
    weft::Engine engine = made.engine();
    return new wasm_module_t(nullptr, {std::move(engine), std::move(made), std::move(bytes)});
  });
}

}  // namespace

weft_error_t* weft_module_new(const wasm_engine_t* engine, const void* bytes, size_t size,
                              wasm_module_t** out) {
  return attempt(
      [&] {
        const weft::Bytes given = view(bytes, size);
        auto owned = std::make_shared<const std::vector<std::uint8_t>>(given.begin(), given.end());
        return put_module(Module::from_borrowed(engine->engine, *owned, owned), owned, out);
      },
      engine, out);
}
weft_error_t* weft_module_new_borrowed(const wasm_engine_t* engine, const void* bytes, size_t size,
                                       void* env, void (*finalizer)(void*), wasm_module_t** out) {
  HostInfo owned(env, finalizer);
  return attempt(
      [&] {
        return put_module(Module::from_borrowed(engine->engine, view(bytes, size),
                                                std::make_shared<HostInfo>(std::move(owned))),
                          nullptr, out);
      },
      engine, out);
}
weft_error_t* weft_module_from_wat(const wasm_engine_t* engine, weft_str_t text,
                                   wasm_module_t** out) {
  return attempt(
      [&]() -> Result<void> {
        auto bytes = weft::wat2wasm(view(text), {.names = true});
        if (!bytes) return forward_error(bytes);
        auto owned = std::make_shared<const std::vector<std::uint8_t>>(std::move(*bytes));
        return put_module(Module::from_borrowed(engine->engine, *owned, owned), owned, out);
      },
      engine, out);
}
weft_error_t* weft_module_from_file(const wasm_engine_t* engine, weft_str_t path, bool map,
                                    wasm_module_t** out) {
  return attempt(
      [&] {
        return put_module(Module::from_file(engine->engine, view(path),
                                            map ? weft::FileAccess::Map : weft::FileAccess::Read),
                          nullptr, out);
      },
      engine, out);
}
weft_error_t* weft_module_validate(const wasm_engine_t* engine, const void* bytes, size_t size) {
  return attempt([&] { return Module::validate(engine->engine, view(bytes, size)); }, engine);
}

weft_error_t* weft_check_custom_sections(const void* bytes, size_t size) {
  return attempt([&] { return weft::check_custom_sections(view(bytes, size)); });
}
weft_error_t* weft_wat2wasm(weft_str_t text, bool names, wasm_byte_vec_t* out) {
  return attempt(
      [&]() -> Result<void> {
        const auto bytes = weft::wat2wasm(view(text), {.names = names});
        if (!bytes) return std::unexpected(bytes.error());
        put_bytes(weft::Bytes(*bytes).text(), out);
        return {};
      },
      out);
}
weft_error_t* weft_wasm2wat(const void* bytes, size_t size, wasm_byte_vec_t* out) {
  return attempt(
      [&]() -> Result<void> {
        Result<std::string> text = weft::wasm2wat(view(bytes, size));
        if (!text) return forward_error(text);
        put_bytes(*text, out);
        return {};
      },
      out);
}

weft_str_t weft_module_name(const wasm_module_t* module) {
  return to_str(module == nullptr ? "" : module->module().name().value_or(""));
}
weft_str_t weft_module_function_name(const wasm_module_t* module, uint32_t index) {
  return to_str(module == nullptr ? "" : module->module().function_name(index).value_or(""));
}
uint32_t weft_module_function_count(const wasm_module_t* module) {
  return module == nullptr ? 0 : module->module().function_count();
}

void weft_module_sections(const wasm_module_t* module,
                          void (*visit)(void* env, const weft_section_t*), void* env) {
  if (module == nullptr || visit == nullptr) return;
  const std::vector<weft::Section> sections = guard([&] { return module->module().sections(); });
  for (const weft::Section& section : sections) {
    const weft_section_t lent{.id = section.id,
                              .name = to_str(section.name),
                              .offset = section.offset,
                              .size = section.size,
                              .count = section.count};
    visit(env, &lent);
  }
}
bool weft_module_custom_section(const wasm_module_t* module, weft_str_t name, size_t index,
                                const uint8_t** data, size_t* size) {
  return guard([&] {
    if (module == nullptr || data == nullptr || size == nullptr) return false;
    const std::vector<weft::Bytes> found = module->module().custom_sections(view(name));
    if (index >= found.size()) return false;
    *data = found[index].data();
    *size = found[index].size();
    return true;
  });
}
void weft_module_required_features(const wasm_module_t* module, wasm_byte_vec_t* out) {
  put_bytes(guard([&] {
              std::string list;
              if (module == nullptr) return list;
              for (const std::string_view name : module->module().required_features().names()) {
                if (!list.empty()) list += ',';
                list += name;
              }
              return list;
            }),
            out);
}
weft_error_t* weft_module_dump_function(const wasm_module_t* module, uint32_t index,
                                        wasm_byte_vec_t* out) {
  return attempt(
      [&]() -> Result<void> {
        Result<std::string> text = module->module().dump_function(index);
        if (!text) return forward_error(text);
        put_bytes(*text, out);
        return {};
      },
      module, out);
}
