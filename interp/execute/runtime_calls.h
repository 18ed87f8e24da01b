// Instructions whose work is not worth a handler of its own: plain functions that one kind of cell
// calls.
#pragma once

#include <cstdint>

#include "interp/core/trap.h"
#include "interp/runtime/context.h"

namespace weft::interp {

// `args` are the operands in stack order, one 8-byte slot each (i32 zero-extended, references as
// pointers); a result goes to args[0]. Bounds are checked before anything is written. Bulk
// operations look at the interrupt flag every few megabytes and may be stopped in between.
using RuntimeFn = TrapCode(Context* ctx, uint64_t* args, uint32_t imm1, uint32_t imm2);

RuntimeFn runtime_memory_size;      // imm1: memory
RuntimeFn runtime_memory_grow;      // imm1: memory. Moves the base of a Checked memory
RuntimeFn runtime_memory_fill;      // imm1: memory
RuntimeFn runtime_memory_copy;      // imm1: memory written, imm2: memory read
RuntimeFn runtime_memory_init;      // imm1: data segment, imm2: memory
RuntimeFn runtime_data_drop;        // imm1: data segment
RuntimeFn runtime_table_get;        // imm1: table
RuntimeFn runtime_table_set;        // imm1: table
RuntimeFn runtime_table_size;       // imm1: table
RuntimeFn runtime_table_grow;       // imm1: table
RuntimeFn runtime_table_fill;       // imm1: table
RuntimeFn runtime_table_copy;       // imm1: table written, imm2: table read
RuntimeFn runtime_table_init;       // imm1: element segment, imm2: table
RuntimeFn runtime_elem_drop;        // imm1: element segment
RuntimeFn runtime_ref_func;         // imm1: function
RuntimeFn runtime_array_fill;       // imm1: bytes of an element
RuntimeFn runtime_array_copy;       // imm1: bytes of an element
RuntimeFn runtime_array_init_data;  // imm1: data segment, imm2: bytes of an element
RuntimeFn runtime_array_init_elem;  // imm1: element segment

}  // namespace weft::interp
