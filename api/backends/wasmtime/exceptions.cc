// Tags and exceptions.
#include <algorithm>
#include <utility>

#include "api/backends/wasmtime/store.h"

namespace weft::backends {

using backend::Index;
using backend::RawVal;

Result<Index> WasmtimeStore::tag_new(const TagType& type) noexcept {
  Result<c::FuncType*> func = wasmtime_type(*engine_, type.func);
  if (!func) return std::unexpected<Error>(std::move(func).error());
  c::TagType* const converted = api().wasm_tagtype_new(*func);
  c::Extern item;
  item.kind = c::kTag;
  item.memory = {};
  c::Error* const error = api().wasmtime_tag_new(context_, converted, &item.memory);
  api().wasm_tagtype_delete(converted);
  if (error != nullptr) return fail(Errc::limit, "Wasmtime: " + take_message(api(), error));
  return record(item, type).index;
}

Result<std::uint64_t> WasmtimeStore::exception_new(Index tag, const RawVal* values) noexcept {
  const TagRecord& of = *at<TagRecord>(tag);
  const std::span<const ValType> types = of.type.func.params();
  std::vector<c::Val> fields;
  Result<void> done;
  for (std::size_t i = 0; done && i < types.size(); ++i) {
    if (Result<c::Val> field = to_val(types[i], values[i])) {
      fields.push_back(*field);
    } else {
      done = std::unexpected<Error>(std::move(field).error());
    }
  }
  c::GcRef made{};
  if (done) {
    if (c::Error* error =
            api().wasmtime_exnref_new(context_, &of.handle, fields.data(), fields.size(), &made)) {
      done = fail(Errc::limit, "Wasmtime: " + take_message(api(), error));
    }
  }
  for (c::Val& field : fields) api().wasmtime_val_unroot(&field);
  if (!done) return std::unexpected<Error>(std::move(done).error());
  return exception_word(made);
}

// One record for one exception, whatever reference it came by.
std::uint64_t WasmtimeStore::exception_word(c::GcRef ref) {
  const std::uint32_t raw = api().wasmtime_exnref_to_raw(context_, &ref);
  for (const auto& known : exceptions_) {
    if (api().wasmtime_exnref_to_raw(context_, &known->ref) != raw) continue;
    api().wasmtime_exnref_unroot(&ref);
    return index_of(known.get());
  }
  exceptions_.push_back(std::make_unique<ExceptionRecord>(ExceptionRecord{ref}));
  return index_of(exceptions_.back().get());
}

void WasmtimeStore::release_exceptions() {
  std::erase_if(exceptions_, [this](const auto& exception) {
    if (exception->roots != 0) return false;
    api().wasmtime_exnref_unroot(&exception->ref);
    return true;
  });
}

Index WasmtimeStore::exception_tag(std::uint64_t exception) noexcept {
  c::Extern item;
  item.kind = c::kTag;
  item.memory = {};
  if (c::Error* error =
          api().wasmtime_exnref_tag(context_, &at<ExceptionRecord>(exception)->ref, &item.memory)) {
    api().wasmtime_error_delete(error);
  }
  if (const auto known = tag_records_.find(key_of(item)); known != tag_records_.end()) {
    return index_of(&known->second);
  }
  c::TagType* const type = api().wasmtime_tag_type(context_, &item.memory);
  bool exact = true;
  TagType converted{public_type(api(), api().wasm_tagtype_functype(type), exact)};
  api().wasm_tagtype_delete(type);
  return record(item, converted).index;
}

void WasmtimeStore::exception_values(std::uint64_t exception, RawVal* values) noexcept {
  const std::size_t count = tag_type(exception_tag(exception)).func.params().size();
  for (std::size_t i = 0; i < count; ++i) {
    c::Val value;
    if (c::Error* error = api().wasmtime_exnref_field(
            context_, &at<ExceptionRecord>(exception)->ref, i, &value)) {
      api().wasmtime_error_delete(error);
    }
    values[i] = from_val(value);
  }
}

c::Trap* WasmtimeStore::throw_exception(std::uint64_t exception) {
  return api().wasmtime_context_set_exception(context_, &at<ExceptionRecord>(exception)->ref);
}

std::uint64_t WasmtimeStore::take_exception() noexcept {
  if (!thrown_) return 0;
  return exception_word(*std::exchange(thrown_, std::nullopt));
}

Result<std::uint64_t> WasmtimeStore::ref_root(std::uint64_t ref) noexcept {
  const auto is_it = [&](const auto& exception) { return index_of(exception.get()) == ref; };
  if (std::ranges::none_of(exceptions_, is_it)) {
    return fail(Errc::unsupported, "this backend has no handles to the guest's objects");
  }
  ++at<ExceptionRecord>(ref)->roots;
  return ref;
}

void WasmtimeStore::ref_unroot(std::uint64_t root) noexcept { --at<ExceptionRecord>(root)->roots; }

}  // namespace weft::backends
