// References of <weft.h>: host objects, i31, structs, arrays, exceptions.
#include "api/c/support.h"

using weft::c::attempt;
using weft::c::Foreign;
using weft::c::forward_error;
using weft::c::from_c;
using weft::c::guard;
using weft::c::HostInfo;
using weft::c::kind_of;
using weft::c::new_ref;
using weft::c::open;
using weft::c::put;
using weft::c::put_as;
using weft::c::put_vals;
using weft::c::StoreHandle;
using weft::c::to_c;

namespace {

using weft::Errc;
using weft::fail;
using weft::Ref;
using weft::Result;
using weft::Val;

// NOLINTNEXTLINE(readability-identifier-naming)
Result<void> put_ref(Result<Ref> ref, const StoreHandle& store, wasm_ref_t** out) {
  return put_as(std::move(ref), out,
                [&](const Ref& made) { return new_ref(store, made).release(); });
}

template <class T>
Result<Ref> as_ref(Result<T> made) {
  if (!made) return forward_error(made);
  return Ref(*made);
}

// The reference as a T.
template <class T>
Result<T> as(const wasm_ref_t* ref) {
  Result<Ref> value = ref->value();
  if (!value) return forward_error(value);
  return value->as<T>();
}

Result<weft::HeapType> heap_from_c(const weft_heaptype_t& type) {
  const std::optional<weft::HeapType> heap = from_c(type);
  if (!heap) return fail(Errc::type_mismatch, "there is no such heap type");
  return *heap;
}

// The struct or array type T of a store's engine.
template <class T>
Result<T> type_in(weft::StoreRef store, const weft_heaptype_t& type) {
  Result<weft::Engine> engine = store.engine();
  if (!engine) return forward_error(engine);
  Result<weft::HeapType> heap = heap_from_c(type);
  if (!heap) return forward_error(heap);
  return T::of(*engine, *heap);
}

Result<weft::FieldType> field_from_c(const weft_field_t& field) {
  const auto mutability =
      field.mutability == WASM_VAR ? weft::Mutability::Var : weft::Mutability::Const;
  if (field.type != nullptr && field.packed_bytes == 0) {
    return weft::FieldType{.storage = field.type->type, .mutability = mutability};
  }
  if (field.type == nullptr && (field.packed_bytes == 1 || field.packed_bytes == 2)) {
    return weft::FieldType{
        .storage = field.packed_bytes == 1 ? weft::StorageType::I8 : weft::StorageType::I16,
        .mutability = mutability};
  }
  return fail(Errc::usage, "a field has a type, or is packed into 1 or 2 bytes");
}

Result<weft::Subtyping> subtyping_from_c(bool is_final, const weft_heaptype_t* super) {
  weft::Subtyping subtyping{.is_final = is_final};
  if (super == nullptr) return subtyping;
  Result<weft::HeapType> heap = heap_from_c(*super);
  if (!heap) return forward_error(heap);
  subtyping.super = *heap;
  return subtyping;
}

Result<std::vector<weft::FieldType>> fields_of(const weft::Engine& engine,
                                               const weft_heaptype_t& type) {
  Result<weft::HeapType> heap = heap_from_c(type);
  if (!heap) return forward_error(heap);
  Result<weft::CompositeType> composite = weft::describe(engine, *heap);
  if (!composite) return forward_error(composite);
  if (const auto* structure = std::get_if<weft::StructType>(&*composite)) {
    return std::vector(structure->fields().begin(), structure->fields().end());
  }
  if (const auto* array = std::get_if<weft::ArrayType>(&*composite)) {
    return std::vector{array->element()};
  }
  return fail(Errc::type_mismatch, "the type is a function's");
}

Result<std::vector<Val>> vals_from_c(const weft_val_t values[], std::size_t count) {
  if (values == nullptr && count != 0) return fail(Errc::usage, "NULL where values are needed");
  return from_c(std::span(values, count));
}

Result<weft::Tag> tag_of(const wasm_extern_t* item) {
  const auto* tag = dynamic_cast<const wasm_tag_t*>(item);
  if (tag == nullptr) return fail(Errc::type_mismatch, "the extern is no tag");
  return tag->tag();
}

// Calls work(T*) with the type of numbers that are `element_bytes` long.
template <class F>
Result<void> by_size(std::size_t element_bytes, F&& work) {
  switch (element_bytes) {
    case 1:
      return std::forward<F>(work)(static_cast<std::uint8_t*>(nullptr));
    case 2:
      return std::forward<F>(work)(static_cast<std::uint16_t*>(nullptr));
    case 4:
      return std::forward<F>(work)(static_cast<std::uint32_t*>(nullptr));
    case 8:
      return std::forward<F>(work)(static_cast<std::uint64_t*>(nullptr));
    case 16:
      return std::forward<F>(work)(static_cast<weft::V128*>(nullptr));
    default:
      return fail(Errc::type_mismatch,
                  "no array has elements of " + std::to_string(element_bytes) + " bytes");
  }
}

}  // namespace

