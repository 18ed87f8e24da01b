// The host module `spectest` that the suite's modules import from.
#pragma once

#include <weft/weft.hpp>

namespace weft::spectest {

Result<void> define_host_module(Linker& linker, StoreRef store);

}  // namespace weft::spectest
