// Weft's whole C++ API.
#pragma once

#include "weft/anyref.hpp"         // IWYU pragma: export
#include "weft/backend.hpp"        // IWYU pragma: export
#include "weft/bytes.hpp"          // IWYU pragma: export
#include "weft/caller.hpp"         // IWYU pragma: export
#include "weft/config.hpp"         // IWYU pragma: export
#include "weft/engine.hpp"         // IWYU pragma: export
#include "weft/error.hpp"          // IWYU pragma: export
#include "weft/exnref.hpp"         // IWYU pragma: export
#include "weft/export.hpp"         // IWYU pragma: export
#include "weft/extern.hpp"         // IWYU pragma: export
#include "weft/externref.hpp"      // IWYU pragma: export
#include "weft/func.hpp"           // IWYU pragma: export
#include "weft/gc.hpp"             // IWYU pragma: export
#include "weft/global.hpp"         // IWYU pragma: export
#include "weft/host_func.hpp"      // IWYU pragma: export
#include "weft/instance.hpp"       // IWYU pragma: export
#include "weft/linker.hpp"         // IWYU pragma: export
#include "weft/marshal.hpp"        // IWYU pragma: export
#include "weft/memory.hpp"         // IWYU pragma: export
#include "weft/module.hpp"         // IWYU pragma: export
#include "weft/profile.hpp"        // IWYU pragma: export
#include "weft/shared_memory.hpp"  // IWYU pragma: export
#include "weft/store.hpp"          // IWYU pragma: export
#include "weft/store_ref.hpp"      // IWYU pragma: export
#include "weft/table.hpp"          // IWYU pragma: export
#include "weft/tag.hpp"            // IWYU pragma: export
#include "weft/text.hpp"           // IWYU pragma: export
#include "weft/types.hpp"          // IWYU pragma: export
#include "weft/valtype.hpp"        // IWYU pragma: export
#include "weft/value.hpp"          // IWYU pragma: export
#include "weft/version.hpp"        // IWYU pragma: export
#include "weft/wasi.hpp"           // IWYU pragma: export
