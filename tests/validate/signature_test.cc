// Every row of the instruction table that has a signature is typed by it.
#include <gtest/gtest.h>

#include "interp/validate/signature_rules.h"
#include "tests/validate/validate_helpers.h"

namespace weft::interp::testing {
namespace {

Bytes constant(ValType type) {
  switch (type.kind()) {
    case ValType::I32:
      return {0x41, 0};
    case ValType::I64:
      return {0x42, 0};
    case ValType::F32:
      return {0x43, 0, 0, 0, 0};
    case ValType::F64:
      return {0x44, 0, 0, 0, 0, 0, 0, 0, 0};
    case ValType::V128:
      return join(Bytes{0xfd, 0x0c}, Bytes(16));
    case ValType::Bot:
    case ValType::Ref:
    case ValType::RefNull:
      break;
  }
  return {0xd0, 0x70};
}

Bytes immediate(Opcode opcode) {
  switch (info(opcode).immediate) {
    case Imm::MemArg:
      // Atomic accesses must state their natural alignment.
      return {info(opcode).feature == Feature::Threads ? natural_align_log2(opcode) : uint8_t{0},
              0};
    case Imm::MemArgLane:
      return {0, 0, 0};
    case Imm::ZeroByte:
    case Imm::Lane:
    case Imm::MemIdx:
    case Imm::I32:
    case Imm::I64:
      return {0};
    case Imm::Shuffle:
    case Imm::V128:
      return Bytes(16);
    case Imm::F32:
      return Bytes(4);
    case Imm::F64:
      return Bytes(8);
    default:
      return {};
  }
}

ValType type_of(char letter) {
  return letter == 'a' ? ValType(ValType::I32) : val_type_of_letter(letter);
}

Bytes instruction(Opcode opcode) { return join(encode(opcode), immediate(opcode)); }

Bytes results_dropped(const InstrInfo& instr) { return Bytes(instr.results().size(), 0x1a); }

template <class Check>
void each_row_with_signature(Check&& check) {
  for (size_t i = 0; i < kOpcodeCount; ++i) {
    const InstrInfo& instr = kInstrs[i];
    if (!instr.has_signature() || !kSupportedFeatures.has(instr.feature)) continue;
    SCOPED_TRACE(instr.text);
    check(static_cast<Opcode>(i), instr);
  }
}

TEST(Signature, OperandsOfTheRowsTypesAreAccepted) {
  each_row_with_signature([](Opcode opcode, const InstrInfo& instr) {
    Bytes code;
    for (const char letter : instr.params()) append(code, constant(type_of(letter)));
    append(code, instruction(opcode));
    append(code, results_dropped(instr));
    EXPECT_EQ(body_error(code), "");
  });
}

TEST(Signature, ResultsHaveTheRowsType) {
  each_row_with_signature([](Opcode opcode, const InstrInfo& instr) {
    if (instr.results().size() != 1) return;
    Bytes code;
    for (const char letter : instr.params()) append(code, constant(type_of(letter)));
    append(code, instruction(opcode));
    for (const ValType type : {ValType(ValType::I32), ValType(ValType::I64), ValType(ValType::F32),
                               ValType(ValType::F64), ValType(ValType::V128), kFuncRef}) {
      const Bytes block =
          join(Bytes{0x02, type == kFuncRef ? uint8_t{0x70} : static_cast<uint8_t>(type.kind())},
               code, Bytes{0x0b, 0x1a});
      const std::string error = body_error(block);
      EXPECT_EQ(error.empty(), type == type_of(instr.results()[0])) << error;
      EXPECT_TRUE(error.empty() || error.starts_with("type mismatch"));
    }
  });
}

TEST(Signature, AMissingOperandIsATypeMismatch) {
  each_row_with_signature([](Opcode opcode, const InstrInfo& instr) {
    for (size_t missing = 0; missing < instr.params().size(); ++missing) {
      Bytes code;
      for (const char letter : instr.params().substr(missing + 1))
        append(code, constant(type_of(letter)));
      append(code, instruction(opcode));
      append(code, results_dropped(instr));
      EXPECT_TRUE(body_error(code).starts_with("type mismatch"));
    }
  });
}

TEST(Signature, AnOperandOfAnotherTypeIsATypeMismatch) {
  each_row_with_signature([](Opcode opcode, const InstrInfo& instr) {
    for (size_t wrong = 0; wrong < instr.params().size(); ++wrong) {
      Bytes code;
      for (size_t i = 0; i < instr.params().size(); ++i) {
        const ValType type = type_of(instr.params()[i]);
        append(code, constant(i != wrong             ? type
                              : type == ValType::I64 ? ValType(ValType::F64)
                                                     : ValType(ValType::I64)));
      }
      append(code, instruction(opcode));
      append(code, results_dropped(instr));
      EXPECT_TRUE(body_error(code).starts_with("type mismatch"));
    }
  });
}

TEST(Signature, DeadCodeHasOperandsOfAllTypes) {
  each_row_with_signature([](Opcode opcode, const InstrInfo& instr) {
    EXPECT_EQ(body_error(join(Bytes{0x00}, instruction(opcode), results_dropped(instr))), "");
  });
}

TEST(Signature, MemoryAccessesNeedAMemoryAndNoMoreThanTheirNaturalAlignment) {
  each_row_with_signature([](Opcode opcode, const InstrInfo& instr) {
    const uint32_t bytes = access_bytes(opcode);
    if (bytes == 0) return;
    Bytes operands;
    for (const char letter : instr.params()) append(operands, constant(type_of(letter)));
    const Bytes rest = instr.immediate == Imm::MemArgLane ? Bytes{0, 0} : Bytes{0};
    for (uint8_t align = 0; align < 8; ++align) {
      const Bytes code = join(operands, encode(opcode), Bytes{align}, rest, results_dropped(instr));
      const std::string error = body_error(code);
      if ((1u << align) > bytes) {
        EXPECT_TRUE(error.starts_with("alignment must not be larger than natural")) << error;
      } else if (instr.feature == Feature::Threads && (1u << align) < bytes) {
        EXPECT_TRUE(error.starts_with("alignment must be natural")) << error;
      } else {
        EXPECT_EQ(error, "");
      }
    }
    const Bytes code = join(operands, instruction(opcode), results_dropped(instr));
    EXPECT_EQ(validation_error(ModuleBuilder().type({}, {}).func(0, code).build()),
              "unknown memory 0");
  });
}

TEST(Signature, LanesExist) {
  each_row_with_signature([](Opcode opcode, const InstrInfo& instr) {
    const uint32_t lanes = lane_count(opcode);
    if (lanes == 0) return;
    Bytes operands;
    for (const char letter : instr.params()) append(operands, constant(type_of(letter)));
    const Bytes memarg = instr.immediate == Imm::MemArgLane ? Bytes{0, 0} : Bytes{};
    for (uint32_t lane = 0; lane < 256; ++lane) {
      const Bytes code = join(operands, encode(opcode), memarg, Bytes{static_cast<uint8_t>(lane)},
                              results_dropped(instr));
      const std::string error = body_error(code);
      EXPECT_EQ(error, lane < lanes ? "" : "invalid lane index " + std::to_string(lane));
    }
  });
}

TEST(Signature, EveryRowOfASupportedFeatureHasAShapeOrARuleOfItsOwn) {
  for (size_t i = 0; i < kOpcodeCount; ++i) {
    if (!kSupportedFeatures.has(kInstrs[i].feature)) continue;
    const auto opcode = static_cast<Opcode>(i);
    Bytes body = {0x02, 0x40, 0x02, 0x40, 0x00};
    const Imm kind = kInstrs[i].immediate;
    const bool two = kind == Imm::TypeTable || kind == Imm::DataMem || kind == Imm::MemMem ||
                     kind == Imm::ElemTable || kind == Imm::TableTable;
    Bytes imm = immediate(opcode);
    if (kind == Imm::BlockType) imm = {0x40};
    if (kind == Imm::HeapType) imm = {0x70};
    if (kind == Imm::SelectTypes) imm = {1, 0x7f};
    if (kind == Imm::LabelTable) imm = {1, 0, 0};
    if (two) imm = {0, 0};
    if (imm.empty() && kind != Imm::None) imm = {0};
    append(body, join(encode(opcode), imm));
    const std::string error = body_error(body);
    EXPECT_EQ(error.find("does not have"), std::string::npos) << kInstrs[i].text << ": " << error;
  }
}

TEST(Signature, InstructionsOfOtherFeaturesAreRefusedByName) {
  for (const InstrInfo& instr : kInstrs) {
    if (kSupportedFeatures.has(instr.feature)) continue;
    const std::string error = body_error(encode(static_cast<Opcode>(&instr - kInstrs.data())));
    EXPECT_EQ(error, "needs the feature " + std::string(name_of(instr.feature)) +
                         ", which this version does not have")
        << instr.text;
  }
}

}  // namespace
}  // namespace weft::interp::testing
