// Where positions come from when each document of a row is turned round where it lies.

#include "common/tensor.cuh"

constexpr int THREADS = 1024;
constexpr int WARPS = THREADS / 32;

// The largest of the values of this thread and those before it, over the block.
__device__ __forceinline__ int64_t largest_so_far(int64_t value) {
  __shared__ int64_t s_warps[WARPS];
  const int lane = threadIdx.x % 32;
#pragma unroll
  for (int distance = 1; distance < 32; distance *= 2) {
    const int64_t before = __shfl_up_sync(0xffffffffu, value, distance);
    if (lane >= distance && before > value) value = before;
  }
  if (lane == 31) s_warps[threadIdx.x / 32] = value;
  __syncthreads();
  for (int warp = 0; warp < static_cast<int>(threadIdx.x) / 32; warp++) {
    if (s_warps[warp] > value) value = s_warps[warp];
  }
  __syncthreads();
  return value;
}

// One block a row: sweeps forth for where each run of equal segments begins, and back for its end.
extern "C" __global__ void __launch_bounds__(THREADS)
    document_reversal(const int32_t* segments, int32_t* sources, int64_t length) {
  __shared__ int64_t s_carried;
  const int64_t first = blockIdx.x * length;
  for (int sweep = 0; sweep < 2; sweep++) {
    // Places are counted in the direction of the sweep, so that the last edge is the largest.
    int64_t carried = 0;
    for (int64_t from = 0; from < length; from += THREADS) {
      const int64_t place = from + threadIdx.x;
      const bool there = place < length;
      const int64_t t = sweep == 0 ? place : length - 1 - place;
      const int64_t neighbour = sweep == 0 ? t - 1 : t + 1;
      const bool edge =
          there && (place == 0 || segments[first + t] != segments[first + neighbour]);
      int64_t latest = largest_so_far(edge ? place : 0);
      if (latest < carried) latest = carried;
      if (threadIdx.x == THREADS - 1) s_carried = latest;
      if (there && sweep == 0) sources[first + t] = static_cast<int32_t>(latest);
      if (there && sweep == 1) {
        const int64_t begin = sources[first + t];
        const int64_t end = length - 1 - latest;
        sources[first + t] =
            segments[first + t] < 0 ? -1 : static_cast<int32_t>(first + begin + end - t);
      }
      __syncthreads();
      carried = s_carried;
      __syncthreads();
    }
  }
}
