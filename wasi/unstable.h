// wasi_unstable, which modules of 2019 import: preview1's predecessor.
#pragma once

#include "wasi/function_table.h"

namespace weft::wasi {

/// Its function of the name of one of preview1's: that one, unless unstable.def has another. Null
/// if there is none.
[[nodiscard]] const Row* unstable_row(const Row& row) noexcept;

}  // namespace weft::wasi
