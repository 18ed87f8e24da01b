// The first half of <wasm.hh>: vectors, engines, stores, types.
#ifndef WEFT_WASM_TYPES_HH
#define WEFT_WASM_TYPES_HH

#include <wasm.h>

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <new>
#include <string>
#include <utility>

namespace wasm {

////////////////////////////////////////////////////////////////////////////////////////////////////
// Ownership and vectors

struct destroyer {
  template <class T>
  void operator()(T* object) const {
    delete object;
  }
};

template <class T>
using own = std::unique_ptr<T, destroyer>;

template <class T>
own<T> make_own(T* object) {
  return own<T>(object);
}

/// An array of fixed size that owns its elements, or an invalid one, which is false: made by
/// invalid(), or moved from.
template <class T>
class vec {
 public:
  using elem_type = T;

  vec(vec&& other) noexcept : size_(other.size_), data_(std::move(other.data_)) {
    other.size_ = kInvalid;
  }
  vec& operator=(vec&& other) noexcept {
    reset(other);
    return *this;
  }

  operator bool() const { return size_ != kInvalid; }
  auto size() const -> size_t { return size_; }
  auto get() const -> const T* { return data_.get(); }
  auto get() -> T* { return data_.get(); }
  auto operator[](size_t i) -> T& {
    assert(i < size_);
    return data_[i];
  }
  auto operator[](size_t i) const -> const T& {
    assert(i < size_);
    return data_[i];
  }

  /// The array, which the caller deletes by delete[]; leaves an invalid vector.
  auto release() -> T* {
    size_ = kInvalid;
    return data_.release();
  }
  void reset() {
    size_ = kInvalid;
    data_.reset();
  }
  void reset(vec& other) {
    size_ = other.size_;
    data_ = std::move(other.data_);
    other.size_ = kInvalid;
  }

  /// A copy, of elements that copy themselves.
  auto copy() const -> vec {
    vec out = same_size();
    for (size_t i = 0; out && i < size_; ++i) out.data_[i] = data_[i];
    return out;
  }
  /// A copy, of owned elements that have a copy().
  auto deep_copy() const -> vec {
    vec out = same_size();
    for (size_t i = 0; out && i < size_; ++i) {
      if (data_[i]) out.data_[i] = data_[i]->copy();
    }
    return out;
  }

  /// Elements as their default constructor makes them. Invalid if there is no memory.
  static auto make_uninitialized(size_t size = 0) -> vec { return vec(size); }
  static auto make() -> vec { return vec(size_t(0)); }
  /// Moves the elements out of an array.
  static auto make(size_t size, T items[]) -> vec {
    vec out(size);
    for (size_t i = 0; out && i < size; ++i) out.data_[i] = std::move(items[i]);
    return out;
  }
  /// The characters of a string; with make_nt also a NUL.
  static auto make(std::string text) -> vec<char> {
    return vec<char>::of(text.data(), text.size());
  }
  static auto make_nt(std::string text) -> vec<char> {
    return vec<char>::of(text.c_str(), text.size() + 1);
  }
  template <class... Ts>
  static auto make(Ts&&... items) -> vec {
    T array[] = {std::forward<Ts>(items)...};
    return make(sizeof...(Ts), array);
  }
  /// Takes over an array that was made by new[].
  static auto adopt(size_t size, T items[]) -> vec { return vec(size, items); }
  static auto invalid() -> vec { return vec(kInvalid, nullptr); }

  /// Copies plain elements.
  static auto of(const T* items, size_t size) -> vec {
    vec out(size);
    if (out && size != 0) std::memcpy(out.get(), items, size * sizeof(T));
    return out;
  }

 private:
  static constexpr size_t kInvalid = SIZE_MAX;

  explicit vec(size_t size)
      : size_(size), data_(size == 0 ? nullptr : new(std::nothrow) T[size]()) {
    if (size != 0 && !data_) size_ = kInvalid;
  }
  vec(size_t size, T* data) : size_(size), data_(data) {}
  auto same_size() const -> vec { return *this ? vec(size_) : invalid(); }

