// The translator's exceptions.
#include "interp/translate/translator.h"

namespace weft::interp {

Translator::Label Translator::try_table(Stack, BlockSignature,
                                        std::span<const CatchHandler<Operand, Label>>) {
  return {};
}

void Translator::throw_(uint32_t, const FuncType&, Stack, Stack) {}

void Translator::throw_ref(Operand) {}

Translator::Label Translator::try_(Stack, BlockSignature) { return {}; }

void Translator::catch_(Frame&, Stack, bool, uint32_t, const FuncType&) {}

void Translator::catch_all(Frame&, Stack, bool) {}

Translator::Operand Translator::catch_param(const Frame&, const FuncType&, size_t) {
  return push(Repr::I64);
}

void Translator::delegate(Frame&, Stack, bool, Frame&) {}

void Translator::rethrow(Frame&) {}

}  // namespace weft::interp
