/* Calls, direct and through a table: an expression tree, evaluated and rewritten. */
#include "workload.h"

typedef struct Node Node;
struct Node {
  uint32_t (*evaluate)(const Node*, uint32_t);
  const Node* left;
  const Node* right;
  uint32_t value;
};

static uint32_t evaluate(const Node* node, uint32_t x) { return node->evaluate(node, x); }
static uint32_t constant(const Node* node, uint32_t x) { return (void)x, node->value; }
static uint32_t variable(const Node* node, uint32_t x) { return x ^ node->value; }
static uint32_t sum(const Node* node, uint32_t x) {
  return evaluate(node->left, x) + evaluate(node->right, x);
}
static uint32_t product(const Node* node, uint32_t x) {
  return evaluate(node->left, x) * (evaluate(node->right, x) | 1);
}
static uint32_t minimum(const Node* node, uint32_t x) {
  const uint32_t a = evaluate(node->left, x), b = evaluate(node->right, x);
  return a < b ? a : b;
}

static Node nodes[1 << 12];
static uint32_t used;

static const Node* grow(uint64_t* random, uint32_t depth) {
  static uint32_t (*const inner[])(const Node*, uint32_t) = {sum, product, minimum};
  Node* node = &nodes[used++];
  const uint32_t pick = (uint32_t)(next_random(random) >> 33);
  node->value = pick;
  if (depth == 0) {
    node->evaluate = pick % 3 == 0 ? constant : variable;
    return node;
  }
  node->evaluate = inner[pick % 3];
  node->left = grow(random, depth - 1);
  node->right = grow(random, depth - 1);
  return node;
}

int main(int argc, char** argv) {
  const uint32_t rounds = workload_size(argc, argv, 5000);
  uint64_t random = 7, checksum = 0;
  const Node* tree = grow(&random, 10);
  for (uint32_t x = 0; x < rounds; x++) checksum = mix(checksum, evaluate(tree, x));
  return workload_result(checksum);
}
