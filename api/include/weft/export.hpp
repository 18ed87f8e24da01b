// WEFT_API marks what a shared libweft exports; all else is hidden.
#pragma once

#define WEFT_API [[gnu::visibility("default")]]
