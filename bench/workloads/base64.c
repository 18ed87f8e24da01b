/* Memory: bytes through tables, to base64 and back. */
#include "workload.h"

static const char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static uint8_t value_of[256], bytes[48 << 10], back[48 << 10];
static char text[64 << 10];

static void encode(char* to, const uint8_t* from, size_t count) {
  for (size_t i = 0; i < count; i += 3, to += 4) {
    const uint32_t three = (uint32_t)from[i] << 16 | (uint32_t)from[i + 1] << 8 | from[i + 2];
    to[0] = kAlphabet[three >> 18];
    to[1] = kAlphabet[three >> 12 & 63];
    to[2] = kAlphabet[three >> 6 & 63];
    to[3] = kAlphabet[three & 63];
  }
}

static int decode(uint8_t* to, const char* from, size_t count) {
  for (size_t i = 0; i < count; i += 4, to += 3) {
    uint32_t four = 0;
    for (size_t k = 0; k < 4; k++) {
      const uint32_t value = value_of[(uint8_t)from[i + k]];
      if (value > 63) return 0;
      four = four << 6 | value;
    }
    to[0] = (uint8_t)(four >> 16), to[1] = (uint8_t)(four >> 8), to[2] = (uint8_t)four;
  }
  return 1;
}

int main(int argc, char** argv) {
  const uint32_t rounds = workload_size(argc, argv, 250);
  uint64_t random = 23, checksum = 0;
  for (int i = 0; i < 256; i++) value_of[i] = 255;
  for (uint8_t i = 0; i < 64; i++) value_of[(uint8_t)kAlphabet[i]] = i;
  for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (uint8_t)(next_random(&random) >> 56);
  for (uint32_t round = 0; round < rounds; round++) {
    bytes[round % sizeof bytes] ^= (uint8_t)round;
    encode(text, bytes, sizeof bytes);
    if (!decode(back, text, sizeof text)) return 1;
    for (size_t i = 0; i < sizeof back; i += 509) checksum = mix(checksum, back[i] + text[i]);
  }
  return workload_result(checksum);
}
