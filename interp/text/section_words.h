// What @custom annotations call the sections of a module.
#pragma once

#include <string_view>

#include "interp/core/binary_format.h"

namespace weft::interp {

struct SectionWord {
  SectionId id;
  std::string_view word;
};

// In the order of the binary format.
inline constexpr SectionWord kSections[] = {
    {SectionId::Type, "type"},           {SectionId::Import, "import"},
    {SectionId::Function, "func"},       {SectionId::Table, "table"},
    {SectionId::Memory, "memory"},       {SectionId::Tag, "tag"},
    {SectionId::Global, "global"},       {SectionId::Export, "export"},
    {SectionId::Start, "start"},         {SectionId::Element, "elem"},
    {SectionId::DataCount, "datacount"}, {SectionId::Code, "code"},
    {SectionId::Data, "data"},
};

}  // namespace weft::interp