bool weft_ref_kind(const wasm_ref_t* ref, wasm_valkind_t* out) {
  return guard([&] {
    if (ref == nullptr || out == nullptr) return false;
    const Result<Ref> value = ref->value();
    if (value) *out = kind_of(weft::ValType::ref(value->heap(), false));
    return value.has_value();
  });
}
bool weft_ref_heap(const wasm_ref_t* ref, weft_heaptype_t* out) {
  return guard([&] {
    if (ref == nullptr || out == nullptr) return false;
    const Result<Ref> value = ref->value();
    if (value) *out = to_c(value->heap());
    return value.has_value();
  });
}
weft_error_t* weft_ref_matches(const wasm_ref_t* ref, const weft_heaptype_t* type, bool* out) {
  return attempt(
      [&]() -> Result<void> {
        if (ref == nullptr) {
          *out = false;
          return {};
        }
        Result<Ref> value = ref->value();
        if (!value) return forward_error(value);
        Result<weft::HeapType> heap = heap_from_c(*type);
        if (!heap) return forward_error(heap);
        return put(value->matches(open(ref->store), *heap), out);
      },
      type, out);
}
weft_error_t* weft_ref_to_extern(const wasm_ref_t* ref, wasm_ref_t** out) {
  return attempt(
      [&]() -> Result<void> {
        if (ref == nullptr) {
          *out = nullptr;
          return {};
        }
        Result<weft::AnyRef> any = as<weft::AnyRef>(ref);
        if (!any) return forward_error(any);
        return put_ref(as_ref(any->to_extern(open(ref->store))), ref->store, out);
      },
      out);
}
weft_error_t* weft_ref_to_any(const wasm_ref_t* ref, wasm_ref_t** out) {
  return attempt(
      [&]() -> Result<void> {
        if (ref == nullptr) {
          *out = nullptr;
          return {};
        }
        Result<weft::ExternRef> object = as<weft::ExternRef>(ref);
        if (!object) return forward_error(object);
        return put_ref(as_ref(weft::AnyRef::from_extern(open(ref->store), *object)), ref->store,
                       out);
      },
      out);
}

weft_error_t* weft_foreign_new(wasm_store_t* store, void* payload, void (*finalizer)(void*),
                               wasm_foreign_t** out) {
  HostInfo owned(payload, finalizer);
  return attempt(
      [&]() -> Result<void> {
        auto object = weft::ExternRef::make<Foreign>(open(store->handle), std::move(owned));
        *out = new wasm_foreign_t(store->handle, std::move(object));
        return {};
      },
      store, out);
}
void* weft_foreign_payload(const wasm_foreign_t* foreign, void (*finalizer)(void*)) {
  return guard([&]() -> void* {
    const HostInfo* info = foreign == nullptr ? nullptr : foreign->host_info(false);
    return info != nullptr && info->finalizer() == finalizer ? info->get() : nullptr;
  });
}

