// C++ exceptions for guest programs: what libc++abi has and Debian's build of it for WebAssembly
// lacks, being made without exceptions. The compiler's half of the contract is in clang's output
// for -fwasm-exceptions: a landing pad stores its number and its function's table in
// __wasm_lpad_context, calls _Unwind_CallPersonality and reads from there which of its handlers is
// meant; cleanups need none of this. The tables are those of the Itanium C++ ABI ("LSDA").
//
// Single-threaded, without foreign exceptions, exception specifications and std::exception_ptr.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <typeinfo>

namespace __cxxabiv1 {

// The base of all of libc++abi's type_info classes, of which only the order of virtual functions
// matters: whether a handler of this type catches an object, whose address may change to that of a
// base.
class __shim_type_info : public std::type_info {
 public:
  ~__shim_type_info() override;
  virtual void noop1() const;
  virtual void noop2() const;
  virtual bool can_catch(const __shim_type_info* thrown, void*& adjusted) const = 0;
};

}  // namespace __cxxabiv1

namespace {

using __cxxabiv1::__shim_type_info;

// Stands before the thrown object.
struct alignas(16) Header {
  const __shim_type_info* type;
  void* (*destroy)(void*);  // a destructor: in WebAssembly's C++ they return the object
  void* adjusted;           // the object as the handler found sees it
  int handlers;             // that have begun and not ended
  bool is_rethrown;         // out of the innermost of them
  Header* next_caught;
};

Header* caught = nullptr;  // the innermost handler's
int uncaught = 0;

Header* header_of(void* object) { return static_cast<Header*>(object) - 1; }

[[noreturn]] void unwind(Header* exception) {
  uncaught++;
  __builtin_wasm_throw(0, exception + 1);
  __builtin_unreachable();
}

uintptr_t unsigned_leb(const uint8_t*& at) {
  uintptr_t value = 0;
  for (unsigned shift = 0;; shift += 7) {
    const uint8_t byte = *at++;
    value |= static_cast<uintptr_t>(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) return value;
  }
}

intptr_t signed_leb(const uint8_t*& at) {
  intptr_t value = 0;
  for (unsigned shift = 0;;) {
    const uint8_t byte = *at++;
    value |= static_cast<intptr_t>(byte & 0x7f) << shift;
    shift += 7;
    if ((byte & 0x80) == 0) {
      return (byte & 0x40) != 0 && shift < 8 * sizeof value ? value | -(intptr_t{1} << shift)
                                                            : value;
    }
  }
}

// The number of the first handler of a landing pad that catches the exception, or 0.
intptr_t find_handler(const uint8_t* table, uintptr_t landing_pad, Header& exception) {
  constexpr uint8_t kOmitted = 0xff;
  if (*table++ != kOmitted)
    std::abort();  // a base of landing pads, which WebAssembly has no use for
  const uint8_t type_encoding = *table++;
  const uint8_t* types = nullptr;
  if (type_encoding != kOmitted) {
    const uintptr_t distance = unsigned_leb(table);
    types = table + distance;
  }
  table++;  // the encoding of call sites
  const uintptr_t sites_size = unsigned_leb(table);
  const uint8_t* actions = table + sites_size;
  uintptr_t action = 0;
  for (uintptr_t site = 0; site <= landing_pad; site++) {
    unsigned_leb(table);
    action = unsigned_leb(table);
  }
  if (action == 0) return 0;
  for (const uint8_t* at = actions + action - 1;;) {
    const intptr_t filter = signed_leb(at);
    if (filter > 0) {
      const __shim_type_info* type = nullptr;
      std::memcpy(&type, types - filter * static_cast<intptr_t>(sizeof type), sizeof type);
      void* adjusted = &exception + 1;
      if (type == nullptr || type->can_catch(exception.type, adjusted)) {
        exception.adjusted = adjusted;
        return filter;
      }
    }
    const uint8_t* next = at;
    const intptr_t distance = signed_leb(next);
    if (distance == 0) return 0;
    at += distance;
  }
}

}  // namespace

extern "C" {

struct {
  uintptr_t landing_pad;
  const uint8_t* table;
  intptr_t selector;
} __wasm_lpad_context;

int _Unwind_CallPersonality(void* object) {
  __wasm_lpad_context.selector =
      find_handler(__wasm_lpad_context.table, __wasm_lpad_context.landing_pad, *header_of(object));
  return 0;
}

// Never called: names the tables' format to the compiler.
int __gxx_wasm_personality_v0(...) { return 0; }

void* __cxa_allocate_exception(size_t size) {
  void* memory = std::calloc(1, sizeof(Header) + size);
  if (memory == nullptr) std::terminate();
  return static_cast<Header*>(memory) + 1;
}

void __cxa_free_exception(void* object) { std::free(header_of(object)); }

[[noreturn]] void __cxa_throw(void* object, std::type_info* type, void* (*destroy)(void*)) {
  Header* exception = header_of(object);
  exception->type = static_cast<const __shim_type_info*>(type);
  exception->destroy = destroy;
  unwind(exception);
}

void* __cxa_get_exception_ptr(void* object) { return header_of(object)->adjusted; }

void* __cxa_begin_catch(void* object) {
  Header* exception = header_of(object);
  uncaught--;
  exception->handlers++;
  exception->is_rethrown = false;
  if (caught != exception) {
    exception->next_caught = caught;
    caught = exception;
  }
  return exception->adjusted;
}

void __cxa_end_catch() {
  Header* exception = caught;
  if (--exception->handlers > 0) return;
  caught = exception->next_caught;
  if (exception->is_rethrown) return;  // it is on its way to another handler
  if (exception->destroy != nullptr) exception->destroy(exception + 1);
  std::free(exception);
}

[[noreturn]] void __cxa_rethrow() {
  if (caught == nullptr) std::terminate();
  caught->is_rethrown = true;
  unwind(caught);
}

unsigned __cxa_uncaught_exceptions() { return static_cast<unsigned>(uncaught); }
bool __cxa_uncaught_exception() { return uncaught > 0; }

// For std::exception_ptr, which the programs don't use; without them the library's own come in, and
// all else with them.
void* __cxa_current_primary_exception() { std::abort(); }
void __cxa_increment_exception_refcount(void*) { std::abort(); }
void __cxa_decrement_exception_refcount(void*) { std::abort(); }
void __cxa_rethrow_primary_exception(void*) { std::abort(); }

}  // extern "C"
