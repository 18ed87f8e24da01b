#include "interp/runtime/gc_objects.h"

#include "interp/core/value.h"

namespace weft::interp {

void fill_elements(ArrayObject* array, uint8_t element_bytes, uint64_t from, uint64_t count,
                   const uint64_t* value) {
  uint8_t* const begin = elements_of(array) + from * element_bytes;
  const auto fill = [&]<class T>(T element) {
    std::fill_n(reinterpret_cast<T*>(begin), count, element);
  };
  switch (element_bytes) {
    case 1:
      return fill(static_cast<uint8_t>(*value));
    case 2:
      return fill(static_cast<uint16_t>(*value));
    case 4:
      return fill(static_cast<uint32_t>(*value));
    case 8:
      return fill(*value);
    default: {
      V128 element;
      std::memcpy(&element, value, sizeof element);
      return fill(element);
    }
  }
}

}  // namespace weft::interp
