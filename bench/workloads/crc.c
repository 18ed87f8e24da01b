/* Integer: CRC-32 of a buffer, by table and bit by bit. */
#include "workload.h"

static uint32_t table[256];
static uint8_t buffer[65536];

static uint32_t crc_by_table(const uint8_t* bytes, size_t count) {
  uint32_t crc = ~0u;
  for (size_t i = 0; i < count; i++) crc = table[(crc ^ bytes[i]) & 255] ^ (crc >> 8);
  return ~crc;
}

static uint32_t crc_by_bit(const uint8_t* bytes, size_t count) {
  uint32_t crc = ~0u;
  for (size_t i = 0; i < count; i++) {
    crc ^= bytes[i];
    for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (0xedb88320u & (0u - (crc & 1)));
  }
  return ~crc;
}

int main(int argc, char** argv) {
  const uint32_t rounds = workload_size(argc, argv, 250);
  uint64_t random = 1, sum = 0;
  for (uint32_t i = 0; i < 256; i++) {
    uint32_t crc = i;
    for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (0xedb88320u & (0u - (crc & 1)));
    table[i] = crc;
  }
  for (size_t i = 0; i < sizeof buffer; i++) buffer[i] = (uint8_t)next_random(&random);
  for (uint32_t round = 0; round < rounds; round++) {
    buffer[round % sizeof buffer] ^= (uint8_t)round;
    sum = mix(sum, crc_by_table(buffer, sizeof buffer));
    if (round % 8 == 0) sum = mix(sum, crc_by_bit(buffer, sizeof buffer));
  }
  return workload_result(sum);
}
