// What a GPU's memory can do: a copy with as many loads under way as it takes.

#include <cstdint>

constexpr int THREADS = 256;
constexpr int EACH = 4;

// Blocks of THREADS * EACH units of 16 bytes; `units` is a multiple of that.
extern "C" __global__ void __launch_bounds__(THREADS)
    ceiling_copy(const uint4* __restrict__ from, uint4* __restrict__ to, int64_t units) {
  const int64_t first = static_cast<int64_t>(blockIdx.x) * (THREADS * EACH) + threadIdx.x;
  if (first + (EACH - 1) * THREADS >= units) {
    return;
  }
  uint4 held[EACH];
#pragma unroll
  for (int i = 0; i < EACH; i++) {
    held[i] = __ldcs(from + first + i * THREADS);
  }
#pragma unroll
  for (int i = 0; i < EACH; i++) {
    __stcs(to + first + i * THREADS, held[i]);
  }
}
