// A module of Wasmtime behind the public interface. Weft's own decoder and validator look at it
// first, on every backend: so errors, limits, features, names and types are the same on all.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/backends/interp/module.h"
#include "api/backends/wasmtime/engine.h"
#include "interp/decode/module.h"
#include "weft/backend.hpp"

namespace weft::backends {

class WasmtimeModule final : public backend::Module,
                             public std::enable_shared_from_this<WasmtimeModule> {
 public:
  static Result<std::shared_ptr<backend::Module>> make(
      const std::shared_ptr<const WasmtimeState>& engine, Bytes bytes,
      std::shared_ptr<const void> owner);
  WasmtimeModule(std::shared_ptr<const WasmtimeState> engine,
                 std::shared_ptr<const InterpModule> description);
  ~WasmtimeModule() override;

  [[nodiscard]] const c::Module* code() const { return code_; }
  [[nodiscard]] const interp::Module& decoded() const { return *description_->module; }
  [[nodiscard]] std::optional<std::uint32_t> main_memory() const {
    return description_->main_memory();
  }
  // By which name Wasmtime's instances export that memory; empty if they don't, or needn't.
  [[nodiscard]] const std::string& memory_name() const { return memory_name_; }
  // Whether a frame of Wasmtime's is of a function of this module, and if so, where its instruction
  // lies in the module's bytes.
  [[nodiscard]] std::optional<std::size_t> offset_of(std::uint32_t func, std::size_t func_offset,
                                                     std::size_t module_offset) const;
  // Where in imports() something that is exported comes from; nothing for the module's own.
  [[nodiscard]] std::optional<std::size_t> import_behind(const interp::Export& item) const;
  // An export that is the module's own, by which to know its instances.
  [[nodiscard]] const interp::Export* own_export() const;
  // Those that each instance has for itself.
  [[nodiscard]] std::span<const MemoryType> own_memories() const { return own_memories_; }
  [[nodiscard]] std::span<const TableType> own_tables() const { return own_tables_; }
  // Whether nobody but the module's own code can call the imported function.
  [[nodiscard]] bool is_private_import(std::uint32_t func) const {
    return !decoded().declared_funcs[func];
  }

  std::span<const ImportType> imports() const noexcept override { return description_->imports(); }
  std::span<const ExportType> exports() const noexcept override { return description_->exports(); }
  std::optional<std::size_t> find_export(std::string_view name) const noexcept override {
    return description_->find_export(name);
  }
  std::vector<Bytes> custom_sections(std::string_view name) const override {
    return description_->custom_sections(name);
  }
  std::vector<Section> sections() const override { return description_->sections(); }
  std::optional<std::string_view> name() const noexcept override { return description_->name(); }
  std::uint32_t function_count() const noexcept override { return description_->function_count(); }
  std::optional<std::string_view> function_name(std::uint32_t index) const noexcept override {
    return description_->function_name(index);
  }
  Features required_features() const noexcept override { return description_->required_features(); }

 private:
  Result<void> compile(Bytes bytes);

  std::shared_ptr<const WasmtimeState> engine_;
  std::shared_ptr<const InterpModule> description_;
  c::Module* code_ = nullptr;
  std::string memory_name_{};
  // How much later Wasmtime's bytes have the code than ours.
  std::size_t shift_ = 0;
  std::vector<MemoryType> own_memories_{};
  std::vector<TableType> own_tables_{};
};

}  // namespace weft::backends