  size_t size_;
  std::unique_ptr<T[]> data_;
};

template <class T>
using ownvec = vec<own<T>>;

using Name = vec<byte_t>;
/// Ends with a NUL.
using Message = vec<byte_t>;

namespace detail {

// Deletes objects and empties vectors of wasm.h's.
struct c_deleter {
#define WASM_HH_DELETE_(name) \
  void operator()(wasm_##name##_t* object) const { wasm_##name##_delete(object); }
  WASM_HH_DELETE_(config)
  WASM_HH_DELETE_(engine)
  WASM_HH_DELETE_(store)
  WASM_HH_DELETE_(valtype)
  WASM_HH_DELETE_(externtype)
  WASM_HH_DELETE_(importtype)
  WASM_HH_DELETE_(exporttype)
  WASM_HH_DELETE_(frame)
  WASM_HH_DELETE_(shared_module)
  WASM_HH_DELETE_(ref)
#undef WASM_HH_DELETE_
};
template <class C>
using c_ptr = std::unique_ptr<C, c_deleter>;

inline auto name_of(const wasm_name_t* name) -> Name { return Name::of(name->data, name->size); }
// Lent to a function that doesn't change it.
inline auto bytes_of(const vec<byte_t>& bytes) -> wasm_byte_vec_t {
  return {bytes ? bytes.size() : 0, const_cast<byte_t*>(bytes.get())};
}
inline auto copy_of(const vec<byte_t>& bytes) -> wasm_byte_vec_t {
  wasm_byte_vec_t out;
  wasm_byte_vec_new(&out, bytes ? bytes.size() : 0, bytes.get());
  return out;
}

// What holds a C object of its own.
template <class C>
class holder {
 public:
  explicit holder(C* object) : c_(object) {}
  auto c() const -> C* { return c_.get(); }
  auto release() -> C* { return c_.release(); }

 private:
  c_ptr<C> c_;
};

// An object of T for a C object that becomes its own; null for null.
template <class T, class C>
auto wrap(C* object) -> own<T> {
  return object == nullptr ? nullptr : own<T>(new T(object));
}

// A vector of objects for a C vector of C objects, which it takes over.
template <class T, class V>
auto wrap_all(V& items) -> ownvec<T> {
  ownvec<T> out = ownvec<T>::make_uninitialized(items.size);
  for (size_t i = 0; out && i < items.size; ++i) {
    out[i] = wrap<T>(items.data[i]);
    items.data[i] = nullptr;
  }
  return out;
}

}  // namespace detail

////////////////////////////////////////////////////////////////////////////////////////////////////
// Engines and stores

class Config : public detail::holder<wasm_config_t> {
 public:
  using holder::holder;

  static auto make() -> own<Config> { return detail::wrap<Config>(wasm_config_new()); }
};

class Engine : public detail::holder<wasm_engine_t> {
 public:
  using holder::holder;

  static auto make(own<Config>&& config = Config::make()) -> own<Engine> {
    const own<Config> taken = std::move(config);
    if (!taken) return nullptr;
    return detail::wrap<Engine>(wasm_engine_new_with_config(taken->release()));
  }
};

class Store : public detail::holder<wasm_store_t> {
 public:
  using holder::holder;

  static auto make(Engine* engine) -> own<Store> {
    return detail::wrap<Store>(wasm_store_new(engine->c()));
  }
};

////////////////////////////////////////////////////////////////////////////////////////////////////
// Types

enum class Mutability : uint8_t { CONST = WASM_CONST, VAR = WASM_VAR };

/// In pages of 64 KiB or elements; the largest maximum stands for none.
struct Limits {
  uint32_t min;
  uint32_t max;

