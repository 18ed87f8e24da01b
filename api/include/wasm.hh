// wasm.hh: the C++ API that goes with wasm.h, header-only on top of it. C++11.
//
//  * An own<T> is a std::unique_ptr: who holds it owns the object, who has a plain pointer or a
//    reference borrows it. A function that takes an own<T>&& or ownvec<T>&& keeps what is in it.
//  * Objects are handles, as in wasm.h: destroying one gives up a name, and what it names lives on
//    in its store. After the store's end they are stale, and every function of theirs answers null,
//    false, 0 or a trap.
//  * Functions that fail answer null. None throws, but std::bad_alloc may come from vectors. A
//    callback may throw: the outermost call then answers a trap.
//  * For what <weft.h> can do, c() gives the C object behind an object, lent; the constructors make
//    objects of C objects, which become theirs.
#ifndef WASM_HH
#define WASM_HH

#include <wasm.h>

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include <weft/wasm_types.hh>

namespace wasm {

////////////////////////////////////////////////////////////////////////////////////////////////////
// References and values

class Ref;
class Extern;

namespace detail {

// An object of the class for its kind, so that casts find the objects that they give.
inline auto wrap_ref(wasm_ref_t* ref) -> own<Ref>;
inline auto wrap_extern(wasm_extern_t* item) -> own<Extern>;

}  // namespace detail

/// A reference of any kind. An object's class is that of its kind, if that has one.
class Ref {
 public:
  explicit Ref(wasm_ref_t* ref) : c_(ref) {}
  virtual ~Ref() = default;
  Ref(const Ref&) = delete;
  Ref& operator=(const Ref&) = delete;

  auto copy() const -> own<Ref> { return detail::wrap_ref(wasm_ref_copy(c())); }
  auto same(const Ref* other) const -> bool {
    return other != nullptr && wasm_ref_same(c(), other->c());
  }

  auto get_host_info() const -> void* { return wasm_ref_get_host_info(c()); }
  void set_host_info(void* info, void (*finalizer)(void*) = nullptr) {
    wasm_ref_set_host_info_with_finalizer(c(), info, finalizer);
  }

  auto c() const -> wasm_ref_t* { return c_.get(); }

 private:
  detail::c_ptr<wasm_ref_t> c_;
};

/// A number or a reference, null included. One that was made of a reference has the kind EXTERNREF.
class Val {
 public:
  Val() : kind_(ValKind::EXTERNREF), ref_() {}
  explicit Val(int32_t i) : kind_(ValKind::I32), ref_() { number_.i32 = i; }
  explicit Val(int64_t i) : kind_(ValKind::I64), ref_() { number_.i64 = i; }
  explicit Val(float32_t z) : kind_(ValKind::F32), ref_() { number_.f32 = z; }
  explicit Val(float64_t z) : kind_(ValKind::F64), ref_() { number_.f64 = z; }
  explicit Val(own<Ref>&& ref, ValKind kind = ValKind::EXTERNREF)
      : kind_(kind), ref_(std::move(ref)) {}

  static auto i32(int32_t x) -> Val { return Val(x); }
  static auto i64(int64_t x) -> Val { return Val(x); }
  static auto f32(float32_t x) -> Val { return Val(x); }
  static auto f64(float64_t x) -> Val { return Val(x); }
  static auto ref(own<Ref>&& x) -> Val { return Val(std::move(x)); }
  template <class T>
  static auto make(T x) -> Val;
  template <class T>
  static auto make(own<T>&& x) -> Val {
    return Val(own<Ref>(std::move(x)));
  }

  auto kind() const -> ValKind { return kind_; }
  auto is_num() const -> bool { return wasm::is_num(kind_); }
  auto is_ref() const -> bool { return wasm::is_ref(kind_); }

  // The value must be of that kind.
  auto i32() const -> int32_t { return is(ValKind::I32), number_.i32; }
  auto i64() const -> int64_t { return is(ValKind::I64), number_.i64; }
  auto f32() const -> float32_t { return is(ValKind::F32), number_.f32; }
  auto f64() const -> float64_t { return is(ValKind::F64), number_.f64; }
  auto ref() const -> Ref* {
    assert(is_ref());
    return ref_.get();
  }
  template <class T>
  auto get() const -> T;

