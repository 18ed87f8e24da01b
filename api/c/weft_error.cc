// Errors of <weft.h>.
#include <array>
#include <exception>
#include <new>
#include <stdexcept>

#include "api/c/support.h"

namespace weft::c {

namespace {

// Made before memory can run out. Never deleted.
weft_error_t* const kOutOfMemory =  // NOLINT(cert-err58-cpp): without it, there is no program
    new weft_error_t{Error(Errc::limit, "out of memory")};

// What weft_error_new_host makes an error of: an exception of the host's, with an identity.
class HostFailure : public std::runtime_error {
 public:
  HostFailure(const std::string& message, std::shared_ptr<HostInfo> payload)
      : std::runtime_error(message), payload_(std::move(payload)) {}
  [[nodiscard]] HostInfo& payload() const noexcept { return *payload_; }

 private:
  std::shared_ptr<HostInfo> payload_;
};

// The error's payload, if it came with that finalizer.
HostInfo* find_payload(const weft_error_t* error, void (*finalizer)(void*)) {
  if (error == nullptr || error->error.exception() == nullptr) return nullptr;
  try {
    std::rethrow_exception(error->error.exception());
  } catch (const HostFailure& failure) {
    return failure.payload().finalizer() == finalizer ? &failure.payload() : nullptr;
  } catch (...) {
    return nullptr;
  }
}

// A new error of each kind of Errc answers its number here: a kind that <weft.h> lacks is a
// warning.
constexpr weft_errc_enum number_of(Errc code) {
  switch (code) {
    case Errc::malformed:
      return WEFT_ERRC_MALFORMED;
    case Errc::invalid:
      return WEFT_ERRC_INVALID;
    case Errc::unsupported:
      return WEFT_ERRC_UNSUPPORTED;
    case Errc::link:
      return WEFT_ERRC_LINK;
    case Errc::not_found:
      return WEFT_ERRC_NOT_FOUND;
    case Errc::type_mismatch:
      return WEFT_ERRC_TYPE_MISMATCH;
    case Errc::wrong_store:
      return WEFT_ERRC_WRONG_STORE;
    case Errc::out_of_bounds:
      return WEFT_ERRC_OUT_OF_BOUNDS;
    case Errc::limit:
      return WEFT_ERRC_LIMIT;
    case Errc::trap:
      return WEFT_ERRC_TRAP;
    case Errc::exception:
      return WEFT_ERRC_EXCEPTION;
    case Errc::exit:
      return WEFT_ERRC_EXIT;
    case Errc::interrupted:
      return WEFT_ERRC_INTERRUPTED;
    case Errc::out_of_fuel:
      return WEFT_ERRC_OUT_OF_FUEL;
    case Errc::host:
      return WEFT_ERRC_HOST;
    case Errc::io:
      return WEFT_ERRC_IO;
    case Errc::usage:
      return WEFT_ERRC_USAGE;
  }
  return WEFT_ERRC_USAGE;
}
constexpr std::size_t kErrcCount = WEFT_ERRC_USAGE + 1;

template <std::size_t... I>
constexpr bool same_numbers(std::index_sequence<I...> /*i*/) {
  return (true && ... && (number_of(static_cast<Errc>(I)) == I));
}
static_assert(same_numbers(std::make_index_sequence<kErrcCount>{}));

constexpr std::array kTrapCodes = std::to_array<std::pair<TrapCode, weft_trap_code_enum>>({
    {TrapCode::Unreachable, WEFT_TRAP_UNREACHABLE},
    {TrapCode::IntegerDivideByZero, WEFT_TRAP_INTEGER_DIVIDE_BY_ZERO},
    {TrapCode::IntegerOverflow, WEFT_TRAP_INTEGER_OVERFLOW},
    {TrapCode::InvalidConversionToInteger, WEFT_TRAP_INVALID_CONVERSION_TO_INTEGER},
    {TrapCode::MemoryOutOfBounds, WEFT_TRAP_MEMORY_OUT_OF_BOUNDS},
    {TrapCode::TableOutOfBounds, WEFT_TRAP_TABLE_OUT_OF_BOUNDS},
    {TrapCode::UndefinedElement, WEFT_TRAP_UNDEFINED_ELEMENT},
    {TrapCode::UninitializedElement, WEFT_TRAP_UNINITIALIZED_ELEMENT},
    {TrapCode::IndirectCallTypeMismatch, WEFT_TRAP_INDIRECT_CALL_TYPE_MISMATCH},
    {TrapCode::NullReference, WEFT_TRAP_NULL_REFERENCE},
    {TrapCode::NullFunctionReference, WEFT_TRAP_NULL_FUNCTION_REFERENCE},
    {TrapCode::NullStructureReference, WEFT_TRAP_NULL_STRUCTURE_REFERENCE},
    {TrapCode::NullArrayReference, WEFT_TRAP_NULL_ARRAY_REFERENCE},
    {TrapCode::NullI31Reference, WEFT_TRAP_NULL_I31_REFERENCE},
    {TrapCode::NullExceptionReference, WEFT_TRAP_NULL_EXCEPTION_REFERENCE},
    {TrapCode::ArrayOutOfBounds, WEFT_TRAP_ARRAY_OUT_OF_BOUNDS},
    {TrapCode::CastFailure, WEFT_TRAP_CAST_FAILURE},
    {TrapCode::UnalignedAtomic, WEFT_TRAP_UNALIGNED_ATOMIC},
    {TrapCode::ExpectedSharedMemory, WEFT_TRAP_EXPECTED_SHARED_MEMORY},
    {TrapCode::CallStackExhausted, WEFT_TRAP_CALL_STACK_EXHAUSTED},
    {TrapCode::OutOfMemory, WEFT_TRAP_OUT_OF_MEMORY},
});
static_assert(kTrapCodes.size() == kTrapCodeCount);
static_assert([] {
  for (std::size_t i = 0; i < kTrapCodes.size(); ++i) {
    if (static_cast<std::size_t>(kTrapCodes[i].first) != i || kTrapCodes[i].second != i) {
      return false;
    }
  }
  return true;
}());

template <class T, class U>
bool put_if(const std::optional<T>& value, U* out) {
  if (!value || out == nullptr) return false;
  *out = static_cast<U>(*value);
  return true;
}

// Of a null error, an empty one.
template <class F>
auto read(const weft_error_t* error, F&& what) {
  static const Error kNone(Errc::usage, "");
  return std::forward<F>(what)(error != nullptr ? error->error : kNone);
}

}  // namespace

weft_error_t* new_error(Error error) noexcept {
  auto* made = new (std::nothrow) weft_error_t{std::move(error)};
  return made != nullptr ? made : kOutOfMemory;
}

weft_error_t* current_error() noexcept {
  try {
    return new_error(Error::from_exception(std::current_exception()));
  } catch (...) {
    return kOutOfMemory;
  }
}

Error take_error(weft_error_t* error) {
  if (error == kOutOfMemory) return kOutOfMemory->error;
  const std::unique_ptr<weft_error_t> taken(error);
  return std::move(taken->error);
}

void put_bytes(std::string_view bytes, wasm_byte_vec_t* out) noexcept {
  if (out != nullptr) wasm_byte_vec_new(out, bytes.size(), bytes.data());
}

}  // namespace weft::c