  Limits(uint32_t at_least, uint32_t at_most = std::numeric_limits<uint32_t>::max())
      : min(at_least), max(at_most) {}
};

/// <weft.h> has further kinds.
enum class ValKind : uint8_t {
  I32 = WASM_I32,
  I64 = WASM_I64,
  F32 = WASM_F32,
  F64 = WASM_F64,
  EXTERNREF = WASM_EXTERNREF,
  FUNCREF = WASM_FUNCREF
};

inline bool is_num(ValKind kind) { return kind < ValKind::EXTERNREF; }
inline bool is_ref(ValKind kind) { return kind >= ValKind::EXTERNREF; }

class ValType : public detail::holder<wasm_valtype_t> {
 public:
  using holder::holder;

  static auto make(ValKind kind) -> own<ValType> {
    return detail::wrap<ValType>(wasm_valtype_new(static_cast<wasm_valkind_t>(kind)));
  }
  auto copy() const -> own<ValType> { return detail::wrap<ValType>(wasm_valtype_copy(c())); }

  auto kind() const -> ValKind { return static_cast<ValKind>(wasm_valtype_kind(c())); }
  auto is_num() const -> bool { return wasm::is_num(kind()); }
  auto is_ref() const -> bool { return wasm::is_ref(kind()); }
};

/// What a tag's type answers has no name here: WASM_EXTERN_TAG.
enum class ExternKind : uint8_t {
  FUNC = WASM_EXTERN_FUNC,
  GLOBAL = WASM_EXTERN_GLOBAL,
  TABLE = WASM_EXTERN_TABLE,
  MEMORY = WASM_EXTERN_MEMORY
};

class FuncType;
class GlobalType;
class TableType;
class MemoryType;

class ExternType;

namespace detail {

// An object of the class for its kind, so that casts find the objects that they give.
inline auto wrap_type(wasm_externtype_t* type) -> own<ExternType>;

}  // namespace detail

/// One of the types below. The casts give the same object, or null if it is of another kind.
class ExternType {
 public:
  virtual ~ExternType() = default;
  ExternType(const ExternType&) = delete;
  ExternType& operator=(const ExternType&) = delete;

  auto copy() const -> own<ExternType> { return detail::wrap_type(wasm_externtype_copy(c())); }
  auto kind() const -> ExternKind { return static_cast<ExternKind>(wasm_externtype_kind(c())); }

  inline auto func() -> FuncType*;
  inline auto global() -> GlobalType*;
  inline auto table() -> TableType*;
  inline auto memory() -> MemoryType*;
  inline auto func() const -> const FuncType*;
  inline auto global() const -> const GlobalType*;
  inline auto table() const -> const TableType*;
  inline auto memory() const -> const MemoryType*;

  explicit ExternType(wasm_externtype_t* type) : c_(type) {}
  auto c() const -> wasm_externtype_t* { return c_.get(); }

 private:
  detail::c_ptr<wasm_externtype_t> c_;
};

namespace detail {

// The C++ objects for what a type is made of.
inline auto val_type(const wasm_valtype_t* type) -> own<ValType> {
  return wrap<ValType>(wasm_valtype_copy(type));
}
inline auto val_types(const wasm_valtype_vec_t* types) -> ownvec<ValType> {
  ownvec<ValType> out = ownvec<ValType>::make_uninitialized(types->size);
  for (size_t i = 0; out && i < types->size; ++i) out[i] = val_type(types->data[i]);
  return out;
}
// The reverse; the result is for a function that keeps it.
inline auto c_types(const ownvec<ValType>& types) -> wasm_valtype_vec_t {
  wasm_valtype_vec_t out;
  wasm_valtype_vec_new_uninitialized(&out, types ? types.size() : 0);
  for (size_t i = 0; i < out.size; ++i) {
    out.data[i] = types[i] ? wasm_valtype_copy(types[i]->c()) : nullptr;
  }
  return out;
}
inline auto limits_of(const wasm_limits_t* limits) -> Limits { return {limits->min, limits->max}; }

}  // namespace detail

class FuncType : public ExternType {
 public:
  explicit FuncType(wasm_functype_t* type)
      : ExternType(wasm_functype_as_externtype(type)),
        params_(detail::val_types(wasm_functype_params(type))),
        results_(detail::val_types(wasm_functype_results(type))) {}

