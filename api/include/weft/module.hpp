// Module: decoded, validated, immutable code.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "weft/bytes.hpp"
#include "weft/engine.hpp"
#include "weft/error.hpp"
#include "weft/export.hpp"
#include "weft/types.hpp"

namespace weft {

namespace backend {
class Module;
}  // namespace backend

/// One section of a module's bytes, in file order.
struct Section {
  std::uint8_t id = 0;       ///< The binary format's section id; 0 is custom.
  std::string_view name{};   ///< "type", "code", ...; a custom section's own name.
  std::uint64_t offset = 0;  ///< Of the contents, from the module's first byte.
  std::uint64_t size = 0;    ///< Of the contents, in bytes.
  std::uint32_t count = 0;   ///< Entries; 0 for custom and start sections.
};

/// How Module::from_file gets at the bytes.
enum class FileAccess : std::uint8_t {
  Read,  ///< Copies them: what others do to the file later has no effect.
  Map,   ///< Maps the file: no copy. Only for files that nobody changes while the module lives.
         ///< Functions are translated at their first call, from bytes validated earlier, and if
         ///< the file has been truncated, touching what is gone ends the process with SIGBUS.
};

/// A shared handle to a module: cheap to copy, safe to use from many threads. What it hands out as
/// views and spans lives as long as any handle to the module.
class WEFT_API Module {
 public:
  /// Decodes and validates a copy of the bytes. Errc::malformed or Errc::invalid with byte_offset,
  /// Errc::unsupported, Errc::limit.
  [[nodiscard]] static Result<Module> from_bytes(const Engine& engine, Bytes bytes);
  /// As from_bytes, without the copy: `owner` keeps the bytes alive and unchanged.
  [[nodiscard]] static Result<Module> from_borrowed(const Engine& engine, Bytes bytes,
                                                    std::shared_ptr<const void> owner);
  /// From a module in the text format, with its names: see wat2wasm() in <weft/text.hpp>, and then
  /// as from_bytes.
  [[nodiscard]] static Result<Module> from_wat(const Engine& engine, std::string_view text);
  /// From a file in the binary format, or in the text format, which is_text() in <weft/text.hpp>
  /// tells apart; text is always copied. Errc::io if it can't be read.
  [[nodiscard]] static Result<Module> from_file(const Engine& engine,
                                                const std::filesystem::path& path,
                                                FileAccess access = FileAccess::Read);
  /// Decodes and validates, and keeps nothing.
  [[nodiscard]] static Result<void> validate(const Engine& engine, Bytes bytes);

  [[nodiscard]] const Engine& engine() const noexcept { return engine_; }

  /// In the module's order.
  [[nodiscard]] std::span<const ImportType> imports() const noexcept;
  /// In the module's order.
  [[nodiscard]] std::span<const ExportType> exports() const noexcept;
  /// The type of the export of that name, or null.
  [[nodiscard]] const ExternType* find_export(std::string_view name) const noexcept;

  /// The contents of all custom sections of that name, in the module's order.
  [[nodiscard]] std::vector<Bytes> custom_sections(std::string_view name) const;
  /// All sections, in the module's order.
  [[nodiscard]] std::vector<Section> sections() const;

  /// The module's name in its name section.
  [[nodiscard]] std::optional<std::string_view> name() const noexcept;
  /// Functions, imported ones included.
  [[nodiscard]] std::uint32_t function_count() const noexcept;
  /// A function's name in the name section; nothing if it has none.
  [[nodiscard]] std::optional<std::string_view> function_name(std::uint32_t index) const noexcept;

  /// The features without which the module is invalid.
  [[nodiscard]] Features required_features() const noexcept;

  /// A function's instructions beside what the backend made of them, as text. Errc::unsupported
  /// where the backend has no such thing, Errc::not_found for an imported or unknown function.
  [[nodiscard]] Result<std::string> dump_function(std::uint32_t index) const;

  /// Whether both are the same module.
  friend bool operator==(const Module& a, const Module& b) noexcept { return a.impl_ == b.impl_; }

  /// For the library's own use.
  [[nodiscard]] const std::shared_ptr<backend::Module>& impl() const noexcept { return impl_; }
  Module(Engine engine, std::shared_ptr<backend::Module> impl)
      : engine_(std::move(engine)), impl_(std::move(impl)) {}

 private:
  Engine engine_;
  std::shared_ptr<backend::Module> impl_;
};

/// Whether the custom sections that the specification describes, names and branch hints, say what
/// they may. A module is valid whatever they say, and what is wrong in them is not believed.
/// Errc::malformed with byte_offset if the module or one of them can't be read, Errc::invalid if a
/// hint is at no branch; Errc::unsupported in a build for size.
[[nodiscard]] WEFT_API Result<void> check_custom_sections(Bytes module);

}  // namespace weft
