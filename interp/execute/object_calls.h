// Instructions that make structs and arrays: functions that one kind of cell calls.
#pragma once

#include <cstdint>

#include "interp/core/trap.h"
#include "interp/runtime/context.h"

namespace weft::interp {

struct ObjectLayout;

// `args` are the operands in stack order, as for a RuntimeFn; nothing of the guest's is alive above
// them. The result is a reference to the new object, or, below kFirstReference, a TrapCode.
using ObjectFn = uint64_t(Context* ctx, uint64_t* args, const ObjectLayout& layout, uint32_t imm1,
                          uint32_t imm2);
inline constexpr uint64_t kFirstReference = 256;

ObjectFn call_struct_new;  // imm1: slots of the fields
ObjectFn call_struct_new_default;
ObjectFn call_array_new;
ObjectFn call_array_new_default;
ObjectFn call_array_new_fixed;  // imm1: elements
ObjectFn call_array_new_data;   // imm1: data segment
ObjectFn call_array_new_elem;   // imm1: element segment

}  // namespace weft::interp