  auto release_ref() -> own<Ref> { return std::move(ref_); }
  void reset() { ref_.reset(); }
  void reset(Val& other) { *this = std::move(other); }
  auto copy() const -> Val {
    Val out;
    out.kind_ = kind_;
    out.number_ = number_;
    if (ref_) out.ref_ = ref_->copy();
    return out;
  }

 private:
  void is(ValKind kind) const {
    assert(kind_ == kind);
    (void)kind;
  }

  ValKind kind_;
  union {
    int32_t i32;
    int64_t i64;
    float32_t f32;
    float64_t f64;
  } number_ = {};
  own<Ref> ref_;
};

#define WASM_HH_VAL_(type, as, kind)     \
  template <>                            \
  inline auto Val::make(type x) -> Val { \
    return Val(static_cast<as>(x));      \
  }                                      \
  template <>                            \
  inline auto Val::get() const -> type { \
    return static_cast<type>(kind());    \
  }
WASM_HH_VAL_(int32_t, int32_t, i32)
WASM_HH_VAL_(int64_t, int64_t, i64)
WASM_HH_VAL_(uint32_t, int32_t, i32)
WASM_HH_VAL_(uint64_t, int64_t, i64)
WASM_HH_VAL_(float32_t, float32_t, f32)
WASM_HH_VAL_(float64_t, float64_t, f64)
#undef WASM_HH_VAL_
template <>
inline auto Val::get() const -> Ref* {
  return ref();
}

class Instance;

/// A function of the guest's that was on the stack; see wasm.h.
class Frame : public detail::holder<wasm_frame_t> {
 public:
  using holder::holder;

