#include "api/c/objects.h"

#include <bit>
#include <functional>

namespace weft::c {

namespace {

// Kinds of keys beyond those of ExternKind.
constexpr std::uint64_t kInstanceKey = 16;
constexpr std::uint64_t kExternRefKey = 17;
constexpr std::uint64_t kI31Key = 18;
constexpr std::uint64_t kObjectKey = 19;

// A handle's number in its store.
template <class H>
std::uint64_t number_of(const H& handle) noexcept {
  static_assert(sizeof(H) == sizeof(detail::Handle) && std::is_trivially_copyable_v<H>);
  return std::bit_cast<detail::Handle>(handle).index;
}

StoreLink::Key key_of(const Extern& item) noexcept {
  return {static_cast<std::uint64_t>(item.kind()),
          std::visit([](const auto& handle) { return number_of(handle); }, item.variant())};
}

StoreLink::Key key_of(const Ref& ref) noexcept {
  if (const ExternRef object = ref.externref()) {
    return {kExternRefKey, std::bit_cast<std::uint64_t>(object.object())};
  }
  if (const ExnRef exception = ref.exnref()) return {kObjectKey, exception.root()->number};
  const AnyRef any = ref.anyref();
  if (any.i31()) return {kI31Key, any.i31()->unsigned_value()};
  return {kObjectKey, any.root() ? any.root()->number : 0};
}

HostInfo* find_info(const StoreHandle& store, StoreLink::Key key, bool make, const Ref& object) {
  StoreLink* link = open(store).extension<StoreLink>();
  if (link == nullptr) return nullptr;
  if (make) return &link->infos.try_emplace(key, HostInfo(), object).first->second.info;
  const auto found = link->infos.find(key);
  return found == link->infos.end() ? nullptr : &found->second.info;
}

template <class T>
bool is_same(const wasm_ref_t& other, const T& mine, auto of) noexcept {
  const auto* theirs = dynamic_cast<const T*>(&other);
  return theirs != nullptr && std::invoke(of, *theirs) == std::invoke(of, mine);
}

}  // namespace

std::unique_ptr<wasm_ref_t> ValueRef::copy() const {
  return std::make_unique<ValueRef>(store, ref);
}
bool ValueRef::same(const wasm_ref_t& other) const noexcept {
  return is_same(other, *this, &ValueRef::ref);
}
HostInfo* ValueRef::host_info(bool make) const { return find_info(store, key_of(ref), make, ref); }

}  // namespace weft::c

weft::Result<weft::Ref> wasm_ref_t::value() const {
  return weft::fail(weft::Errc::type_mismatch, "the reference is to nothing that a guest can hold");
}

std::unique_ptr<wasm_ref_t> wasm_extern_t::copy() const { return weft::c::new_extern(store, item); }
bool wasm_extern_t::same(const wasm_ref_t& other) const noexcept {
  return weft::c::is_same(other, *this, &wasm_extern_t::item);
}
weft::c::HostInfo* wasm_extern_t::host_info(bool make) const {
  return weft::c::find_info(store, weft::c::key_of(item), make, {});
}

weft::Result<std::shared_ptr<const weft::FuncType>> wasm_func_t::type() const {
  const weft::StoreRef in = weft::c::open(store);
  if (type_ == nullptr || !in) {
    weft::Result<weft::FuncType> found = func().type(in);
    if (!found) return std::unexpected<weft::Error>(std::move(found).error());
    type_ = std::make_shared<const weft::FuncType>(std::move(*found));
  }
  return type_;
}

std::unique_ptr<wasm_ref_t> wasm_instance_t::copy() const {
  return std::make_unique<wasm_instance_t>(store, instance);
}
bool wasm_instance_t::same(const wasm_ref_t& other) const noexcept {
  return weft::c::is_same(other, *this, &wasm_instance_t::instance);
}
weft::c::HostInfo* wasm_instance_t::host_info(bool make) const {
  return weft::c::find_info(store, {weft::c::kInstanceKey, weft::c::number_of(instance)}, make, {});
}

std::unique_ptr<wasm_ref_t> wasm_foreign_t::copy() const {
  return std::make_unique<wasm_foreign_t>(store, object);
}
bool wasm_foreign_t::same(const wasm_ref_t& other) const noexcept {
  return weft::c::is_same(other, *this, &wasm_foreign_t::object);
}
weft::c::HostInfo* wasm_foreign_t::host_info(bool /*make*/) const {
  weft::Result<weft::c::Foreign*> found = object.get<weft::c::Foreign>(weft::c::open(store));
  return found ? &(*found)->info : nullptr;
}

