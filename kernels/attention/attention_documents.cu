#include "common/tensor.cuh"

// Where the document of each position begins and ends, from the documents' numbers [batch,
// length]; both are the position itself for padding. A block takes a row, 1024 positions at once.
constexpr int WARPS = 32;

extern "C" __global__ void attention_documents(const int32_t* segments, int2* documents,
                                               int length) {
  __shared__ uint32_t begins[WARPS];
  __shared__ int carried;
  const int32_t* row = segments + static_cast<int64_t>(blockIdx.x) * length;
  int2* out = documents + static_cast<int64_t>(blockIdx.x) * length;
  const int lane = threadIdx.x % 32;
  const int warp = threadIdx.x / 32;

  auto publish = [&](int i) {
    const bool begin = i < length && (i == 0 || row[i] != row[i - 1]);
    const uint32_t mask = __ballot_sync(0xffffffffu, begin);
    if (lane == 0) begins[warp] = mask;
    __syncthreads();
    return mask;
  };

  if (threadIdx.x == 0) carried = 0;
  for (int base = 0; base < length; base += 1024) {
    uint32_t mask = publish(base + threadIdx.x) & (0xffffffffu >> (31 - lane));
    int at = warp;
    while (mask == 0 && at > 0) mask = begins[--at];
    const int begin = mask ? base + 32 * at + 31 - __clz(mask) : carried;
    if (base + threadIdx.x < length) out[base + threadIdx.x].x = begin;
    __syncthreads();
    if (threadIdx.x == 1023) carried = begin;
  }

  __syncthreads();
  if (threadIdx.x == 0) carried = length;
  for (int base = (length - 1) / 1024 * 1024; base >= 0; base -= 1024) {
    const int i = base + threadIdx.x;
    const uint32_t own = publish(i);
    uint32_t mask = own & ~(0xffffffffu >> (31 - lane));
    int at = warp;
    while (mask == 0 && at < WARPS - 1) mask = begins[++at];
    const int end = mask ? base + 32 * at + __ffs(mask) - 1 : carried;
    if (i < length) {
      if (row[i] < 0) {
        out[i] = {i, i};
      } else {
        out[i].y = end;
      }
    }
    __syncthreads();
    if (threadIdx.x == 0) carried = own & 1 ? base : end;
  }
}