  auto copy() const -> own<Frame> { return detail::wrap<Frame>(wasm_frame_copy(c())); }
  /// Always null.
  auto instance() const -> Instance* { return nullptr; }
  auto func_index() const -> uint32_t { return wasm_frame_func_index(c()); }
  auto func_offset() const -> size_t { return wasm_frame_func_offset(c()); }
  auto module_offset() const -> size_t { return wasm_frame_module_offset(c()); }
};

// The constructor of a reference's class, its C object and its copy.
#define WASM_HH_REF_(Class, Base, name, base)                                       \
  explicit Class(wasm_##name##_t* ref) : Base(wasm_##name##_as_##base(ref)) {}      \
  auto c() const -> wasm_##name##_t* { return wasm_##base##_as_##name(Base::c()); } \
  auto copy() const -> own<Class> { return detail::wrap<Class>(wasm_##name##_copy(c())); }

class Trap : public Ref {
 public:
  WASM_HH_REF_(Trap, Ref, trap, ref)

  static auto make(Store* store, const Message& message) -> own<Trap> {
    const wasm_message_t c_message = detail::bytes_of(message);
    return detail::wrap<Trap>(wasm_trap_new(store->c(), &c_message));
  }

  auto message() const -> Message {
    wasm_message_t text;
    wasm_trap_message(c(), &text);
    Message out = detail::name_of(&text);
    wasm_byte_vec_delete(&text);
    return out;
  }
  /// Null if the guest didn't run.
  auto origin() const -> own<Frame> { return detail::wrap<Frame>(wasm_trap_origin(c())); }
  /// Innermost first.
  auto trace() const -> ownvec<Frame> {
    wasm_frame_vec_t frames;
    wasm_trap_trace(c(), &frames);
    ownvec<Frame> out = detail::wrap_all<Frame>(frames);
    wasm_frame_vec_delete(&frames);
    return out;
  }
};

/// A reference to what the embedder has in mind.
class Foreign : public Ref {
 public:
  WASM_HH_REF_(Foreign, Ref, foreign, ref)

  static auto make(Store* store) -> own<Foreign> {
    return detail::wrap<Foreign>(wasm_foreign_new(store->c()));
  }
};

////////////////////////////////////////////////////////////////////////////////////////////////////
// Modules

/// What other threads may obtain a T from.
template <class T>
class Shared;

class Module;

template <>
class Shared<Module> : public detail::holder<wasm_shared_module_t> {
 public:
  using holder::holder;
};

class Module : public Ref {
 public:
  WASM_HH_REF_(Module, Ref, module, ref)

  static auto validate(Store* store, const vec<byte_t>& binary) -> bool {
    const wasm_byte_vec_t bytes = detail::bytes_of(binary);
    return wasm_module_validate(store->c(), &bytes);
  }
  static auto make(Store* store, const vec<byte_t>& binary) -> own<Module> {
    const wasm_byte_vec_t bytes = detail::bytes_of(binary);
    return detail::wrap<Module>(wasm_module_new(store->c(), &bytes));
  }

  auto imports() const -> ownvec<ImportType> {
    wasm_importtype_vec_t types;
    wasm_module_imports(c(), &types);
    ownvec<ImportType> out = detail::wrap_all<ImportType>(types);
    wasm_importtype_vec_delete(&types);
    return out;
  }
  auto exports() const -> ownvec<ExportType> {
    wasm_exporttype_vec_t types;
    wasm_module_exports(c(), &types);
    ownvec<ExportType> out = detail::wrap_all<ExportType>(types);
    wasm_exporttype_vec_delete(&types);
    return out;
  }

  auto share() const -> own<Shared<Module>> {
    return detail::wrap<Shared<Module>>(wasm_module_share(c()));
  }
  static auto obtain(Store* store, const Shared<Module>* shared) -> own<Module> {
    return detail::wrap<Module>(wasm_module_obtain(store->c(), shared->c()));
  }

  auto serialize() const -> vec<byte_t> {
    wasm_byte_vec_t bytes;
    wasm_module_serialize(c(), &bytes);
    vec<byte_t> out = detail::name_of(&bytes);
    wasm_byte_vec_delete(&bytes);
    return out;
  }
  static auto deserialize(Store* store, const vec<byte_t>& serialized) -> own<Module> {
    const wasm_byte_vec_t bytes = detail::bytes_of(serialized);
    return detail::wrap<Module>(wasm_module_deserialize(store->c(), &bytes));
  }
};

////////////////////////////////////////////////////////////////////////////////////////////////////
// Externs and instances

class Func;
class Global;
class Table;
class Memory;

/// What can be imported and exported. The casts give the same object, or null if it is of another
/// kind.
class Extern : public Ref {
 public:
  explicit Extern(wasm_extern_t* item) : Ref(wasm_extern_as_ref(item)) {}
  auto c() const -> wasm_extern_t* { return wasm_ref_as_extern(Ref::c()); }
  auto copy() const -> own<Extern> { return detail::wrap_extern(wasm_extern_copy(c())); }

  auto kind() const -> ExternKind { return static_cast<ExternKind>(wasm_extern_kind(c())); }
  auto type() const -> own<ExternType> { return detail::wrap_type(wasm_extern_type(c())); }

  inline auto func() -> Func*;
  inline auto global() -> Global*;
  inline auto table() -> Table*;
  inline auto memory() -> Memory*;
  inline auto func() const -> const Func*;
  inline auto global() const -> const Global*;
  inline auto table() const -> const Table*;
  inline auto memory() const -> const Memory*;
};

class Func : public Extern {
 public:
  /// Gets the arguments, and results that are nulls and zeros at first. A trap that it returns, or
  /// an exception that it throws, ends the guest.
  using callback = own<Trap> (*)(const vec<Val>& args, vec<Val>& results);
  using callback_with_env = own<Trap> (*)(void* env, const vec<Val>& args, vec<Val>& results);

  WASM_HH_REF_(Func, Extern, func, extern)

  static inline auto make(Store* store, const FuncType* type, callback call) -> own<Func>;
  /// `finalizer` is called with `env` once; see wasm_func_new_with_env.
  static inline auto make(Store* store, const FuncType* type, callback_with_env call, void* env,
                          void (*finalizer)(void*) = nullptr) -> own<Func>;

  auto type() const -> own<FuncType> { return detail::wrap<FuncType>(wasm_func_type(c())); }
  auto param_arity() const -> size_t { return wasm_func_param_arity(c()); }
  auto result_arity() const -> size_t { return wasm_func_result_arity(c()); }

  /// Null, and the results are written; or a trap. See wasm_func_call.
  inline auto call(const vec<Val>& args, vec<Val>& results) const -> own<Trap>;
};

class Global : public Extern {
 public:
  WASM_HH_REF_(Global, Extern, global, extern)

  static inline auto make(Store* store, const GlobalType* type, const Val& init) -> own<Global>;
  auto type() const -> own<GlobalType> { return detail::wrap<GlobalType>(wasm_global_type(c())); }
  inline auto get() const -> Val;
  inline void set(const Val& value);
};

class Table : public Extern {
 public:
  using size_t = uint32_t;

  WASM_HH_REF_(Table, Extern, table, extern)

  static auto make(Store* store, const TableType* type, const Ref* init = nullptr) -> own<Table> {
    return detail::wrap<Table>(wasm_table_new(store->c(), type->c(), c_of(init)));
  }
  auto type() const -> own<TableType> { return detail::wrap<TableType>(wasm_table_type(c())); }
  auto get(size_t index) const -> own<Ref> { return detail::wrap_ref(wasm_table_get(c(), index)); }
  auto set(size_t index, const Ref* ref) -> bool { return wasm_table_set(c(), index, c_of(ref)); }
  auto size() const -> size_t { return wasm_table_size(c()); }
  auto grow(size_t delta, const Ref* init = nullptr) -> bool {
    return wasm_table_grow(c(), delta, c_of(init));
  }

 private:
  static auto c_of(const Ref* ref) -> wasm_ref_t* { return ref == nullptr ? nullptr : ref->c(); }
};

class Memory : public Extern {
 public:
  using pages_t = uint32_t;
  static const size_t page_size = 0x10000;

  WASM_HH_REF_(Memory, Extern, memory, extern)

  static auto make(Store* store, const MemoryType* type) -> own<Memory> {
    return detail::wrap<Memory>(wasm_memory_new(store->c(), type->c()));
  }
  auto type() const -> own<MemoryType> { return detail::wrap<MemoryType>(wasm_memory_type(c())); }
  /// Good until the memory grows or a guest runs.
  auto data() const -> byte_t* { return wasm_memory_data(c()); }
  auto data_size() const -> size_t { return wasm_memory_data_size(c()); }
  auto size() const -> pages_t { return wasm_memory_size(c()); }
  auto grow(pages_t delta) -> bool { return wasm_memory_grow(c(), delta); }
};

class Instance : public Ref {
 public:
  WASM_HH_REF_(Instance, Ref, instance, ref)

  /// See wasm_instance_new.
  static inline auto make(Store* store, const Module* module, const vec<Extern*>& imports,
                          own<Trap>* trap = nullptr) -> own<Instance>;
  inline auto exports() const -> ownvec<Extern>;
};

////////////////////////////////////////////////////////////////////////////////////////////////////
// What needs all of the classes

inline auto Extern::func() const -> const Func* {
  return kind() == ExternKind::FUNC ? static_cast<const Func*>(this) : nullptr;
}
inline auto Extern::global() const -> const Global* {
  return kind() == ExternKind::GLOBAL ? static_cast<const Global*>(this) : nullptr;
}
inline auto Extern::table() const -> const Table* {
  return kind() == ExternKind::TABLE ? static_cast<const Table*>(this) : nullptr;
}
inline auto Extern::memory() const -> const Memory* {
  return kind() == ExternKind::MEMORY ? static_cast<const Memory*>(this) : nullptr;
}
inline auto Extern::func() -> Func* {
  return kind() == ExternKind::FUNC ? static_cast<Func*>(this) : nullptr;
}
inline auto Extern::global() -> Global* {
  return kind() == ExternKind::GLOBAL ? static_cast<Global*>(this) : nullptr;
}
inline auto Extern::table() -> Table* {
  return kind() == ExternKind::TABLE ? static_cast<Table*>(this) : nullptr;
}
inline auto Extern::memory() -> Memory* {
  return kind() == ExternKind::MEMORY ? static_cast<Memory*>(this) : nullptr;
}

namespace detail {

inline auto wrap_extern(wasm_extern_t* item) -> own<Extern> {
  if (wasm_func_t* func = wasm_extern_as_func(item)) return wrap<Func>(func);
  if (wasm_global_t* global = wasm_extern_as_global(item)) return wrap<Global>(global);
  if (wasm_table_t* table = wasm_extern_as_table(item)) return wrap<Table>(table);
  if (wasm_memory_t* memory = wasm_extern_as_memory(item)) return wrap<Memory>(memory);
  return wrap<Extern>(item);
}

inline auto wrap_ref(wasm_ref_t* ref) -> own<Ref> {
  if (wasm_extern_t* item = wasm_ref_as_extern(ref)) return wrap_extern(item);
  if (wasm_foreign_t* foreign = wasm_ref_as_foreign(ref)) return wrap<Foreign>(foreign);
  if (wasm_instance_t* instance = wasm_ref_as_instance(ref)) return wrap<Instance>(instance);
  if (wasm_module_t* module = wasm_ref_as_module(ref)) return wrap<Module>(module);
  if (wasm_trap_t* trap = wasm_ref_as_trap(ref)) return wrap<Trap>(trap);
  return wrap<Ref>(ref);
}

// The value, lent to a function.
inline auto c_val(const Val& value) -> wasm_val_t {
  wasm_val_t out;
  out.kind = static_cast<wasm_valkind_t>(value.kind());
  switch (value.kind()) {
    case ValKind::I32:
      out.of.i32 = value.i32();
      break;
    case ValKind::I64:
      out.of.i64 = value.i64();
      break;
    case ValKind::F32:
      out.of.f32 = value.f32();
      break;
    case ValKind::F64:
      out.of.f64 = value.f64();
      break;
    default:
      out.of.ref = value.ref() == nullptr ? nullptr : value.ref()->c();
      break;
  }
  return out;
}

// Of a value that becomes its own.
inline auto wrap_val(const wasm_val_t& value) -> Val {
  switch (value.kind) {
    case WASM_I32:
      return Val(value.of.i32);
    case WASM_I64:
      return Val(value.of.i64);
    case WASM_F32:
      return Val(value.of.f32);
    case WASM_F64:
      return Val(value.of.f64);
    default:
      // A number that isn't one of these is a v128, which has no value here.
      return Val(wasm_valkind_is_ref(value.kind) ? wrap_ref(value.of.ref) : nullptr,
                 static_cast<ValKind>(value.kind));
  }
}

// A vector of values lent to a function.
inline auto c_vals(const vec<Val>& values) -> std::unique_ptr<wasm_val_t[]> {
  const size_t size = values ? values.size() : 0;
  std::unique_ptr<wasm_val_t[]> out(new wasm_val_t[size]);
  for (size_t i = 0; i < size; ++i) out[i] = c_val(values[i]);
  return out;
}

// A C++ callback of either kind behind a C one.
struct callback {
  Func::callback plain;
  Func::callback_with_env with_env;
  void* env;
  void (*finalizer)(void*);

  static void destroy(void* self) {
    const std::unique_ptr<callback> taken(static_cast<callback*>(self));
    if (taken->finalizer != nullptr) taken->finalizer(taken->env);
  }

  static wasm_trap_t* call(void* self, const wasm_val_vec_t* args, wasm_val_vec_t* results) {
    const callback& of = *static_cast<callback*>(self);
    // Out of memory is an exception here, which becomes a trap.
    vec<Val> in = vec<Val>::adopt(args->size, new Val[args->size]);
    vec<Val> out = vec<Val>::adopt(results->size, new Val[results->size]);
    for (size_t i = 0; i < args->size; ++i) {
      wasm_val_t copy;
      wasm_val_copy(&copy, &args->data[i]);
      in[i] = wrap_val(copy);
    }
    for (size_t i = 0; i < results->size; ++i) out[i] = wrap_val(results->data[i]);
    const own<Trap> trap = of.plain != nullptr ? of.plain(in, out) : of.with_env(of.env, in, out);
    if (trap) return wasm_trap_copy(trap->c());
    for (size_t i = 0; i < results->size; ++i) {
      const wasm_val_t lent = c_val(out[i]);
      wasm_val_copy(&results->data[i], &lent);
    }
    return nullptr;
  }
};

inline auto make_func(Store* store, const FuncType* type, const callback& of) -> own<Func> {
  return wrap<Func>(wasm_func_new_with_env(store->c(), type->c(), &callback::call, new callback(of),
                                           &callback::destroy));
}

}  // namespace detail

inline auto Func::make(Store* store, const FuncType* type, callback call) -> own<Func> {
  return detail::make_func(store, type, {call, nullptr, nullptr, nullptr});
}
inline auto Func::make(Store* store, const FuncType* type, callback_with_env call, void* env,
                       void (*finalizer)(void*)) -> own<Func> {
  return detail::make_func(store, type, {nullptr, call, env, finalizer});
}

inline auto Func::call(const vec<Val>& args, vec<Val>& results) const -> own<Trap> {
  const std::unique_ptr<wasm_val_t[]> in = detail::c_vals(args);
  const size_t room = results ? results.size() : 0;
  const std::unique_ptr<wasm_val_t[]> out(new wasm_val_t[room]);
  const wasm_val_vec_t c_args = {args ? args.size() : 0, in.get()};
  wasm_val_vec_t c_results = {room, out.get()};
  if (wasm_trap_t* trap = wasm_func_call(c(), &c_args, &c_results)) {
    return detail::wrap<Trap>(trap);
  }
  for (size_t i = 0; i < room; ++i) results[i] = detail::wrap_val(out[i]);
  return nullptr;
}

inline auto Global::make(Store* store, const GlobalType* type, const Val& init) -> own<Global> {
  const wasm_val_t value = detail::c_val(init);
  return detail::wrap<Global>(wasm_global_new(store->c(), type->c(), &value));
}
inline auto Global::get() const -> Val {
  wasm_val_t value;
  wasm_global_get(c(), &value);
  return detail::wrap_val(value);
}
inline void Global::set(const Val& value) {
  const wasm_val_t lent = detail::c_val(value);
  wasm_global_set(c(), &lent);
}

inline auto Instance::make(Store* store, const Module* module, const vec<Extern*>& imports,
                           own<Trap>* trap) -> own<Instance> {
  const size_t size = imports ? imports.size() : 0;
  const std::unique_ptr<wasm_extern_t*[]> items(new wasm_extern_t*[size]);
  for (size_t i = 0; i < size; ++i) {
    items[i] = imports[i] == nullptr ? nullptr : imports[i]->c();
  }
  const wasm_extern_vec_t c_imports = {size, items.get()};
  wasm_trap_t* failure = nullptr;
  own<Instance> out =
      detail::wrap<Instance>(wasm_instance_new(store->c(), module->c(), &c_imports, &failure));
  own<Trap> why = detail::wrap<Trap>(failure);
  if (trap != nullptr) *trap = std::move(why);
  return out;
}
inline auto Instance::exports() const -> ownvec<Extern> {
  wasm_extern_vec_t items;
  wasm_instance_exports(c(), &items);
  ownvec<Extern> out = ownvec<Extern>::make_uninitialized(items.size);
  for (size_t i = 0; out && i < items.size; ++i) {
    out[i] = detail::wrap_extern(items.data[i]);
    items.data[i] = nullptr;
  }
  wasm_extern_vec_delete(&items);
  return out;
}

#undef WASM_HH_REF_

}  // namespace wasm

#endif  // WASM_HH