  static auto make(ownvec<ValType>&& params = ownvec<ValType>::make(),
                   ownvec<ValType>&& results = ownvec<ValType>::make()) -> own<FuncType> {
    const ownvec<ValType> first = std::move(params);
    const ownvec<ValType> second = std::move(results);
    wasm_valtype_vec_t c_params = detail::c_types(first);
    wasm_valtype_vec_t c_results = detail::c_types(second);
    return detail::wrap<FuncType>(wasm_functype_new(&c_params, &c_results));
  }
  auto copy() const -> own<FuncType> { return detail::wrap<FuncType>(wasm_functype_copy(c())); }

  auto params() const -> const ownvec<ValType>& { return params_; }
  auto results() const -> const ownvec<ValType>& { return results_; }

  auto c() const -> wasm_functype_t* { return wasm_externtype_as_functype(ExternType::c()); }

 private:
  ownvec<ValType> params_;
  ownvec<ValType> results_;
};

class GlobalType : public ExternType {
 public:
  explicit GlobalType(wasm_globaltype_t* type)
      : ExternType(wasm_globaltype_as_externtype(type)),
        content_(detail::val_type(wasm_globaltype_content(type))) {}

  static auto make(own<ValType>&& content, Mutability mutability) -> own<GlobalType> {
    const own<ValType> taken = std::move(content);
    if (!taken) return nullptr;
    return detail::wrap<GlobalType>(wasm_globaltype_new(
        wasm_valtype_copy(taken->c()), static_cast<wasm_mutability_t>(mutability)));
  }
  auto copy() const -> own<GlobalType> {
    return detail::wrap<GlobalType>(wasm_globaltype_copy(c()));
  }

  auto content() const -> const ValType* { return content_.get(); }
  auto mutability() const -> Mutability {
    return static_cast<Mutability>(wasm_globaltype_mutability(c()));
  }

  auto c() const -> wasm_globaltype_t* { return wasm_externtype_as_globaltype(ExternType::c()); }

 private:
  own<ValType> content_;
};

class TableType : public ExternType {
 public:
  explicit TableType(wasm_tabletype_t* type)
      : ExternType(wasm_tabletype_as_externtype(type)),
        element_(detail::val_type(wasm_tabletype_element(type))),
        limits_(detail::limits_of(wasm_tabletype_limits(type))) {}

  static auto make(own<ValType>&& element, Limits limits) -> own<TableType> {
    const own<ValType> taken = std::move(element);
    if (!taken) return nullptr;
    const wasm_limits_t c_limits = {limits.min, limits.max};
    return detail::wrap<TableType>(wasm_tabletype_new(wasm_valtype_copy(taken->c()), &c_limits));
  }
  auto copy() const -> own<TableType> { return detail::wrap<TableType>(wasm_tabletype_copy(c())); }

  auto element() const -> const ValType* { return element_.get(); }
  auto limits() const -> const Limits& { return limits_; }

  auto c() const -> wasm_tabletype_t* { return wasm_externtype_as_tabletype(ExternType::c()); }

 private:
  own<ValType> element_;
  Limits limits_;
};

class MemoryType : public ExternType {
 public:
  explicit MemoryType(wasm_memorytype_t* type)
      : ExternType(wasm_memorytype_as_externtype(type)),
        limits_(detail::limits_of(wasm_memorytype_limits(type))) {}

  static auto make(Limits limits) -> own<MemoryType> {
    const wasm_limits_t c_limits = {limits.min, limits.max};
    return detail::wrap<MemoryType>(wasm_memorytype_new(&c_limits));
  }
  auto copy() const -> own<MemoryType> {
    return detail::wrap<MemoryType>(wasm_memorytype_copy(c()));
  }

  auto limits() const -> const Limits& { return limits_; }

  auto c() const -> wasm_memorytype_t* { return wasm_externtype_as_memorytype(ExternType::c()); }

