/* Float: the orbits of five bodies, by leapfrog steps. */
#include <math.h>

#include "workload.h"

enum { kBodies = 5 };
static double position[kBodies][3], velocity[kBodies][3], mass[kBodies];

static void step(double dt) {
  for (int i = 0; i < kBodies; i++) {
    for (int j = i + 1; j < kBodies; j++) {
      double d[3], square = 0.01;
      for (int k = 0; k < 3; k++) {
        d[k] = position[i][k] - position[j][k];
        square += d[k] * d[k];
      }
      const double pull = dt / (square * sqrt(square));
      for (int k = 0; k < 3; k++) {
        velocity[i][k] -= d[k] * mass[j] * pull;
        velocity[j][k] += d[k] * mass[i] * pull;
      }
    }
  }
  for (int i = 0; i < kBodies; i++) {
    for (int k = 0; k < 3; k++) position[i][k] += dt * velocity[i][k];
  }
}

int main(int argc, char** argv) {
  const uint32_t steps = workload_size(argc, argv, 300000);
  uint64_t random = 3;
  for (int i = 0; i < kBodies; i++) {
    mass[i] = (double)(next_random(&random) >> 40) / (1 << 24);
    for (int k = 0; k < 3; k++) {
      position[i][k] = (double)(next_random(&random) >> 40) / (1 << 22) - 2;
      velocity[i][k] = (double)(next_random(&random) >> 40) / (1 << 25);
    }
  }
  for (uint32_t i = 0; i < steps; i++) step(0.001);
  double sum = 0;
  for (int i = 0; i < kBodies; i++) sum += position[i][0] + position[i][1] + position[i][2];
  return workload_result((uint64_t)(int64_t)(sum * 1e6));
}