using weft::c::attempt;
using weft::c::find_payload;
using weft::c::guard;
using weft::c::HostFailure;
using weft::c::HostInfo;
using weft::c::kErrcCount;
using weft::c::kOutOfMemory;
using weft::c::new_trap;
using weft::c::put_bytes;
using weft::c::put_if;
using weft::c::read;
using weft::c::take_error;
using weft::c::to_str;
using weft::c::view;

const char* weft_version() { return weft::version().data(); }

weft_str_t weft_errc_name(weft_errc_t code) {
  if (code >= kErrcCount) return to_str("");
  return to_str(weft::to_string(static_cast<weft::Errc>(code)));
}
weft_str_t weft_trap_text(weft_trap_code_t code) {
  if (code >= weft::kTrapCodeCount) return to_str("");
  return to_str(weft::to_string(static_cast<weft::TrapCode>(code)));
}

weft_error_t* weft_error_new(weft_errc_t code, weft_str_t message) {
  return attempt([&]() -> weft::Result<void> {
    const bool known = code < kErrcCount;
    return weft::fail(known ? static_cast<weft::Errc>(code) : weft::Errc::host,
                      std::string(view(message)));
  });
}
weft_error_t* weft_error_new_trap(weft_trap_code_t code, weft_str_t detail) {
  return attempt([&]() -> weft::Result<void> {
    if (code >= weft::kTrapCodeCount) {
      return weft::fail(weft::Errc::host, std::string(view(detail)));
    }
    return weft::fail(static_cast<weft::TrapCode>(code), view(detail));
  });
}
weft_error_t* weft_error_new_exit(int32_t status) {
  return attempt([&]() -> weft::Result<void> { return weft::fail(weft::Error::exit(status)); });
}
weft_error_t* weft_error_new_host(weft_str_t message, void* payload, void (*finalizer)(void*)) {
  HostInfo owned(payload, finalizer);
  return attempt([&]() -> weft::Result<void> {
    return weft::fail(weft::Error::from_exception(std::make_exception_ptr(
        HostFailure(std::string(view(message)), std::make_shared<HostInfo>(std::move(owned))))));
  });
}
weft_error_t* weft_error_copy(const weft_error_t* error) {
  if (error == nullptr) return nullptr;
  return attempt([&]() -> weft::Result<void> { return weft::fail(error->error); });
}
void weft_error_delete(weft_error_t* error) {
  if (error != kOutOfMemory) delete error;
}

