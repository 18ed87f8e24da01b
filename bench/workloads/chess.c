/* Branchy: the positions of chess after some moves, each generated, made and unmade. */
#include <string.h>

#include "workload.h"

/* Ten files and twelve ranks, so that every step from a square lands on the board or on kEdge. No
 * castling, no en passant; pawns become queens. */
enum { kEmpty, kPawn, kKnight, kBishop, kRook, kQueen, kKing, kEdge, kBlack = 8 };
static uint8_t board[120];
static const int8_t steps[8] = {-10, -1, 1, 10, -11, -9, 9, 11};
static const int8_t jumps[8] = {-21, -19, -12, -8, 8, 12, 19, 21};
typedef struct {
  uint8_t from, to;
} Move;

static void set_up(void) {
  static const uint8_t back[8] = {kRook, kKnight, kBishop, kQueen, kKing, kBishop, kKnight, kRook};
  memset(board, kEdge, sizeof board);
  for (int file = 0; file < 8; file++) {
    for (int rank = 4; rank < 8; rank++) board[10 * rank + 1 + file] = kEmpty;
    board[21 + file] = back[file], board[31 + file] = kPawn;
    board[81 + file] = kPawn | kBlack, board[91 + file] = back[file] | kBlack;
  }
}

static int is_foe(uint8_t piece, uint8_t side) {
  return piece != kEmpty && piece != kEdge && (piece & kBlack) != side;
}

static int attacked(int square, uint8_t side) {
  const uint8_t foe = side ^ kBlack;
  const int forward = side ? -10 : 10;
  if (board[square + forward - 1] == (kPawn | foe) || board[square + forward + 1] == (kPawn | foe))
    return 1;
  for (int i = 0; i < 8; i++) {
    if (board[square + jumps[i]] == (kKnight | foe)) return 1;
    int at = square + steps[i];
    if (board[at] == (kKing | foe)) return 1;
    while (board[at] == kEmpty) at += steps[i];
    if (board[at] == (kQueen | foe) || board[at] == ((i < 4 ? kRook : kBishop) | foe)) return 1;
  }
  return 0;
}

static uint32_t generate(Move* moves, uint8_t side) {
  uint32_t count = 0;
  for (int from = 21; from < 99; from++) {
    const uint8_t piece = board[from];
    if (piece == kEmpty || piece == kEdge || (piece & kBlack) != side) continue;
    const int type = piece & 7;
    if (type == kPawn) {
      const int forward = side ? -10 : 10;
      if (board[from + forward] == kEmpty) {
        moves[count++] = (Move){(uint8_t)from, (uint8_t)(from + forward)};
        if (from / 10 == (side ? 8 : 3) && board[from + 2 * forward] == kEmpty) {
          moves[count++] = (Move){(uint8_t)from, (uint8_t)(from + 2 * forward)};
        }
      }
      for (int aside = -1; aside <= 1; aside += 2) {
        const int to = from + forward + aside;
        if (is_foe(board[to], side)) moves[count++] = (Move){(uint8_t)from, (uint8_t)to};
      }
      continue;
    }
    const int8_t* way = type == kKnight ? jumps : steps;
    const int begin = type == kBishop ? 4 : 0, end = type == kRook ? 4 : 8;
    for (int i = begin; i < end; i++) {
      int to = from + way[i];
      for (; board[to] == kEmpty; to += way[i]) {
        moves[count++] = (Move){(uint8_t)from, (uint8_t)to};
        if (type == kKnight || type == kKing) break;
      }
      if (is_foe(board[to], side)) moves[count++] = (Move){(uint8_t)from, (uint8_t)to};
    }
  }
  return count;
}

static uint64_t positions(uint32_t depth, uint8_t side, int king, int other_king) {
  Move moves[128];
  uint64_t sum = 0;
  const uint32_t count = generate(moves, side);
  for (uint32_t i = 0; i < count; i++) {
    const int from = moves[i].from, to = moves[i].to;
    const uint8_t piece = board[from], taken = board[to];
    const int promoted = (piece & 7) == kPawn && to / 10 == (side ? 2 : 9);
    board[to] = promoted ? kQueen | side : piece;
    board[from] = kEmpty;
    const int own = from == king ? to : king;
    if (!attacked(own, side))
      sum += depth == 1 ? 1 : positions(depth - 1, side ^ kBlack, other_king, own);
    board[from] = piece;
    board[to] = taken;
  }
  return sum;
}

int main(int argc, char** argv) {
  const uint32_t rounds = workload_size(argc, argv, 3);
  uint64_t checksum = 0;
  set_up();
  for (uint32_t round = 0; round < rounds; round++) {
    const uint64_t count = positions(4, 0, 25, 95);
    if (count != 197281) return 1; /* as everybody counts */
    checksum = mix(checksum, count);
  }
  return workload_result(checksum);
}
