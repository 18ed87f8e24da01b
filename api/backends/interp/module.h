// A module of the interpreter behind the public interface.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "api/backends/interp/settings.h"
#include "interp/decode/module.h"
#include "interp/decode/names.h"
#include "interp/runtime/store.h"
#include "weft/backend.hpp"

namespace weft::backends {

// It is the CompiledModule: an interp::Instance keeps and knows its public module by that.
class InterpModule final : public backend::Module,
                           public interp::CompiledModule,
                           public std::enable_shared_from_this<InterpModule> {
 public:
  static Result<std::shared_ptr<backend::Module>> make(
      const std::shared_ptr<const Settings>& settings, Bytes bytes,
      std::shared_ptr<const void> owner);
  InterpModule(std::unique_ptr<const interp::Module> decoded,
               std::shared_ptr<const Settings> settings);

  // The public module of an instance's.
  static const InterpModule& of(const interp::Instance& instance) {
    return static_cast<const InterpModule&>(instance.compiled());
  }
  // Memory 0, unless the export "memory" is another one; none without memories.
  [[nodiscard]] std::optional<std::uint32_t> main_memory() const { return main_memory_; }
  // The guest function as a line of a backtrace.
  [[nodiscard]] Frame frame(std::uint32_t func, std::uint64_t offset) const;

  std::span<const ImportType> imports() const noexcept override { return imports_; }
  std::span<const ExportType> exports() const noexcept override;
  std::optional<std::size_t> find_export(std::string_view name) const noexcept override;
  std::vector<Bytes> custom_sections(std::string_view name) const override;
  std::vector<Section> sections() const override;
  std::optional<std::string_view> name() const noexcept override;
  std::uint32_t function_count() const noexcept override;
  std::optional<std::string_view> function_name(std::uint32_t index) const noexcept override;
  Features required_features() const noexcept override;
  Result<std::string> dump_function(std::uint32_t index) const override;

 private:
  // Of the code that stores with these settings run.
  [[nodiscard]] interp::CodeSpace& own_code() const;
  [[nodiscard]] ExternType extern_type(interp::ExternKind kind, std::uint32_t index) const;

  std::shared_ptr<const Settings> settings_;
  interp::NameSection names_;
  std::vector<ImportType> imports_;
  std::optional<std::uint32_t> main_memory_;
  // Made at the first question: large modules have many, and most programs ask instances.
  mutable std::once_flag exports_made_;
  mutable std::vector<ExportType> exports_;
  mutable std::unordered_map<std::string_view, std::size_t> places_;
};

// Decodes and validates.
Result<std::unique_ptr<interp::Module>> load(const Settings& settings, interp::TypeRegistry& types,
                                             Bytes bytes, std::shared_ptr<const void> owner);

}  // namespace weft::backends