 private:
  Limits limits_;
};

inline auto ExternType::func() const -> const FuncType* {
  return kind() == ExternKind::FUNC ? static_cast<const FuncType*>(this) : nullptr;
}
inline auto ExternType::global() const -> const GlobalType* {
  return kind() == ExternKind::GLOBAL ? static_cast<const GlobalType*>(this) : nullptr;
}
inline auto ExternType::table() const -> const TableType* {
  return kind() == ExternKind::TABLE ? static_cast<const TableType*>(this) : nullptr;
}
inline auto ExternType::memory() const -> const MemoryType* {
  return kind() == ExternKind::MEMORY ? static_cast<const MemoryType*>(this) : nullptr;
}
inline auto ExternType::func() -> FuncType* {
  return kind() == ExternKind::FUNC ? static_cast<FuncType*>(this) : nullptr;
}
inline auto ExternType::global() -> GlobalType* {
  return kind() == ExternKind::GLOBAL ? static_cast<GlobalType*>(this) : nullptr;
}
inline auto ExternType::table() -> TableType* {
  return kind() == ExternKind::TABLE ? static_cast<TableType*>(this) : nullptr;
}
inline auto ExternType::memory() -> MemoryType* {
  return kind() == ExternKind::MEMORY ? static_cast<MemoryType*>(this) : nullptr;
}
namespace detail {

inline auto wrap_type(wasm_externtype_t* type) -> own<ExternType> {
  if (wasm_functype_t* func = wasm_externtype_as_functype(type)) return wrap<FuncType>(func);
  if (wasm_globaltype_t* global = wasm_externtype_as_globaltype(type)) {
    return wrap<GlobalType>(global);
  }
  if (wasm_tabletype_t* table = wasm_externtype_as_tabletype(type)) return wrap<TableType>(table);
  if (wasm_memorytype_t* memory = wasm_externtype_as_memorytype(type)) {
    return wrap<MemoryType>(memory);
  }
  return wrap<ExternType>(type);
}

}  // namespace detail

class ImportType : public detail::holder<wasm_importtype_t> {
 public:
  explicit ImportType(wasm_importtype_t* type)
      : holder(type),
        module_(detail::name_of(wasm_importtype_module(type))),
        name_(detail::name_of(wasm_importtype_name(type))),
        type_(detail::wrap_type(wasm_externtype_copy(wasm_importtype_type(type)))) {}

  static auto make(Name&& module, Name&& name, own<ExternType>&& type) -> own<ImportType> {
    const own<ExternType> taken = std::move(type);
    if (!taken) return nullptr;
    wasm_name_t c_module = detail::copy_of(module);
    wasm_name_t c_name = detail::copy_of(name);
    return detail::wrap<ImportType>(
        wasm_importtype_new(&c_module, &c_name, wasm_externtype_copy(taken->c())));
  }
  auto copy() const -> own<ImportType> {
    return detail::wrap<ImportType>(wasm_importtype_copy(c()));
  }

  auto module() const -> const Name& { return module_; }
  auto name() const -> const Name& { return name_; }
  auto type() const -> const ExternType* { return type_.get(); }

 private:
  Name module_;
  Name name_;
  own<ExternType> type_;
};

class ExportType : public detail::holder<wasm_exporttype_t> {
 public:
  explicit ExportType(wasm_exporttype_t* type)
      : holder(type),
        name_(detail::name_of(wasm_exporttype_name(type))),
        type_(detail::wrap_type(wasm_externtype_copy(wasm_exporttype_type(type)))) {}

  static auto make(Name&& name, own<ExternType>&& type) -> own<ExportType> {
    const own<ExternType> taken = std::move(type);
    if (!taken) return nullptr;
    wasm_name_t c_name = detail::copy_of(name);
    return detail::wrap<ExportType>(wasm_exporttype_new(&c_name, wasm_externtype_copy(taken->c())));
  }
  auto copy() const -> own<ExportType> {
    return detail::wrap<ExportType>(wasm_exporttype_copy(c()));
  }

  auto name() const -> const Name& { return name_; }
  auto type() const -> const ExternType* { return type_.get(); }

 private:
  Name name_;
  own<ExternType> type_;
};

}  // namespace wasm

#endif  // WEFT_WASM_TYPES_HH
