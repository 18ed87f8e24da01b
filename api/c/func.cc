// Functions of <wasm.h>: calls in and out.
#include <algorithm>
#include <bit>
#include <cstring>
#include <span>

#include "api/c/objects.h"

using weft::c::guard;
using weft::c::handle_of;
using weft::c::HostInfo;
using weft::c::kind_of;
using weft::c::new_out_of_memory;
using weft::c::new_trap;
using weft::c::new_val;
using weft::c::open;
using weft::c::StoreHandle;
using weft::c::to_val;

static_assert(sizeof(wasm_val_t::of) == sizeof(std::uint64_t));

namespace {

using Values = weft::c::OwnedValues<wasm_val_t, wasm_val_delete>;

// A callback of either kind, and what it is called with.
struct Callback {
  wasm_func_callback_t plain = nullptr;
  wasm_func_callback_with_env_t with_env = nullptr;
  HostInfo env{};

  weft::Result<void> operator()(weft::Caller& caller, std::span<const weft::Val> args,
                                std::span<weft::Val> results) {
    const auto is_ref = [](const weft::Val& value) {
      return value.kind() == weft::ValType::Kind::Ref;
    };
    const bool refs = std::ranges::any_of(args, is_ref) || std::ranges::any_of(results, is_ref);
    // Numbers need none.
    const StoreHandle store = refs ? handle_of(caller) : nullptr;
    Values in(args.size());
    Values out(results.size());
    const auto to_c = [&](const weft::Val& value) { return new_val(store, value); };
    std::ranges::transform(args, in.span().begin(), to_c);
    std::ranges::transform(results, out.span().begin(), to_c);
    const wasm_val_vec_t arg_vec{in.span().size(), in.span().data()};
    wasm_val_vec_t result_vec{out.span().size(), out.span().data()};
    const std::unique_ptr<wasm_trap_t> trap(plain != nullptr
                                                ? plain(&arg_vec, &result_vec)
                                                : with_env(env.get(), &arg_vec, &result_vec));
    if (trap != nullptr) return weft::fail(trap->data->error);
    for (std::size_t i = 0; i < results.size(); ++i) {
      // The zero that is there knows the type.
      weft::Result<weft::Val> value = to_val(out.span()[i], results[i].type());
      if (!value) return std::unexpected<weft::Error>(std::move(value).error());
      results[i] = std::move(*value);
    }
    return {};
  }
};

bool has_v128(const weft::FuncType& type) {
  const auto in = [](std::span<const weft::ValType> types) {
    return std::ranges::find(types, weft::ValType::V128) != types.end();
  };
  return in(type.params()) || in(type.results());
}

wasm_func_t* make_func(wasm_store_t* store, const wasm_functype_t* type, Callback callback) {
  return guard([&]() -> wasm_func_t* {
    if (store == nullptr || type == nullptr || has_v128(type->func)) return nullptr;
    auto func = weft::Func::create(open(store->handle), type->func, std::move(callback));
    return func ? new wasm_func_t(store->handle, *func) : nullptr;
  });
}

template <class Vec>
std::size_t size_of(const Vec* vec) {
  return vec == nullptr ? 0 : vec->size;
}

weft::Error in_argument(std::size_t i, weft::Error error) {
  return error.add_context("argument " + std::to_string(i));
}

// A call with numbers only, whose bits are those of the slots.
weft::Result<void> call_with_numbers(const wasm_func_t& func, const weft::FuncType& type,
                                     const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  const auto params = type.params();
  std::array<weft::backend::RawVal, 8> few;
  std::vector<weft::backend::RawVal> many;
  const std::size_t size = std::max(params.size(), type.results().size());
  if (size > few.size()) many.resize(size);
  weft::backend::RawVal* slots = size > few.size() ? many.data() : few.data();
  for (std::size_t i = 0; i < params.size(); ++i) {
    const wasm_val_t& arg = args->data[i];
    if (arg.kind != kind_of(params[i])) {
      return weft::fail(in_argument(i, to_val(arg, params[i]).error()));
    }
    std::memcpy(&slots[i].u64, &arg.of, sizeof slots[i].u64);
  }
  weft::Result<void> done =
      weft::detail::call(open(func.store), std::bit_cast<weft::detail::Handle>(func.func()), slots);
  if (!done) return done;
  for (std::size_t i = 0; i < size_of(results); ++i) {
    results->data[i].kind = kind_of(type.results()[i]);
    std::memcpy(&results->data[i].of, &slots[i].u64, sizeof slots[i].u64);
  }
  return {};
}

weft::Result<void> call_with_any(const wasm_func_t& func, const weft::FuncType& type,
                                 const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  // The callee may delete the reference to it.
  const StoreHandle store = func.store;
  std::vector<weft::Val> in;
  in.reserve(type.params().size());
  for (std::size_t i = 0; i < type.params().size(); ++i) {
    weft::Result<weft::Val> value = to_val(args->data[i], type.params()[i]);
    if (!value) return weft::fail(in_argument(i, std::move(value).error()));
    in.push_back(std::move(*value));
  }
  std::vector<weft::Val> out(type.results().size());
  weft::Result<void> done = func.func().call_into(open(store), in, out);
  if (!done) return done;
  for (std::size_t i = 0; i < size_of(results); ++i) results->data[i] = new_val(store, out[i]);
  return {};
}

weft::Result<void> call(const wasm_func_t& func, const wasm_val_vec_t* args,
                        wasm_val_vec_t* results) {
  const auto found = func.type();
  if (!found) return std::unexpected<weft::Error>(found.error());
  const weft::FuncType& type = **found;
  const std::size_t room = size_of(results);
  if (size_of(args) != type.params().size() || (room != 0 && room != type.results().size())) {
    return weft::fail(weft::Errc::type_mismatch,
                      "the function is " + to_string(type) + "; it was called with " +
                          std::to_string(size_of(args)) + " arguments and room for " +
                          std::to_string(room) + " results");
  }
  const bool numbers = std::ranges::all_of(type.params(), &weft::ValType::is_num) &&
                       std::ranges::all_of(type.results(), &weft::ValType::is_num);
  return numbers ? call_with_numbers(func, type, args, results)
                 : call_with_any(func, type, args, results);
}

}  // namespace