wasm_ref_t* weft_i31_new(int32_t value) {
  return guard([&] { return new_ref(nullptr, weft::I31(value)).release(); });
}
bool weft_i31_get(const wasm_ref_t* ref, int32_t* out) {
  return guard([&] {
    if (ref == nullptr || out == nullptr) return false;
    const Result<weft::I31> value = as<weft::I31>(ref);
    if (value) *out = value->value();
    return value.has_value();
  });
}

weft_error_t* weft_struct_type(const wasm_engine_t* engine, const weft_field_t fields[],
                               size_t count, bool is_final, const weft_heaptype_t* super,
                               weft_heaptype_t* out) {
  return attempt(
      [&]() -> Result<void> {
        if (fields == nullptr && count != 0) return fail(Errc::usage, "the fields are NULL");
        std::vector<weft::FieldType> types;
        types.reserve(count);
        for (const weft_field_t& given : std::span(fields, count)) {
          Result<weft::FieldType> field = field_from_c(given);
          if (!field) return forward_error(field);
          types.push_back(*field);
        }
        Result<weft::Subtyping> subtyping = subtyping_from_c(is_final, super);
        if (!subtyping) return forward_error(subtyping);
        return put_as(weft::StructType::create(engine->engine, std::move(types), *subtyping), out,
                      [](const weft::StructType& made) { return to_c(made.heap()); });
      },
      engine, out);
}
weft_error_t* weft_array_type(const wasm_engine_t* engine, const weft_field_t* element,
                              bool is_final, const weft_heaptype_t* super, weft_heaptype_t* out) {
  return attempt(
      [&]() -> Result<void> {
        Result<weft::FieldType> field = field_from_c(*element);
        if (!field) return forward_error(field);
        Result<weft::Subtyping> subtyping = subtyping_from_c(is_final, super);
        if (!subtyping) return forward_error(subtyping);
        return put_as(weft::ArrayType::create(engine->engine, *field, *subtyping), out,
                      [](const weft::ArrayType& made) { return to_c(made.heap()); });
      },
      engine, element, out);
}
weft_error_t* weft_type_field_count(const wasm_engine_t* engine, const weft_heaptype_t* type,
                                    size_t* out) {
  return attempt(
      [&]() -> Result<void> {
        Result<std::vector<weft::FieldType>> fields = fields_of(engine->engine, *type);
        if (!fields) return forward_error(fields);
        *out = fields->size();
        return {};
      },
      engine, type, out);
}
weft_error_t* weft_type_field(const wasm_engine_t* engine, const weft_heaptype_t* type,
                              size_t index, wasm_valtype_t** value_type, uint8_t* packed_bytes,
                              wasm_mutability_t* mutability) {
  return attempt(
      [&]() -> Result<void> {
        Result<std::vector<weft::FieldType>> fields = fields_of(engine->engine, *type);
        if (!fields) return forward_error(fields);
        if (index >= fields->size()) {
          return fail(Errc::out_of_bounds, "the type has no field " + std::to_string(index));
        }
        const weft::FieldType& field = (*fields)[index];
        *value_type = new wasm_valtype_t{field.storage.value()};
        *packed_bytes = static_cast<std::uint8_t>(field.storage.packed_bytes());
        *mutability = field.mutability == weft::Mutability::Var ? WASM_VAR : WASM_CONST;
        return {};
      },
      engine, type, value_type, packed_bytes, mutability);
}

