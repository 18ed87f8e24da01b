// Why guests stop.
#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "api/backends/wasmtime/store.h"

namespace weft::backends {

namespace {

constexpr std::size_t kMaxFrames = 100;

constexpr std::uint8_t kInterrupt = 10;
constexpr std::uint8_t kOutOfFuel = 11;
constexpr std::array kTraps = {
    std::pair{std::uint8_t{0}, TrapCode::CallStackExhausted},
    std::pair{std::uint8_t{1}, TrapCode::MemoryOutOfBounds},
    std::pair{std::uint8_t{2}, TrapCode::UnalignedAtomic},
    std::pair{std::uint8_t{3}, TrapCode::TableOutOfBounds},
    std::pair{std::uint8_t{4}, TrapCode::UninitializedElement},
    std::pair{std::uint8_t{5}, TrapCode::IndirectCallTypeMismatch},
    std::pair{std::uint8_t{6}, TrapCode::IntegerOverflow},
    std::pair{std::uint8_t{7}, TrapCode::IntegerDivideByZero},
    std::pair{std::uint8_t{8}, TrapCode::InvalidConversionToInteger},
    std::pair{std::uint8_t{9}, TrapCode::Unreachable},
    std::pair{std::uint8_t{12}, TrapCode::ExpectedSharedMemory},
    std::pair{std::uint8_t{13}, TrapCode::NullReference},
    std::pair{std::uint8_t{14}, TrapCode::ArrayOutOfBounds},
    std::pair{std::uint8_t{15}, TrapCode::OutOfMemory},
    std::pair{std::uint8_t{16}, TrapCode::CastFailure},
};

std::string text_of(const c::Vec<char>* text) {
  return text == nullptr ? std::string() : std::string(text->data, text->size);
}

}  // namespace

c::Error* WasmtimeStore::on_epoch(c::Context* /*context*/, void* self, std::uint64_t* delta,
                                  std::uint8_t* kind) noexcept {
  auto& store = *static_cast<WasmtimeStore*>(self);
  if (store.init_.interrupt->flag.exchange(0) != 0 && !store.init_.callbacks->goes_on()) {
    store.failure_.emplace(Errc::interrupted, "interrupted");
    return store.api().wasmtime_error_new("interrupted");
  }
  // Another store's, or the hook wants it to go on.
  *delta = 1;
  *kind = 0;
  return nullptr;
}

Error WasmtimeStore::take_error(c::Error* error, c::Trap* trap) {
  c::Vec<c::Frame*> frames;
  if (trap != nullptr) {
    api().wasm_trap_trace(trap, &frames);
  } else {
    api().wasmtime_error_wasm_trace(error, &frames);
  }
  std::optional<Error> failure = std::exchange(failure_, std::nullopt);
  Error result = failure ? std::move(*failure) : guest_error(error, trap, frames);
  if (engine_->backtraces) add_frames(result, frames);
  api().wasm_frame_vec_delete(&frames);
  if (trap != nullptr) api().wasm_trap_delete(trap);
  if (error != nullptr) api().wasmtime_error_delete(error);
  return result;
}

Error WasmtimeStore::guest_error(const c::Error* error, const c::Trap* trap,
                                 const c::Vec<c::Frame*>& frames) {
  if (trap == nullptr) {
    c::Vec<char> text;
    api().wasmtime_error_message(error, &text);
    const std::string message = text_of(&text);
    api().wasm_byte_vec_delete(&text);
    if (message.starts_with("GC heap out of memory")) return Error::trap(TrapCode::OutOfMemory);
    return {Errc::limit, "Wasmtime: " + message};
  }
  std::uint8_t code = 0;
  if (!api().wasmtime_trap_code(trap, &code)) {
    thrown_.emplace();
    if (!api().wasmtime_context_take_exception(context_, &*thrown_)) thrown_.reset();
    return {Errc::exception, "uncaught exception"};
  }
  if (code == kOutOfFuel) return {Errc::out_of_fuel, "out of fuel"};
  if (code == kInterrupt) return {Errc::interrupted, "interrupted"};
  const auto* const known = std::ranges::find(kTraps, code, &decltype(kTraps)::value_type::first);
  if (known == kTraps.end()) {
    return {Errc::limit, "Wasmtime: trap " + std::to_string(code)};
  }
  return Error::trap(frames.size == 0 ? known->second : exact(known->second, frames.data[0]));
}

// The frame, and the module whose it is. The C API doesn't say: one of that name whose function has
// an instruction there.
std::pair<Frame, const WasmtimeModule*> WasmtimeStore::frame_of(const c::Frame* from) const {
  Frame frame;
  frame.func_index = api().wasm_frame_func_index(from);
  frame.func_name = text_of(api().wasmtime_frame_func_name(from));
  frame.module_name = text_of(api().wasmtime_frame_module_name(from));
  frame.module_offset = api().wasm_frame_module_offset(from);
  frame.func_offset = api().wasm_frame_func_offset(from);
  for (const WasmtimeModule* module : modules_) {
    if (module->name().value_or("") != frame.module_name) continue;
    const auto offset = module->offset_of(frame.func_index, frame.func_offset, frame.module_offset);
    if (!offset) continue;
    frame.module_offset = *offset;
    return {std::move(frame), module};
  }
  return {std::move(frame), nullptr};
}

namespace {

// Wasmtime has one trap for an access to a table and a call through it, and one for all null
// references: the instruction's code tells which.
TrapCode exact_trap(TrapCode code, std::span<const std::uint8_t> instr) {
  constexpr std::uint8_t kObjects = 0xfb;  // prefixes the instructions of structs, arrays and i31
  if (instr.size() < 2) return code;
  const std::uint8_t opcode = instr[0];
  if (code == TrapCode::TableOutOfBounds) {
    const bool is_call = opcode == 0x11 || opcode == 0x13;  // call_indirect, return_call_indirect
    return is_call ? TrapCode::UndefinedElement : code;
  }
  if (code != TrapCode::NullReference) return code;
  if (opcode == 0x0a) return TrapCode::NullExceptionReference;                   // throw_ref
  if (opcode == 0x14 || opcode == 0x15) return TrapCode::NullFunctionReference;  // call_ref
  if (opcode != kObjects) return code;
  const std::uint8_t object = instr[1];
  if (object >= 0x02 && object <= 0x05) return TrapCode::NullStructureReference;
  if (object >= 0x0b && object <= 0x13) return TrapCode::NullArrayReference;
  if (object == 0x1d || object == 0x1e) return TrapCode::NullI31Reference;
  return code;
}

}  // namespace

TrapCode WasmtimeStore::exact(TrapCode code, const c::Frame* from) const {
  if (code != TrapCode::TableOutOfBounds && code != TrapCode::NullReference) return code;
  const auto [frame, module] = frame_of(from);
  // At times a trap is given to the function as a whole.
  if (module == nullptr || frame.func_offset == 0) return code;
  return exact_trap(code, module->decoded().source.bytes.subspan(frame.module_offset));
}

// Wasmtime's trace has the frames of all activations; those around this one add theirs themselves.
void WasmtimeStore::add_frames(Error& error, const c::Vec<c::Frame*>& frames) {
  const std::size_t had = error.frames().size();
  const std::size_t outer = depth_ == 0 ? 0 : outer_frames();
  if (had >= kMaxFrames || frames.size <= outer) return;
  const std::size_t count = std::min(frames.size - outer, kMaxFrames - had);
  for (std::size_t i = 0; i < count; ++i) {
    error.add_frame(frame_of(frames.data[i]).first);
  }
}

// How many frames there are around: those of a guest function that traps at once, without its own.
std::size_t WasmtimeStore::outer_frames() {
  if (!failing_) {
    c::Instance instance{};
    c::Trap* trap = nullptr;
    c::Extern item;
    c::Error* const error = api().wasmtime_instance_new(context_, engine_->trapping_module(),
                                                        nullptr, 0, &instance, &trap);
    if (error != nullptr) {
      api().wasmtime_error_delete(error);
      return 0;
    }
    (void)api().wasmtime_instance_export_get(context_, &instance, "f", 1, &item);
    failing_ = item.func;
  }
  backend::RawVal unused;
  c::Trap* trap = nullptr;
  c::Error* const error =
      api().wasmtime_func_call_unchecked(context_, &*failing_, &unused, 0, &trap);
  c::Vec<c::Frame*> frames;
  if (trap != nullptr) {
    api().wasm_trap_trace(trap, &frames);
    api().wasm_trap_delete(trap);
  } else {
    // An interrupt, which was for another call.
    api().wasmtime_error_wasm_trace(error, &frames);
    api().wasmtime_error_delete(error);
    failure_.reset();
    init_.interrupt->flag.store(1);
  }
  const std::size_t count = frames.size;
  api().wasm_frame_vec_delete(&frames);
  return count - std::min<std::size_t>(count, 1);
}

}  // namespace weft::backends
