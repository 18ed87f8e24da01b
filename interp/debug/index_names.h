// What printed instructions and types call the things that they refer to.
#pragma once

#include <cstdint>
#include <string>

#include "interp/core/binary_format.h"

namespace weft::interp {

// As numbers. Whoever knows better overrides.
class IndexNames {
 public:
  IndexNames() = default;
  IndexNames(const IndexNames&) = delete;
  IndexNames& operator=(const IndexNames&) = delete;
  virtual ~IndexNames() = default;

  // Of a label by its depth, of a local in the function at hand, else of an index of the module.
  virtual std::string of(NameOf /*space*/, uint32_t index) const { return std::to_string(index); }
  virtual std::string field(uint32_t /*type*/, uint32_t index) const {
    return std::to_string(index);
  }
};

}  // namespace weft::interp
