#include "interp/core/simd_targets.h"

#include <hwy/highway.h>

#if HWY_ARCH_X86 && __has_include(<sys/platform/x86.h>)
// glibc's header says _Bool, which C++ does not know.
#define _Bool bool
#include <sys/platform/x86.h>
#undef _Bool
#endif

namespace weft::interp {

int64_t supported_targets() {
  int64_t targets = HWY_STATIC_TARGET | HWY_EMU128;
#if HWY_ARCH_X86
#ifdef CPU_FEATURE_ACTIVE
  // The dynamic loader has asked the processor already. In a virtual machine each question goes to
  // the hypervisor, for 7 us and more.
  const bool sse4 = CPU_FEATURE_ACTIVE(SSE4_1) && CPU_FEATURE_ACTIVE(SSE4_2) &&
                    CPU_FEATURE_ACTIVE(AES) && CPU_FEATURE_ACTIVE(PCLMULQDQ);
  const bool avx2 = sse4 && CPU_FEATURE_ACTIVE(AVX2) && CPU_FEATURE_ACTIVE(FMA) &&
                    CPU_FEATURE_ACTIVE(F16C) && CPU_FEATURE_ACTIVE(BMI1) &&
                    CPU_FEATURE_ACTIVE(BMI2) && CPU_FEATURE_ACTIVE(LZCNT);
  const bool avx3 = avx2 && CPU_FEATURE_ACTIVE(AVX512F) && CPU_FEATURE_ACTIVE(AVX512VL) &&
                    CPU_FEATURE_ACTIVE(AVX512DQ) && CPU_FEATURE_ACTIVE(AVX512BW);
#else
  const bool sse4 = __builtin_cpu_supports("x86-64-v2") && __builtin_cpu_supports("aes") &&
                    __builtin_cpu_supports("pclmul");
  const bool avx2 = sse4 && __builtin_cpu_supports("x86-64-v3");
  const bool avx3 = avx2 && __builtin_cpu_supports("x86-64-v4");
#endif
  if (sse4) targets |= HWY_SSE4;
  if (avx2) targets |= HWY_AVX2;
  if (avx3) targets |= HWY_AVX3;
#endif
  return targets & HWY_TARGETS;
}

}  // namespace weft::interp
