/* Memory: a B-tree of integers, insertions and searches; short loops over arrays in nodes. */
#include <string.h>

#include "workload.h"

enum { kOrder = 8, kKeys = 2 * kOrder - 1 };
typedef struct Node Node;
struct Node {
  uint32_t count, leaf;
  uint32_t keys[kKeys];
  Node* children[kKeys + 1];
};
static Node* pool;
static uint32_t used;

static Node* new_node(uint32_t leaf) {
  Node* node = &pool[used++];
  node->count = 0;
  node->leaf = leaf;
  return node;
}

/* The first place in a node whose key is not below `key`. */
static uint32_t place_of(const Node* node, uint32_t key) {
  uint32_t at = 0;
  while (at < node->count && node->keys[at] < key) at++;
  return at;
}

static int contains(const Node* node, uint32_t key) {
  for (;;) {
    const uint32_t at = place_of(node, key);
    if (at < node->count && node->keys[at] == key) return 1;
    if (node->leaf) return 0;
    node = node->children[at];
  }
}

static void split(Node* parent, uint32_t at) {
  Node* low = parent->children[at];
  Node* high = new_node(low->leaf);
  low->count = high->count = kOrder - 1;
  memcpy(high->keys, low->keys + kOrder, sizeof *low->keys * (kOrder - 1));
  memcpy(high->children, low->children + kOrder, sizeof *low->children * kOrder);
  for (uint32_t i = parent->count; i > at; i--) {
    parent->keys[i] = parent->keys[i - 1];
    parent->children[i + 1] = parent->children[i];
  }
  parent->keys[at] = low->keys[kOrder - 1];
  parent->children[at + 1] = high;
  parent->count++;
}

static Node* insert(Node* root, uint32_t key) {
  if (root->count == kKeys) {
    Node* above = new_node(0);
    above->children[0] = root;
    split(above, 0);
    root = above;
  }
  for (Node* node = root;;) {
    uint32_t at = place_of(node, key);
    if (at < node->count && node->keys[at] == key) return root;
    if (node->leaf) {
      for (uint32_t i = node->count; i > at; i--) node->keys[i] = node->keys[i - 1];
      node->keys[at] = key;
      node->count++;
      return root;
    }
    if (node->children[at]->count == kKeys) {
      split(node, at);
      if (node->keys[at] < key) at++;
    }
    node = node->children[at];
  }
}

static uint64_t walk(const Node* node, uint64_t sum) {
  for (uint32_t i = 0; i <= node->count; i++) {
    if (!node->leaf) sum = walk(node->children[i], sum);
    if (i < node->count) sum = mix(sum, node->keys[i]);
  }
  return sum;
}

int main(int argc, char** argv) {
  const uint32_t n = workload_size(argc, argv, 100000);
  uint64_t random = 43, found = 0;
  pool = malloc(sizeof(Node) * (n / (kOrder - 1) + 16) * 2);
  Node* root = new_node(1);
  for (uint32_t i = 0; i < n; i++) root = insert(root, (uint32_t)(next_random(&random) >> 44));
  for (uint32_t i = 0; i < 2 * n; i++)
    found += (uint64_t)contains(root, (uint32_t)(next_random(&random) >> 44));
  const uint64_t checksum = mix(walk(root, found), used);
  free(pool);
  return workload_result(checksum);
}