std::unique_ptr<wasm_ref_t> wasm_trap_t::copy() const {
  return std::make_unique<wasm_trap_t>(*this);
}
bool wasm_trap_t::same(const wasm_ref_t& other) const noexcept {
  return weft::c::is_same(other, *this, &wasm_trap_t::data);
}
weft::c::HostInfo* wasm_trap_t::host_info(bool /*make*/) const { return &data->info; }

std::unique_ptr<wasm_ref_t> wasm_module_t::copy() const {
  return std::make_unique<wasm_module_t>(*this);
}
bool wasm_module_t::same(const wasm_ref_t& other) const noexcept {
  return weft::c::is_same(other, *this, &wasm_module_t::data);
}
weft::c::HostInfo* wasm_module_t::host_info(bool /*make*/) const { return &data->info; }

namespace weft::c {

namespace {

struct MakeExtern {
  const StoreHandle& store;

  std::unique_ptr<wasm_extern_t> operator()(const Func& item) const {
    return std::make_unique<wasm_func_t>(store, item);
  }
  std::unique_ptr<wasm_extern_t> operator()(const Table& item) const {
    return std::make_unique<wasm_table_t>(store, item);
  }
  std::unique_ptr<wasm_extern_t> operator()(const Memory& item) const {
    return std::make_unique<wasm_memory_t>(store, item);
  }
  std::unique_ptr<wasm_extern_t> operator()(const Global& item) const {
    return std::make_unique<wasm_global_t>(store, item);
  }
  std::unique_ptr<wasm_extern_t> operator()(const Tag& item) const {
    return std::make_unique<wasm_tag_t>(store, item);
  }
};

}  // namespace

std::unique_ptr<wasm_extern_t> new_extern(const StoreHandle& store, const Extern& item) {
  return std::visit(MakeExtern{store}, item.variant());
}

std::unique_ptr<wasm_trap_t> new_trap(const StoreHandle& store, Error error) {
  return std::make_unique<wasm_trap_t>(store, std::move(error));
}

std::unique_ptr<wasm_trap_t> new_out_of_memory() {
  return new_trap(nullptr, Error(Errc::limit, "out of memory"));
}

std::unique_ptr<wasm_ref_t> new_ref(const StoreHandle& store, const Ref& ref) {
  if (ref.is_null()) return nullptr;
  if (const std::optional<Func> func = ref.func()) {
    return std::make_unique<wasm_func_t>(store, *func);
  }
  if (const ExternRef object = ref.externref(); object && object.get<Foreign>(open(store))) {
    return std::make_unique<wasm_foreign_t>(store, object);
  }
  return std::make_unique<ValueRef>(store, ref);
}

Result<Ref> to_ref(const wasm_ref_t* ref, const ValType& type) {
  if (ref == nullptr) return Ref::null(type.heap());
  return ref->value();
}

Result<Val> to_val(const wasm_val_t& value, const ValType& type) {
  if (type.is_ref()) {
    if (!wasm_valkind_is_ref(value.kind)) {
      return fail(Errc::type_mismatch, "expected " + to_string(type) + ", got a number");
    }
    Result<Ref> ref = to_ref(value.of.ref, type);
    if (!ref) return std::unexpected<Error>(std::move(ref).error());
    return Val(std::move(*ref));
  }
  if (type == ValType::V128 || value.kind != kind_of(type)) {
    const std::optional<ValType> given = type_of(value.kind);
    return fail(Errc::type_mismatch, "expected " + to_string(type) + ", got " +
                                         (given ? to_string(*given) : "no kind of value"));
  }
  switch (value.kind) {
    case WASM_I32:
      return Val(value.of.i32);
    case WASM_I64:
      return Val(value.of.i64);
    case WASM_F32:
      return Val(value.of.f32);
    default:
      return Val(value.of.f64);
  }
}

wasm_val_t new_val(const StoreHandle& store, const Val& value) {
  wasm_val_t out{};
  out.kind = kind_of(value.type());
  switch (value.kind()) {
    case ValType::Kind::I32:
      out.of.i32 = value.i32();
      break;
    case ValType::Kind::I64:
      out.of.i64 = value.i64();
      break;
    case ValType::Kind::F32:
      out.of.f32 = value.f32();
      break;
    case ValType::Kind::F64:
      out.of.f64 = value.f64();
      break;
    case ValType::Kind::V128:
      break;
    case ValType::Kind::Ref:
      out.of.ref = new_ref(store, value.ref()).release();
      break;
  }
  return out;
}

StoreData::StoreData() : out_of_memory(new_out_of_memory()) {}
StoreData::~StoreData() = default;

Result<StoreHandle> new_store(const Engine& engine) {
  Result<Store> store = Store::make(engine);
  if (!store) return std::unexpected<Error>(std::move(store).error());
  auto handle = std::make_shared<StoreData>();
  store->emplace_extension<StoreLink>().data = handle;
  handle->store = std::move(*store);
  return handle;
}

}  // namespace weft::c
