// The handler tables, one getter per family; each lives in its own translation unit, to spread the
// time that their instantiation takes. handlers.cc puts them together. A getter returns null for
// keys that are not its family's.
#pragma once

#include "interp/execute/abi.h"
#include "interp/translate/cell.h"

namespace weft::interp {

HandlerFn* i32_handler(const HandlerKey& key);         // Binary, Unary with i32 operands
HandlerFn* i64_handler(const HandlerKey& key);         // with i64 operands
HandlerFn* float_handler(const HandlerKey& key);       // with f32 and f64 operands
HandlerFn* memory_handler(const HandlerKey& key);      // Load, Store
HandlerFn* indexed_handler(const HandlerKey& key);     // LoadIndexed, StoreIndexed
HandlerFn* far_memory_handler(const HandlerKey& key);  // LoadFar, StoreFar
HandlerFn* reference_handler(const HandlerKey& key);   // CallRef, tail calls, RefAsNonNull
HandlerFn* exception_handler(const HandlerKey& key);   // Throw, ThrowRef
HandlerFn* atomic_handler(const HandlerKey& key);      // Atomic
HandlerFn* wide_handler(const HandlerKey& key);        // Wide, MulWide
HandlerFn* gc_handler(const HandlerKey& key);          // structs, arrays, i31s, casts
HandlerFn* byte_loop_handler(const HandlerKey& key);   // ByteLoop
HandlerFn* move_handler(const HandlerKey& key);        // Move, Select, globals, Zero
HandlerFn* branch_handler(
    const HandlerKey& key);  // Branch, BranchIf, BranchTable, Trap, Fuel, CheckStack
HandlerFn* compare_branch_handler(const HandlerKey& key);  // CompareBranch
HandlerFn* op_op_handler(const HandlerKey& key);           // OpOp, ReturnOp
HandlerFn* op_load_handler(const HandlerKey& key);         // OpLoad, OpLoadIndexed, StoreOp
HandlerFn* op_branch_handler(const HandlerKey& key);       // BranchOp, BranchLoad
HandlerFn* step_handler(const HandlerKey& key);            // all shapes, with kStep
HandlerFn* call_handler(
    const HandlerKey& key);  // calls, returns, runtime calls, cells shared by all code

}  // namespace weft::interp
