// The version of the headers, and of the library linked.
#pragma once

#include <string_view>

#include "weft/export.hpp"

namespace weft {

inline constexpr int kVersionMajor = 0;
inline constexpr int kVersionMinor = 1;
inline constexpr int kVersionPatch = 0;

/// The library's version, as "0.1.0". Differs from the constants when headers and library do.
[[nodiscard]] WEFT_API std::string_view version() noexcept;

}  // namespace weft
