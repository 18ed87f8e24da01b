// Instructions that are replaced by one that does the same.
//
// A fusion takes in the producer of a temporary that its consumer is the only one to read. The
// producer disappears, its operands are read later, by the consumer: nothing in between may have
// overwritten them.
#include <bit>

#include "interp/translate/ir.h"

namespace weft::interp {
namespace {

// How far back a producer is looked for. Most are within three instructions; the search stays
// linear.
constexpr size_t kWindow = 10;

class Fuser {
 public:
  explicit Fuser(IrFunction& function) : x_instrs(function.instrs) {}

  void run() {
    for (x_at = 0; x_at < x_instrs.size(); ++x_at) {
      const Shape shape = x_instrs[x_at].is_label ? Shape::kCount : x_instrs[x_at].key.shape;
      if (shape == Shape::Load || shape == Shape::Store) fuse_address(x_instrs[x_at]);
    }
  }

 private:
  static bool is_gone(const IrInstr& instr) {
    return !instr.is_label && instr.key.shape == Shape::kCount;
  }
  static bool ends_window(const IrInstr& instr) {
    if (instr.is_label) return true;
    switch (instr.key.shape) {
      case Shape::Branch:
      case Shape::BranchIf:
      case Shape::CompareBranch:
      case Shape::BranchTable:
      case Shape::Return:
      case Shape::ReturnVoid:
      case Shape::ReturnMany:
      case Shape::Call:
      case Shape::CallLazy:
      case Shape::CallImport:
      case Shape::CallIndirect:
      case Shape::CallRef:
      case Shape::ReturnCall:
      case Shape::ReturnCallLazy:
      case Shape::ReturnCallImport:
      case Shape::ReturnCallIndirect:
      case Shape::ReturnCallRef:
      case Shape::Throw:
      case Shape::ThrowRef:
      case Shape::Atomic:
      case Shape::Wide:
      case Shape::MulWide:
      case Shape::NewObject:
      case Shape::BranchCast:
      case Shape::Runtime:
      case Shape::MoveMany:
      case Shape::Trap:
        return true;
      default:
        return false;
    }
  }

  // Vectors occupy two slots, which instructions name by the first.
  static bool writes(const IrInstr& instr, uint32_t slot) {
    return instr.writes_slot(slot) || (slot > 0 && instr.writes_slot(slot - 1));
  }

  // The instruction that computes a temporary which dies at the current one, if it may move there.
  IrInstr* movable_producer(const IrOperand& operand) {
    if (operand.kind != IrOperand::Kind::Slot || !operand.dies) return nullptr;
    size_t producer = x_at;
    for (size_t steps = 0; steps < kWindow && producer > 0; ++steps) {
      --producer;
      IrInstr& instr = x_instrs[producer];
      if (is_gone(instr)) continue;
      if (ends_window(instr) || instr.reads_slot(operand.slot)) {
        if (ends_window(instr) || !instr.writes_slot(operand.slot)) return nullptr;
      }
      if (!instr.writes_slot(operand.slot)) continue;
      for (size_t between = producer + 1; between < x_at; ++between) {
        const IrInstr& other = x_instrs[between];
        if (is_gone(other)) continue;
        for (const IrOperand* source : {&instr.a, &instr.b, &instr.c}) {
          if (source->kind == IrOperand::Kind::Slot && writes(other, source->slot)) return nullptr;
        }
      }
      return &instr;
    }
    return nullptr;
  }

  static void remove(IrInstr& instr) { instr.key.shape = Shape::kCount; }

  // The index whose product with the access's size this temporary is, if it is one; its producer is
  // removed.
  bool take_scaled(IrOperand& index, size_t access) {
    IrInstr* shift = movable_producer(index);
    if (shift == nullptr || shift->key.shape != Shape::Binary || shift->key.op != Opcode::I32Shl)
      return false;
    if (shift->b.kind != IrOperand::Kind::Const || shift->a.kind != IrOperand::Kind::Slot)
      return false;
    if (access == 1 || (shift->b.bits & 31) != static_cast<uint64_t>(std::countr_zero(access)))
      return false;
    index = shift->a;
    remove(*shift);
    return true;
  }

  // An access at the sum of two values, one of which may be a constant, another a scaled index.
  void fuse_address(IrInstr& access) {
    IrInstr* sum = movable_producer(access.a);
    if (sum == nullptr || sum->key.shape != Shape::Binary || sum->key.op != Opcode::I32Add) return;
    // Constants are on the right of a sum; as the base of an access they are on the left.
    IrOperand base = sum->b;
    IrOperand index = sum->a;
    if (index.kind != IrOperand::Kind::Slot) return;
    const size_t bytes = access_bytes(access.key.op);
    remove(*sum);
    bool scaled = take_scaled(index, bytes);
    if (!scaled && base.kind == IrOperand::Kind::Slot && take_scaled(base, bytes)) {
      std::swap(base, index);
      scaled = true;
    }
    const bool is_store = access.key.shape == Shape::Store;
    if (is_store) {
      access.c = access.b;
      access.key.c = access.key.b;
    }
    access.key.shape = is_store ? Shape::StoreIndexed : Shape::LoadIndexed;
    access.a = base;
    access.b = index;
    access.key.a = place_of(base);
    access.key.b = In::Slot;
    if (scaled) access.key.flags |= kScaled;
  }

  std::vector<IrInstr>& x_instrs;
  size_t x_at = 0;
};

}  // namespace

void fuse(IrFunction& function) { Fuser(function).run(); }

}  // namespace weft::interp