weft_error_t* weft_struct_new(wasm_store_t* store, const weft_heaptype_t* type,
                              const weft_val_t fields[], size_t count, wasm_ref_t** out) {
  return attempt(
      [&]() -> Result<void> {
        const weft::StoreRef in = open(store->handle);
        Result<weft::StructType> made = type_in<weft::StructType>(in, *type);
        if (!made) return forward_error(made);
        Result<std::vector<Val>> values = vals_from_c(fields, count);
        if (!values) return forward_error(values);
        return put_ref(as_ref(weft::StructRef::create(in, *made, *values)), store->handle, out);
      },
      store, type, out);
}
weft_error_t* weft_struct_field_count(const wasm_ref_t* ref, size_t* out) {
  return attempt(
      [&]() -> Result<void> {
        Result<weft::StructRef> object = as<weft::StructRef>(ref);
        if (!object) return forward_error(object);
        return put(object->field_count(open(ref->store)), out);
      },
      ref, out);
}
weft_error_t* weft_struct_get(const wasm_ref_t* ref, size_t field, weft_val_t* out) {
  return attempt(
      [&]() -> Result<void> {
        Result<weft::StructRef> object = as<weft::StructRef>(ref);
        if (!object) return forward_error(object);
        return put_as(object->get(open(ref->store), field), out,
                      [&](const Val& value) { return to_c(ref->store, value); });
      },
      ref, out);
}
weft_error_t* weft_struct_set(const wasm_ref_t* ref, size_t field, const weft_val_t* value) {
  return attempt(
      [&]() -> Result<void> {
        Result<weft::StructRef> object = as<weft::StructRef>(ref);
        if (!object) return forward_error(object);
        Result<Val> given = from_c(*value);
        if (!given) return forward_error(given);
        return object->set(open(ref->store), field, *given);
      },
      ref, value);
}

weft_error_t* weft_array_new(wasm_store_t* store, const weft_heaptype_t* type,
                             const weft_val_t elements[], uint32_t count, wasm_ref_t** out) {
  return attempt(
      [&]() -> Result<void> {
        const weft::StoreRef in = open(store->handle);
        Result<weft::ArrayType> made = type_in<weft::ArrayType>(in, *type);
        if (!made) return forward_error(made);
        Result<std::vector<Val>> values = vals_from_c(elements, count);
        if (!values) return forward_error(values);
        return put_ref(as_ref(weft::ArrayRef::create(in, *made, *values)), store->handle, out);
      },
      store, type, out);
}
weft_error_t* weft_array_new_filled(wasm_store_t* store, const weft_heaptype_t* type,
                                    const weft_val_t* init, uint32_t count, wasm_ref_t** out) {
  return attempt(
      [&]() -> Result<void> {
        const weft::StoreRef in = open(store->handle);
        Result<weft::ArrayType> made = type_in<weft::ArrayType>(in, *type);
        if (!made) return forward_error(made);
        Result<Val> value = from_c(*init);
        if (!value) return forward_error(value);
        return put_ref(as_ref(weft::ArrayRef::create(in, *made, count, *value)), store->handle,
                       out);
      },
      store, type, init, out);
}
weft_error_t* weft_array_size(const wasm_ref_t* ref, uint32_t* out) {
  return attempt(
      [&]() -> Result<void> {
        Result<weft::ArrayRef> object = as<weft::ArrayRef>(ref);
        if (!object) return forward_error(object);
        return put(object->size(open(ref->store)), out);
      },
      ref, out);
}
weft_error_t* weft_array_get(const wasm_ref_t* ref, uint32_t index, weft_val_t* out) {
  return attempt(
      [&]() -> Result<void> {
        Result<weft::ArrayRef> object = as<weft::ArrayRef>(ref);
        if (!object) return forward_error(object);
        return put_as(object->get(open(ref->store), index), out,
                      [&](const Val& value) { return to_c(ref->store, value); });
      },
      ref, out);
}
weft_error_t* weft_array_set(const wasm_ref_t* ref, uint32_t index, const weft_val_t* value) {
  return attempt(
      [&]() -> Result<void> {
        Result<weft::ArrayRef> object = as<weft::ArrayRef>(ref);
        if (!object) return forward_error(object);
        Result<Val> given = from_c(*value);
        if (!given) return forward_error(given);
        return object->set(open(ref->store), index, *given);
      },
      ref, value);
}
weft_error_t* weft_array_read(const wasm_ref_t* ref, uint32_t index, size_t element_bytes, void* to,
                              size_t count) {
  return attempt(
      [&]() -> Result<void> {
        Result<weft::ArrayRef> object = as<weft::ArrayRef>(ref);
        if (!object) return forward_error(object);
        return by_size(element_bytes, [&]<class T>(T* /*type*/) {
          return object->read(open(ref->store), index, std::span(static_cast<T*>(to), count));
        });
      },
      ref, to);
}
weft_error_t* weft_array_write(const wasm_ref_t* ref, uint32_t index, size_t element_bytes,
                               const void* from, size_t count) {
  return attempt(
      [&]() -> Result<void> {
        Result<weft::ArrayRef> object = as<weft::ArrayRef>(ref);
        if (!object) return forward_error(object);
        return by_size(element_bytes, [&]<class T>(T* /*type*/) {
          return object->write(open(ref->store), index,
                               std::span(static_cast<const T*>(from), count));
        });
      },
      ref, from);
}

