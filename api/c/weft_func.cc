// Functions of <weft.h>: calls in and out.
#include <cstddef>

#include "api/c/support.h"

using weft::c::attempt;
using weft::c::forward_error;
using weft::c::from_c;
using weft::c::guard;
using weft::c::HostInfo;
using weft::c::make_callable;
using weft::c::make_raw_func;
using weft::c::new_extern;
using weft::c::new_ref;
using weft::c::open;
using weft::c::OwnedVals;
using weft::c::put_as;
using weft::c::put_vals;
using weft::c::StoreHandle;
using weft::c::take_error;
using weft::c::to_c;
using weft::c::to_ref;
using weft::c::type_of;
using weft::c::view;

namespace {

using weft::Errc;
using weft::fail;
using weft::Result;
using weft::Val;
using weft::backend::RawVal;

static_assert(sizeof(weft_raw_t) == sizeof(RawVal) && alignof(weft_raw_t) == alignof(RawVal));

RawVal* slots_of(weft_raw_t* slots) { return reinterpret_cast<RawVal*>(slots); }

struct Callback {
  weft_func_callback_t callback;
  HostInfo env{};

  Result<void> operator()(weft::Caller& caller, std::span<const Val> args, std::span<Val> results) {
    weft_caller_t lent{caller};
    OwnedVals in(args.size());
    OwnedVals out(results.size());
    // Numbers need no store.
    const auto lend = [&](const Val& value) {
      return to_c(value.kind() == weft::ValType::Kind::Ref ? lent.handle() : StoreHandle(), value);
    };
    for (std::size_t i = 0; i < args.size(); ++i) in.span()[i] = lend(args[i]);
    for (std::size_t i = 0; i < results.size(); ++i) out.span()[i] = lend(results[i]);
    weft_error_t* error = callback(env.get(), &lent, in.span().data(), args.size(),
                                   out.span().data(), results.size());
    if (error != nullptr) return fail(take_error(error));
    for (std::size_t i = 0; i < results.size(); ++i) {
      Result<Val> value = from_c(out.span()[i]);
      if (!value) return forward_error(value);
      results[i] = std::move(*value);
    }
    return {};
  }
};

class RawFunc final : public weft::backend::HostFunc {
 public:
  RawFunc(weft_func_raw_callback_t callback, HostInfo env)
      : callback_(callback), env_(std::move(env)) {}

  Result<void> call(const weft::backend::HostCall& call, RawVal* slots) noexcept override {
    weft::Caller caller(call);
    weft_caller_t lent{caller};
    weft_error_t* error = callback_(env_.get(), &lent, reinterpret_cast<weft_raw_t*>(slots));
    if (error == nullptr) [[likely]]
      return {};
    return fail(take_error(error));
  }

 private:
  weft_func_raw_callback_t callback_;
  HostInfo env_;
};

template <class T>
Result<weft::Ref> lift(StoreHandle& store, const RawVal* slot) {
  weft::MarshalContext context(open(store));
  Result<T> value = weft::Marshal<T>::lift(context, slot);
  if (!value) return forward_error(value);
  return weft::Ref(*value);
}

template <class T>
Result<void> lower(StoreHandle& store, const T& value, weft_raw_t* out) {
  weft::MarshalContext context(open(store));
  RawVal slot;
  Result<void> done = weft::Marshal<T>::lower(context, value, &slot);
  if (done) out->ref = slot.ref;
  return done;
}

Result<void> put_func(Result<weft::Func> func, const StoreHandle& store, wasm_func_t** out) {
  return put_as(std::move(func), out,
                [&](const weft::Func& made) { return new wasm_func_t(store, made); });
}

}  // namespace

namespace weft::c {

DynamicCallable make_callable(weft_func_callback_t callback, HostInfo env) {
  return Callback{callback, std::move(env)};
}
std::shared_ptr<backend::HostFunc> make_raw_func(weft_func_raw_callback_t callback, HostInfo env) {
  return std::make_shared<RawFunc>(callback, std::move(env));
}

}  // namespace weft::c

weft_error_t* weft_raw_to_ref(wasm_store_t* store, wasm_valkind_t kind, const weft_raw_t* raw,
                              wasm_ref_t** out) {
  return attempt(
      [&]() -> Result<void> {
        if (Result<weft::Engine> engine = open(store->handle).engine(); !engine) {
          return forward_error(engine);
        }
        if (raw->ref == 0 && wasm_valkind_is_ref(kind) && type_of(kind)) {
          *out = nullptr;
          return {};
        }
        RawVal slot;
        slot.ref = raw->ref;
        Result<weft::Ref> ref = fail(Errc::type_mismatch, "not a kind of references");
        if (kind == WASM_FUNCREF) ref = lift<weft::Func>(store->handle, &slot);
        if (kind == WASM_EXTERNREF) ref = lift<weft::ExternRef>(store->handle, &slot);
        if (kind == WEFT_ANYREF) ref = lift<weft::AnyRef>(store->handle, &slot);
        if (kind == WEFT_EXNREF) ref = lift<weft::ExnRef>(store->handle, &slot);
        return put_as(std::move(ref), out, [&](const weft::Ref& made) {
          return new_ref(store->handle, made).release();
        });
      },
      store, raw, out);
}