wasm_func_t* wasm_func_new(wasm_store_t* store, const wasm_functype_t* type,
                           wasm_func_callback_t callback) {
  if (callback == nullptr) return nullptr;
  return make_func(store, type, {.plain = callback});
}

wasm_func_t* wasm_func_new_with_env(wasm_store_t* store, const wasm_functype_t* type,
                                    wasm_func_callback_with_env_t callback, void* env,
                                    void (*finalizer)(void*)) {
  HostInfo owned(env, finalizer);
  if (callback == nullptr) return nullptr;
  return make_func(store, type, {.with_env = callback, .env = std::move(owned)});
}

wasm_functype_t* wasm_func_type(const wasm_func_t* func) {
  return guard([&]() -> wasm_functype_t* {
    if (func == nullptr) return nullptr;
    const auto type = func->type();
    return type ? new wasm_functype_t(**type) : nullptr;
  });
}

size_t wasm_func_param_arity(const wasm_func_t* func) {
  return guard([&]() -> size_t {
    if (func == nullptr) return 0;
    const auto type = func->type();
    return type ? (*type)->params().size() : 0;
  });
}

size_t wasm_func_result_arity(const wasm_func_t* func) {
  return guard([&]() -> size_t {
    if (func == nullptr) return 0;
    const auto type = func->type();
    return type ? (*type)->results().size() : 0;
  });
}

wasm_trap_t* wasm_func_call(const wasm_func_t* func, const wasm_val_vec_t* args,
                            wasm_val_vec_t* results) {
  const StoreHandle store = func == nullptr ? nullptr : func->store;
  try {
    if (func == nullptr) {
      return new_trap(store, weft::Error(weft::Errc::usage, "the function is NULL")).release();
    }
    if (store->out_of_memory == nullptr) store->out_of_memory = new_out_of_memory();
    weft::Result<void> done = call(*func, args, results);
    return done ? nullptr : new_trap(store, std::move(done).error()).release();
  } catch (...) {
    return store == nullptr ? nullptr : store->out_of_memory.release();
  }
}