weft_errc_t weft_error_code(const weft_error_t* error) {
  return read(error, [](const weft::Error& e) { return static_cast<weft_errc_t>(e.code()); });
}
weft_str_t weft_error_message(const weft_error_t* error) {
  return read(error, [](const weft::Error& e) {
    return weft_str_t{e.message().c_str(), e.message().size()};
  });
}
void weft_error_describe(const weft_error_t* error, wasm_byte_vec_t* out) {
  put_bytes(guard([&] { return read(error, [](const weft::Error& e) { return e.describe(); }); }),
            out);
}
void weft_error_add_context(weft_error_t* error, weft_str_t context) {
  guard([&] {
    if (error != nullptr && error != kOutOfMemory) (void)error->error.add_context(view(context));
  });
}

bool weft_error_trap_code(const weft_error_t* error, weft_trap_code_t* out) {
  return read(error, [&](const weft::Error& e) { return put_if(e.trap_code(), out); });
}
bool weft_error_exit_status(const weft_error_t* error, int32_t* out) {
  return read(error, [&](const weft::Error& e) { return put_if(e.exit_status(), out); });
}
bool weft_error_byte_offset(const weft_error_t* error, uint64_t* out) {
  return read(error, [&](const weft::Error& e) { return put_if(e.byte_offset(), out); });
}
bool weft_error_os_error(const weft_error_t* error, int* out) {
  return read(error, [&](const weft::Error& e) { return put_if(e.os_error(), out); });
}

size_t weft_error_frame_count(const weft_error_t* error) {
  return read(error, [](const weft::Error& e) { return e.frames().size(); });
}
bool weft_error_frame(const weft_error_t* error, size_t index, weft_frame_t* out) {
  if (out == nullptr || index >= weft_error_frame_count(error)) return false;
  const weft::Frame& frame = error->error.frames()[index];
  out->func_index = frame.func_index;
  out->func_name = {frame.func_name.c_str(), frame.func_name.size()};
  out->module_name = {frame.module_name.c_str(), frame.module_name.size()};
  out->module_offset = frame.module_offset;
  out->func_offset = frame.func_offset;
  return true;
}

void* weft_error_payload(const weft_error_t* error, void (*finalizer)(void*)) {
  const HostInfo* payload = find_payload(error, finalizer);
  return payload != nullptr ? payload->get() : nullptr;
}
void* weft_error_take_payload(weft_error_t* error, void (*finalizer)(void*)) {
  HostInfo* payload = find_payload(error, finalizer);
  return payload != nullptr ? payload->release() : nullptr;
}

wasm_trap_t* weft_error_to_trap(wasm_store_t* store, weft_error_t* error) {
  if (error == nullptr) return nullptr;
  return guard([&] {
    return new_trap(store != nullptr ? store->handle : nullptr, take_error(error)).release();
  });
}
weft_error_t* weft_error_from_trap(const wasm_trap_t* trap) {
  if (trap == nullptr) return nullptr;
  return attempt([&]() -> weft::Result<void> { return weft::fail(trap->data->error); });
}
