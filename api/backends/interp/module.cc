#include "api/backends/interp/module.h"

#include <array>
#include <string>
#include <utility>

#include "api/backends/interp/convert.h"
#include "interp/core/small.h"
#include "interp/debug/disassembler.h"
#include "interp/decode/module_decoder.h"
#include "interp/decode/reader.h"
#include "interp/translate/code.h"
#include "interp/validate/module_validator.h"

namespace weft::backends {

Result<std::unique_ptr<interp::Module>> load(const Settings& settings, interp::TypeRegistry& types,
                                             Bytes bytes, std::shared_ptr<const void> owner) {
  auto decoded = interp::decode_module({bytes.span(), std::move(owner)}, settings.decode);
  if (!decoded) return fail(public_error(decoded.error()));
  if (auto valid = interp::validate_module(**decoded, types, settings.validate); !valid) {
    return fail(public_error(valid.error()));
  }
  return std::move(*decoded);
}

Result<std::shared_ptr<backend::Module>> InterpModule::make(
    const std::shared_ptr<const Settings>& settings, Bytes bytes,
    std::shared_ptr<const void> owner) {
  auto decoded = load(*settings, *settings->types, bytes, std::move(owner));
  if (!decoded) return std::unexpected<Error>(std::move(decoded).error());
  auto made = std::make_shared<InterpModule>(std::move(*decoded), settings);
  if (settings->eager_translation) {
    if (!made->own_code().translate_all()) {
      return fail(Errc::limit, "memory for the module's code could not be had");
    }
  }
  return made;
}

InterpModule::InterpModule(std::unique_ptr<const interp::Module> decoded,
                           std::shared_ptr<const Settings> settings)
    : CompiledModule(std::move(decoded), settings->types),
      settings_(std::move(settings)),
      names_(*module) {
  imports_.reserve(module->imports.size());
  for (const interp::Import& import : module->imports) {
    imports_.push_back({std::string(import.module), std::string(import.name),
                        extern_type(import.kind, import.index)});
  }
  if (!module->memories.empty()) main_memory_ = 0;
  for (const interp::Export& item : module->exports) {
    if (item.kind == interp::ExternKind::Memory && item.name == "memory") main_memory_ = item.index;
  }
}

interp::CodeSpace& InterpModule::own_code() const {
  const bool checked =
      !interp::kHasGuardMode || settings_->store.memories == interp::StoreConfig::Memories::Checked;
  return code({.memory_mode = checked ? interp::MemoryMode::Checked : interp::MemoryMode::Guard,
               .fuel = settings_->store.fuel,
               .count_dispatches = settings_->store.profile,
               .optimizations = settings_->store.optimizations});
}

ExternType InterpModule::extern_type(interp::ExternKind kind, std::uint32_t index) const {
  switch (kind) {
    case interp::ExternKind::Func:
      return public_type(module->func_type(index), *types);
    case interp::ExternKind::Table:
      return public_type(module->tables[index].type, *types);
    case interp::ExternKind::Memory:
      return public_type(module->memories[index]);
    case interp::ExternKind::Global:
      return public_type(module->globals[index].type, *types);
    case interp::ExternKind::Tag:
      break;
  }
  return TagType{
      public_type(module->types[module->tags[index].type_index].type.composite.func, *types)};
}

std::span<const ExportType> InterpModule::exports() const noexcept {
  std::call_once(exports_made_, [this] {
    exports_.reserve(module->exports.size());
    for (const interp::Export& item : module->exports) {
      places_.emplace(item.name, exports_.size());
      exports_.push_back({std::string(item.name), extern_type(item.kind, item.index)});
    }
  });
  return exports_;
}

std::optional<std::size_t> InterpModule::find_export(std::string_view name) const noexcept {
  (void)exports();
  const auto found = places_.find(name);
  if (found == places_.end()) return std::nullopt;
  return found->second;
}

std::vector<Bytes> InterpModule::custom_sections(std::string_view name) const {
  std::vector<Bytes> found;
  for (const interp::CustomSection& section : module->customs) {
    if (section.name == name) found.emplace_back(module->bytes(section.payload));
  }
  return found;
}

std::vector<Section> InterpModule::sections() const {
  constexpr auto kNames = std::to_array<std::string_view>(
      {"custom", "type", "import", "function", "table", "memory", "global", "export", "start",
       "element", "code", "data", "data count", "tag"});
  constexpr std::uint8_t kCustom = 0;
  constexpr std::uint8_t kStart = 8;
  constexpr std::uint64_t kHeaderBytes = 8;
  std::vector<Section> sections;
  const std::span<const std::uint8_t> bytes = module->source.bytes;
  interp::Reader in(bytes, {kHeaderBytes, bytes.size()});
  while (in.ok() && !in.at_end()) {
    Section section;
    section.id = in.byte();
    section.size = in.length();
    section.offset = in.offset();
    interp::Reader contents = in.sub(section.size);
    if (section.id == kCustom) {
      section.name = contents.name(UINT32_MAX);
    } else {
      section.name = section.id < kNames.size() ? kNames[section.id] : "unknown";
      if (section.id != kStart) section.count = contents.u32();
    }
    sections.push_back(section);
  }
  return sections;
}

std::optional<std::string_view> InterpModule::name() const noexcept {
  const std::string_view found = names_.module();
  if (found.empty()) return std::nullopt;
  return found;
}

std::uint32_t InterpModule::function_count() const noexcept {
  return static_cast<std::uint32_t>(module->funcs.size());
}

std::optional<std::string_view> InterpModule::function_name(std::uint32_t index) const noexcept {
  const std::string_view found = names_.func(index);
  if (found.empty()) return std::nullopt;
  return found;
}

Features InterpModule::required_features() const noexcept {
  return public_features(module->used_features);
}

Result<std::string> InterpModule::dump_function(std::uint32_t index) const {
  if constexpr (interp::kSmall) return backend::Module::dump_function(index);
  if (index >= module->funcs.size()) {
    return fail(Errc::not_found, "there is no function " + std::to_string(index));
  }
  if (index < module->imported_funcs) {
    return fail(Errc::not_found, "function " + std::to_string(index) + " is imported");
  }
  std::string text = interp::disassemble(own_code(), names_, index);
  if (text.empty()) return fail(Errc::limit, "memory for the module's code could not be had");
  return text;
}

Frame InterpModule::frame(std::uint32_t func, std::uint64_t offset) const {
  Frame frame;
  frame.func_index = func;
  frame.func_name = names_.func(func);
  frame.module_name = names_.module();
  if (offset != interp::Error::kNoOffset) {
    frame.module_offset = offset;
    frame.func_offset = offset - module->funcs[func].body.begin;
  }
  return frame;
}

}  // namespace weft::backends