weft_error_t* weft_tag_new(wasm_store_t* store, const wasm_functype_t* type, wasm_extern_t** out) {
  return attempt(
      [&] {
        return put_as(weft::Tag::create(open(store->handle), weft::TagType{type->func}), out,
                      [&](const weft::Tag& made) { return new wasm_tag_t(store->handle, made); });
      },
      store, type, out);
}
weft_error_t* weft_tag_type(const wasm_extern_t* item, wasm_functype_t** out) {
  return attempt(
      [&]() -> Result<void> {
        Result<weft::Tag> tag = tag_of(item);
        if (!tag) return forward_error(tag);
        return put_as(tag->type(open(item->store)), out, [](weft::TagType&& type) {
          return new wasm_functype_t(std::move(type.func));
        });
      },
      item, out);
}

weft_error_t* weft_exception_new(wasm_store_t* store, const wasm_extern_t* item,
                                 const weft_val_t values[], size_t count, wasm_ref_t** out) {
  return attempt(
      [&]() -> Result<void> {
        Result<weft::Tag> tag = tag_of(item);
        if (!tag) return forward_error(tag);
        Result<std::vector<Val>> given = vals_from_c(values, count);
        if (!given) return forward_error(given);
        return put_ref(as_ref(weft::ExnRef::create(open(store->handle), *tag, *given)),
                       store->handle, out);
      },
      store, item, out);
}
weft_error_t* weft_exception_tag(const wasm_ref_t* ref, wasm_extern_t** out) {
  return attempt(
      [&]() -> Result<void> {
        Result<weft::ExnRef> exception = as<weft::ExnRef>(ref);
        if (!exception) return forward_error(exception);
        *out = new wasm_tag_t(ref->store, exception->tag());
        return {};
      },
      ref, out);
}
weft_error_t* weft_exception_values(const wasm_ref_t* ref, weft_val_t values[], size_t count) {
  return attempt(
      [&]() -> Result<void> {
        Result<weft::ExnRef> exception = as<weft::ExnRef>(ref);
        if (!exception) return forward_error(exception);
        Result<std::vector<Val>> found = exception->values(open(ref->store));
        if (!found) return forward_error(found);
        if (found->size() != count || (values == nullptr && count != 0)) {
          return fail(Errc::type_mismatch, "the exception has " + std::to_string(found->size()) +
                                               " values, room was given for " +
                                               std::to_string(count));
        }
        put_vals(ref->store, *found, values);
        return {};
      },
      ref);
}
weft_error_t* weft_error_new_exception(const wasm_ref_t* ref) {
  return attempt([&]() -> Result<void> {
    if (ref == nullptr) return weft::throw_exception(weft::ExnRef());
    Result<weft::ExnRef> exception = as<weft::ExnRef>(ref);
    if (!exception) return forward_error(exception);
    return weft::throw_exception(*exception);
  });
}
weft_error_t* weft_error_exception(const weft_error_t* error, wasm_store_t* store,
                                   wasm_ref_t** out) {
  return attempt(
      [&]() -> Result<void> {
        const weft::ExnRef& exception = error->error.exnref();
        if (!exception) return fail(Errc::not_found, "the error is no exception of a guest's");
        return put_ref(Ref(exception), store->handle, out);
      },
      error, store, out);
}
