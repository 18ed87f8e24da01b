// The name section (Spec 3.0, Appendix "Custom Sections", "Name Section"): what backtraces and
// tools call things. Decoded at the first question, since few runs ask one. A section that is
// malformed is believed up to that point.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "interp/core/binary_format.h"
#include "interp/core/error.h"
#include "interp/decode/module.h"

namespace weft::interp {

// Thread-safe. Names point into the module, which must outlive this. An absent name is empty.
class NameSection {
 public:
  explicit NameSection(const Module& module) : x_source(module) {}
  NameSection(const NameSection&) = delete;
  NameSection& operator=(const NameSection&) = delete;

  // What is wrong with the section, if it isn't believed to its end.
  const std::optional<Error>& problem() const;

  std::string_view module() const;
  std::string_view func(uint32_t func) const { return find(NameOf::Func, func); }
  // The name of something in an index space of the module.
  std::string_view find(NameOf kind, uint32_t index) const;
  // The name of a local, a label or a field. Searches all those of its function or type each time:
  // for tools, not for hot paths.
  std::string_view find(NameOf kind, uint32_t owner, uint32_t index) const;
  // All of an owner, in the order of their indices.
  struct Entry {
    uint32_t index;
    std::string_view name;
  };
  std::vector<Entry> within(NameOf kind, uint32_t owner) const;
  std::string_view local(uint32_t func, uint32_t local) const {
    return find(NameOf::Local, func, local);
  }

 private:
  struct NamesWithin {
    uint32_t owner;
    ByteRange names;
  };

  void decode() const;
  void decode_once() const {
    std::call_once(x_decoded, [this] { decode(); });
  }

  const Module& x_source;
  mutable std::once_flag x_decoded;
  mutable std::optional<Error> x_problem;
  mutable std::string_view x_module;
  mutable std::array<std::vector<Entry>, kNameKinds> x_names;           // by index
  mutable std::array<std::vector<NamesWithin>, kNameKinds> x_indirect;  // by owner
};

}  // namespace weft::interp
