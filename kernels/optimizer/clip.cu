// The global norm of gradients, and from it the control of an update.

#include "common/quad.cuh"

// Places in the control of an update, as UpdateControl has them.
enum Control { LEARNING_RATE, UPDATE, FACTOR, PROCEED };

// Sums over a block, in a fixed order; thread 0 has the sum.
__device__ __forceinline__ double block_sum(double value) {
  __shared__ double partial[32];
#pragma unroll
  for (int lane = 16; lane > 0; lane >>= 1) value += __shfl_down_sync(0xffffffffu, value, lane);
  if (threadIdx.x % 32 == 0) partial[threadIdx.x / 32] = value;
  __syncthreads();
  double all = partial[0];
  for (int i = 1; i < blockDim.x / 32; i++) all += partial[i];
  return all;
}

// The sum of squares that each block sees goes to sums[block].
extern "C" __global__ void __launch_bounds__(256)
    squares(const float* gradient, double* sums, int64_t n) {
  float4 even = make_float4(0.0f, 0.0f, 0.0f, 0.0f);
  float4 odd = even;
  const int64_t quads = n / 4;
  const int64_t step = static_cast<int64_t>(gridDim.x) * blockDim.x;
  int64_t i = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  for (; i + 3 * step < quads; i += 4 * step) {
    const float4 a = load_quad(gradient, i, false);
    const float4 b = load_quad(gradient, i + step, false);
    const float4 c = load_quad(gradient, i + 2 * step, false);
    const float4 d = load_quad(gradient, i + 3 * step, false);
    even = even + a * a;
    odd = odd + b * b;
    even = even + c * c;
    odd = odd + d * d;
  }
  for (; i < quads; i += step) {
    const float4 a = load_quad(gradient, i, false);
    even = even + a * a;
  }
  double sum = total(even) + static_cast<double>(total(odd));
  const int64_t rest = quads * 4 + threadIdx.x;
  if (blockIdx.x == 0 && rest < n) sum += gradient[rest] * gradient[rest];
  sum = block_sum(sum);
  if (threadIdx.x == 0) sums[blockIdx.x] = sum;
}

// The control of an update from the blocks' sums of squares: as GlobalNormClip tells. One block.
extern "C" __global__ void clip(const double* sums, const float* settings, float* control,
                                float* norm, int64_t count) {
  constexpr int AVERAGING = 2;
  constexpr int MAX_NORM = 3;
  double all = 0;
  for (int64_t i = threadIdx.x; i < count; i += blockDim.x) all += sums[i];
  all = block_sum(all);
  if (threadIdx.x != 0) return;
  const double averaging = settings[AVERAGING];
  const double found = sqrt(all) * averaging;
  const double share = fmin(1.0, settings[MAX_NORM] / fmax(found, 1e-30));
  const bool finite = isfinite(static_cast<float>(all));
  control[LEARNING_RATE] = settings[LEARNING_RATE];
  control[UPDATE] = settings[UPDATE];
  control[FACTOR] = finite ? static_cast<float>(averaging * share) : 0.0f;
  control[PROCEED] = finite ? 1.0f : 0.0f;
  norm[0] = static_cast<float>(found);
}
