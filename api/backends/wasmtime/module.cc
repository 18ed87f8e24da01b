#include "api/backends/wasmtime/module.h"

#include <algorithm>
#include <string>
#include <utility>

#include "api/backends/interp/convert.h"

namespace weft::backends {

namespace {

void append_leb(std::vector<std::uint8_t>& to, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) to.push_back(static_cast<std::uint8_t>(value | 0x80));
  to.push_back(static_cast<std::uint8_t>(value));
}

void append(std::vector<std::uint8_t>& to, std::span<const std::uint8_t> bytes) {
  to.insert(to.end(), bytes.begin(), bytes.end());
}

// A valid module's bytes with one export more, behind all others.
std::vector<std::uint8_t> with_memory_export(Bytes module, const std::vector<Section>& sections,
                                             const std::string& name, std::uint32_t memory) {
  constexpr std::uint8_t kExports = 7;
  constexpr std::uint8_t kTags = 13;
  constexpr std::uint8_t kMemory = 2;
  const std::span<const std::uint8_t> bytes = module.span();
  const auto before = [](const Section& section) {
    return section.id < kExports || section.id == kTags;
  };
  // Behind the last section that must come before; custom ones may stand anywhere.
  const auto old = std::ranges::find(sections, kExports, &Section::id);
  std::size_t place = 8;
  for (const Section& section : sections) {
    if (section.id == 0) continue;
    if (!before(section)) break;
    place = section.offset + section.size;
  }
  std::size_t rest = place;
  std::vector<std::uint8_t> contents;
  append_leb(contents, old == sections.end() ? 1 : old->count + std::uint64_t{1});
  if (old != sections.end()) {
    std::size_t entries = old->offset;
    while ((bytes[entries++] & 0x80) != 0) {
    }
    rest = old->offset + old->size;
    append(contents, bytes.subspan(entries, rest - entries));
    // Sections lie side by side: the header is what is between this one and the last.
    place = old == sections.begin() ? 8 : std::prev(old)->offset + std::prev(old)->size;
  }
  append_leb(contents, name.size());
  contents.insert(contents.end(), name.begin(), name.end());
  contents.push_back(kMemory);
  append_leb(contents, memory);

  std::vector<std::uint8_t> changed;
  append(changed, bytes.first(place));
  changed.push_back(kExports);
  append_leb(changed, contents.size());
  append(changed, contents);
  append(changed, bytes.subspan(rest));
  return changed;
}

}  // namespace

Result<std::shared_ptr<backend::Module>> WasmtimeModule::make(
    const std::shared_ptr<const WasmtimeState>& engine, Bytes bytes,
    std::shared_ptr<const void> owner) {
  auto described = engine->front->make_module(bytes, std::move(owner));
  if (!described) return described;
  auto description = std::static_pointer_cast<const InterpModule>(std::move(*described));
  if (std::ranges::any_of(description->module->memories,
                          [](const auto& memory) { return memory.shared; })) {
    return fail(Errc::unsupported, "the Wasmtime backend has no shared memories");
  }
  auto made = std::make_shared<WasmtimeModule>(engine, std::move(description));
  if (Result<void> done = made->compile(bytes); !done) {
    return std::unexpected<Error>(std::move(done).error());
  }
  return made;
}

WasmtimeModule::WasmtimeModule(std::shared_ptr<const WasmtimeState> engine,
                               std::shared_ptr<const InterpModule> description)
    : engine_(std::move(engine)), description_(std::move(description)) {
  const interp::Module& of = decoded();
  for (std::size_t i = of.imported_memories; i < of.memories.size(); ++i) {
    own_memories_.push_back(public_type(of.memories[i]));
  }
  for (std::size_t i = of.imported_tables; i < of.tables.size(); ++i) {
    own_tables_.push_back(public_type(of.tables[i].type, *description_->types));
  }
}

// The C API reaches what is exported only, but host functions use the memory of their caller's
// whether it is exported or not: an export is added then.
Result<void> WasmtimeModule::compile(Bytes bytes) {
  std::vector<std::uint8_t> changed;
  if (const auto main = main_memory(); main && *main >= decoded().imported_memories) {
    const auto exported = std::ranges::find_if(decoded().exports, [&](const interp::Export& item) {
      return item.kind == interp_kind(ExternKind::Memory) && item.index == *main;
    });
    if (exported != decoded().exports.end()) {
      memory_name_ = exported->name;
    } else {
      memory_name_ = "weft:memory";
      while (find_export(memory_name_)) memory_name_ += '+';
      changed = with_memory_export(bytes, sections(), memory_name_, *main);
      shift_ = changed.size() - bytes.size();
      bytes = changed;
    }
  }
  if (c::Error* error =
          engine_->api().wasmtime_module_new(engine_->engine, bytes.data(), bytes.size(), &code_)) {
    return fail(Errc::unsupported, "Wasmtime: " + take_message(engine_->api(), error));
  }
  return {};
}

WasmtimeModule::~WasmtimeModule() {
  if (code_ != nullptr) engine_->api().wasmtime_module_delete(code_);
}

std::optional<std::size_t> WasmtimeModule::offset_of(std::uint32_t func, std::size_t func_offset,
                                                     std::size_t module_offset) const {
  if (func >= decoded().funcs.size() || module_offset < shift_) return std::nullopt;
  const auto body = decoded().funcs[func].body;
  const std::size_t offset = module_offset - shift_;
  if (offset != body.begin + func_offset || offset >= body.end) return std::nullopt;
  return offset;
}

std::optional<std::size_t> WasmtimeModule::import_behind(const interp::Export& item) const {
  const std::vector<interp::Import>& imports = decoded().imports;
  const auto found = std::ranges::find_if(imports, [&](const interp::Import& import) {
    return import.kind == item.kind && import.index == item.index;
  });
  if (found == imports.end()) return std::nullopt;
  return static_cast<std::size_t>(found - imports.begin());
}

const interp::Export* WasmtimeModule::own_export() const {
  const std::vector<interp::Export>& exports = decoded().exports;
  const auto found = std::ranges::find_if(
      exports, [this](const interp::Export& item) { return !import_behind(item); });
  return found == exports.end() ? nullptr : &*found;
}

}  // namespace weft::backends