weft_error_t* weft_raw_from_ref(wasm_store_t* store, wasm_valkind_t kind, const wasm_ref_t* ref,
                                weft_raw_t* out) {
  return attempt(
      [&]() -> Result<void> {
        const std::optional<weft::ValType> type = type_of(kind);
        if (!type || !type->is_ref()) {
          return fail(Errc::type_mismatch, "not a kind of references");
        }
        Result<weft::Ref> value = to_ref(ref, *type);
        if (!value) return forward_error(value);
        if (value->is_null()) {
          out->ref = 0;
          return {};
        }
        StoreHandle& handle = store->handle;
        if (const auto func = value->func(); func && kind == WASM_FUNCREF) {
          return lower(handle, *func, out);
        }
        if (kind == WASM_EXTERNREF && value->externref()) {
          return lower(handle, value->externref(), out);
        }
        if (kind == WEFT_ANYREF && value->anyref()) return lower(handle, value->anyref(), out);
        if (kind == WEFT_EXNREF && value->exnref()) return lower(handle, value->exnref(), out);
        return fail(Errc::type_mismatch, "the reference is of another kind");
      },
      store, out);
}

wasm_store_t* weft_caller_store(weft_caller_t* caller) {
  return guard([&]() -> wasm_store_t* {
    if (caller == nullptr) return nullptr;
    (void)caller->handle();
    return &*caller->store;
  });
}
weft_error_t* weft_caller_instance(weft_caller_t* caller, wasm_instance_t** out) {
  return attempt(
      [&] {
        return put_as(caller->caller.instance(), out, [&](const weft::Instance& made) {
          return new wasm_instance_t(caller->handle(), made);
        });
      },
      caller, out);
}
wasm_extern_t* weft_caller_export(weft_caller_t* caller, weft_str_t name) {
  return guard([&]() -> wasm_extern_t* {
    if (caller == nullptr) return nullptr;
    const std::optional<weft::Extern> item = caller->caller.get_export(view(name));
    return item ? new_extern(caller->handle(), *item).release() : nullptr;
  });
}
weft_error_t* weft_caller_memory(weft_caller_t* caller, wasm_memory_t** out) {
  return attempt(
      [&] {
        return put_as(caller->caller.memory(), out, [&](const weft::Memory& made) {
          return new wasm_memory_t(caller->handle(), made);
        });
      },
      caller, out);
}
weft_error_t* weft_caller_memory_data(weft_caller_t* caller, uint8_t** data, uint64_t* size) {
  return attempt(
      [&]() -> Result<void> {
        const Result<std::span<std::uint8_t>> bytes = caller->caller.memory_span();
        if (!bytes) return std::unexpected<weft::Error>(bytes.error());
        *data = bytes->data();
        *size = bytes->size();
        return {};
      },
      caller, data, size);
}

weft_error_t* weft_func_new(wasm_store_t* store, const wasm_functype_t* type,
                            weft_func_callback_t callback, void* env, void (*finalizer)(void*),
                            wasm_func_t** out) {
  HostInfo owned(env, finalizer);
  return attempt(
      [&] {
        return put_func(weft::Func::create(open(store->handle), type->func,
                                           make_callable(callback, std::move(owned))),
                        store->handle, out);
      },
      store, type, callback, out);
}
weft_error_t* weft_func_new_raw(wasm_store_t* store, const wasm_functype_t* type,
                                weft_func_raw_callback_t callback, void* env,
                                void (*finalizer)(void*), wasm_func_t** out) {
  HostInfo owned(env, finalizer);
  return attempt(
      [&] {
        return put_func(weft::Func::create(open(store->handle), type->func,
                                           make_raw_func(callback, std::move(owned))),
                        store->handle, out);
      },
      store, type, callback, out);
}

weft_error_t* weft_func_call(const wasm_func_t* func, const weft_val_t args[], size_t arg_count,
                             weft_val_t results[], size_t result_count) {
  return attempt(
      [&]() -> Result<void> {
        if ((args == nullptr && arg_count != 0) || (results == nullptr && result_count != 0)) {
          return fail(Errc::usage, "NULL where something is needed");
        }
        // The callee may delete the store and every reference to the function.
        const StoreHandle store = func->store;
        Result<std::vector<Val>> in = from_c(std::span(args, arg_count));
        if (!in) return forward_error(in);
        std::vector<Val> out(result_count);
        if (Result<void> done = func->func().call_into(open(store), *in, out); !done) return done;
        put_vals(store, out, results);
        return {};
      },
      func);
}

weft_error_t* weft_func_call_unchecked(const wasm_func_t* func, weft_raw_t slots[]) {
  return attempt([&] { return func->func().call_raw(open(func->store), slots_of(slots)); }, func,
                 slots);
}
