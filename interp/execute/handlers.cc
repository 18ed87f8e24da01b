// All handlers behind one lookup, and the dispatch loop of builds without tail calls.
#include "interp/execute/handlers.h"

#include <unordered_map>

#include "interp/execute/families.h"
#include "interp/execute/object_calls.h"
#include "interp/execute/runtime_calls.h"
#include "interp/execute/simd_handlers.h"
#include "interp/execute/variants.h"
#include "interp/translate/fusion_rows.h"

namespace weft::interp {

Handler handler_for(const HandlerKey& key) {
  const auto find = [&key]() -> HandlerFn* {
    if (key.step() != 0) return step_handler(key);
    switch (key.shape) {
      case Shape::Binary:
      case Shape::Unary: {
        const char letter = info(key.op).signature[0];
        return letter == 'i'   ? i32_handler(key)
               : letter == 'l' ? i64_handler(key)
                               : float_handler(key);
      }
      case Shape::Load:
      case Shape::Store:
        return memory_handler(key);
      case Shape::LoadFar:
      case Shape::StoreFar:
        return far_memory_handler(key);
      case Shape::CallRef:
      case Shape::ReturnCall:
      case Shape::ReturnCallLazy:
      case Shape::ReturnCallImport:
      case Shape::ReturnCallIndirect:
      case Shape::ReturnCallRef:
      case Shape::RefAsNonNull:
        return reference_handler(key);
      case Shape::Throw:
      case Shape::ThrowRef:
        return exception_handler(key);
      case Shape::Atomic:
        return atomic_handler(key);
      case Shape::Wide:
      case Shape::MulWide:
        return wide_handler(key);
      case Shape::NewObject:
      case Shape::StructGet:
      case Shape::StructSet:
      case Shape::ArrayGet:
      case Shape::ArraySet:
      case Shape::ArrayLen:
      case Shape::I31Get:
      case Shape::RefTest:
      case Shape::RefCast:
      case Shape::BranchCast:
      case Shape::VStructGet:
      case Shape::VStructSet:
      case Shape::VArrayGet:
      case Shape::VArraySet:
        return gc_handler(key);
      case Shape::LoadIndexed:
      case Shape::StoreIndexed:
        return indexed_handler(key);
      case Shape::Move:
      case Shape::MovePair:
      case Shape::MoveMany:
      case Shape::Select:
      case Shape::CompareSelect:
      case Shape::GlobalGet:
      case Shape::GlobalSet:
      case Shape::GlobalGetFar:
      case Shape::GlobalSetFar:
      case Shape::Zero:
        return move_handler(key);
      case Shape::Branch:
      case Shape::BranchIf:
      case Shape::MoveBranch:
      case Shape::BranchTable:
      case Shape::BranchTableLoad:
      case Shape::Redispatch:
      case Shape::Trap:
      case Shape::CountBlock:
      case Shape::CountEdge:
      case Shape::Fuel:
      case Shape::CheckStack:
        return branch_handler(key);
      case Shape::CompareBranch:
        return compare_branch_handler(key);
      case Shape::OpOp:
      case Shape::ReturnOp:
        return op_op_handler(key);
      case Shape::OpLoad:
      case Shape::OpLoadIndexed:
      case Shape::StoreOp:
        return op_load_handler(key);
      case Shape::BranchOp:
      case Shape::BranchLoad:
      case Shape::BranchLoadIndexed:
        return op_branch_handler(key);
      case Shape::Return:
      case Shape::ReturnVoid:
      case Shape::ReturnMany:
      case Shape::Call:
      case Shape::CallLazy:
      case Shape::CallImport:
      case Shape::CallIndirect:
      case Shape::Runtime:
      case Shape::Exit:
      case Shape::SwitchBack:
      case Shape::EnterLazy:
        return call_handler(key);
      case Shape::ByteLoop:
        return byte_loop_handler(key);
      case Shape::kCount:
        return nullptr;
      default:
        return simd_handler(key);
    }
  };
  return reinterpret_cast<Handler>(find());
}

namespace {

// Calls f with every key that has a handler. Keys are enumerated blindly: the lookup says which
// exist.
template <class F>
void for_each_key(F f) {
  const auto each_place = [&f](HandlerKey key) {
    for (unsigned places = 0; places < 27 * 2; ++places) {
      key.d = static_cast<Out>(places % 2);
      key.a = static_cast<In>(places / 2 % 3);
      key.b = static_cast<In>(places / 6 % 3);
      key.c = static_cast<In>(places / 18);
      if (exists(key)) f(key);
    }
  };
  for (const Fusion& fusion : kFusions) {
    HandlerKey key = fusion.key();
    for (const unsigned flags : {0u, 2u, 4u, 6u, 8u, 12u, 16u, 18u, 32u, 34u, 48u, 50u}) {
      key.flags = static_cast<uint8_t>(fusion.key().flags | flags);
      if ((flags & ~unsigned{fused_flags(key.shape)} & ~unsigned{kStepFlags}) == 0) each_place(key);
    }
  }
  for (size_t s = 0; s < kShapeCount; ++s) {
    HandlerKey key{.shape = static_cast<Shape>(s)};
    if (has_inner(key.shape)) continue;
    const unsigned flag_end = steps_exist(key.shape) ? 2 * kStepConst : kStep;
    for (unsigned flags = 0; flags < flag_end; ++flags) {
      key.flags = static_cast<uint8_t>(flags);
      for (size_t op = 0; has_opcode(key.shape) && op < kOpcodeCount; ++op) {
        key.op = static_cast<Opcode>(op);
        each_place(key);
      }
      for (int repr = 0; !has_opcode(key.shape) && repr <= static_cast<int>(Repr::V128); ++repr) {
        key.repr = static_cast<Repr>(repr);
        each_place(key);
      }
    }
  }
}

}  // namespace

std::optional<HandlerKey> key_of(Handler handler) {
  static const auto kKeys = [] {
    std::unordered_map<Handler, HandlerKey> keys;
    for_each_key([&keys](const HandlerKey& key) {
      if (const Handler found = handler_for(key)) keys.try_emplace(found, key);
    });
    return keys;
  }();
  const auto at = kKeys.find(handler);
  if (at == kKeys.end()) return std::nullopt;
  return at->second;
}

uint64_t runtime_call_address(RuntimeCall call) {
  RuntimeFn* const functions[] = {
      runtime_memory_size, runtime_memory_grow,     runtime_memory_fill,     runtime_memory_copy,
      runtime_memory_init, runtime_data_drop,       runtime_table_get,       runtime_table_set,
      runtime_table_size,  runtime_table_grow,      runtime_table_fill,      runtime_table_copy,
      runtime_table_init,  runtime_elem_drop,       runtime_ref_func,        runtime_array_fill,
      runtime_array_copy,  runtime_array_init_data, runtime_array_init_elem,
  };
  return reinterpret_cast<uint64_t>(functions[static_cast<size_t>(call)]);
}

uint64_t object_call_address(ObjectCall call) {
  ObjectFn* const functions[] = {
      call_struct_new,      call_struct_new_default, call_array_new,      call_array_new_default,
      call_array_new_fixed, call_array_new_data,     call_array_new_elem,
  };
  return reinterpret_cast<uint64_t>(functions[static_cast<size_t>(call)]);
}

#if WEFT_DISPATCH_LOOP
extern "C" void weft_run_loop(EntryState* state) {
  while (state->running != 0) (*read_unaligned<HandlerFn*>(state->pc))(*state);
}
#endif

}  // namespace weft::interp
