// The functions of preview1.def. A handler gets the guest's arguments unchecked.
#pragma once

#include "wasi/state.h"

namespace weft::wasi {

#define WASI_FUNCTION(result, name, ...) \
  [[nodiscard]] Result<result> name(Call& call __VA_OPT__(, ) __VA_ARGS__);
#include "wasi/preview1.def"

}  // namespace weft::wasi
