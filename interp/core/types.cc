#include "interp/core/types.h"

namespace weft::interp {

std::string to_string(HeapType type) {
  if (type.is_index()) return std::to_string(type.index());
  switch (type.abstract()) {
    case HeapType::Bot:
      return "bot";
    case HeapType::NoExn:
      return "noexn";
    case HeapType::NoFunc:
      return "nofunc";
    case HeapType::NoExtern:
      return "noextern";
    case HeapType::None:
      return "none";
    case HeapType::Func:
      return "func";
    case HeapType::Extern:
      return "extern";
    case HeapType::Any:
      return "any";
    case HeapType::Eq:
      return "eq";
    case HeapType::I31:
      return "i31";
    case HeapType::Struct:
      return "struct";
    case HeapType::Array:
      return "array";
    case HeapType::Exn:
      return "exn";
  }
  return "?";
}

std::string to_string(ValType type) {
  switch (type.kind()) {
    case ValType::Bot:
      return "bot";
    case ValType::I32:
      return "i32";
    case ValType::I64:
      return "i64";
    case ValType::F32:
      return "f32";
    case ValType::F64:
      return "f64";
    case ValType::V128:
      return "v128";
    case ValType::Ref:
      return "(ref " + to_string(type.heap()) + ")";
    case ValType::RefNull:
      break;
  }
  if (type == kFuncRef) return "funcref";
  if (type == kExternRef) return "externref";
  return "(ref null " + to_string(type.heap()) + ")";
}

std::string to_string(const FuncType& type) {
  const auto list = [](const std::vector<ValType>& types) {
    std::string text = "(";
    for (size_t i = 0; i < types.size(); ++i) text += (i ? ", " : "") + to_string(types[i]);
    return text + ")";
  };
  return list(type.params) + " -> " +
         (type.results.size() == 1 ? to_string(type.results[0]) : list(type.results));
}

}  // namespace weft::interp
