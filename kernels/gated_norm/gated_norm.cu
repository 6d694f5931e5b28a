// RMSNorm(y·SiLU(z))·weight over each group of channels, as between Mamba-2's recurrence and its
// last projection. A block takes rows of one group one after the other, and has the next one brought
// while it works on one; a thread has EACH times eight neighbouring channels in registers.

#include "common/activation.cuh"

constexpr int THREADS = 256;  // at most

// Eight neighbouring elements of a row, zeros beyond its end.
template <typename T>
__device__ __forceinline__ void load_eight(const T* row, int64_t at, int64_t channels, bool vectors,
                                           float (&v)[8]) {
  if (vectors && at < channels) {
    alignas(16) T eight[8];
#pragma unroll
    for (int i = 0; i < static_cast<int>(sizeof(T)) / 2; i++) {
      reinterpret_cast<uint4*>(eight)[i] = reinterpret_cast<const uint4*>(row + at)[i];
    }
#pragma unroll
    for (int e = 0; e < 8; e++) v[e] = load(eight + e);
  } else {
#pragma unroll
    for (int e = 0; e < 8; e++) v[e] = at + e < channels ? load(row + at + e) : 0.0f;
  }
}

template <typename T>
__device__ __forceinline__ void store_eight(T* row, int64_t at, int64_t channels, bool vectors,
                                            const float (&v)[8]) {
  if (vectors && at < channels) {
    alignas(16) T eight[8];
#pragma unroll
    for (int e = 0; e < 8; e++) store(eight + e, v[e]);
#pragma unroll
    for (int i = 0; i < static_cast<int>(sizeof(T)) / 2; i++) {
      reinterpret_cast<uint4*>(row + at)[i] = reinterpret_cast<const uint4*>(eight)[i];
    }
  } else {
#pragma unroll
    for (int e = 0; e < 8; e++) {
      if (at + e < channels) store(row + at + e, v[e]);
    }
  }
}

// Sums of two numbers over the block, the same for every thread and in a fixed order. `parts` of
// one call must not be those of the call before.
__device__ __forceinline__ float2 sum_of_block(float2 value, float2 (&parts)[THREADS / 32]) {
#pragma unroll
  for (int lane = 16; lane > 0; lane >>= 1) {
    value.x += __shfl_xor_sync(0xffffffffu, value.x, lane);
    value.y += __shfl_xor_sync(0xffffffffu, value.y, lane);
  }
  if (threadIdx.x % 32 == 0) parts[threadIdx.x / 32] = value;
  __syncthreads();
  const int warps = blockDim.x / 32;
  float2 sum = make_float2(0.0f, 0.0f);
#pragma unroll
  for (int warp = 0; warp < THREADS / 32; warp++) {
    if (warp < warps) {
      sum.x += parts[warp].x;
      sum.y += parts[warp].y;
    }
  }
  return sum;
}

// A thread's channels of a row, on their way from memory.
template <typename T, int EACH>
struct Loaded {
  alignas(16) T eights[EACH][8];

  __device__ __forceinline__ void fetch(const T* row, int64_t channels, bool vectors) {
#pragma unroll
    for (int i = 0; i < EACH; i++) {
      const int64_t at = (static_cast<int64_t>(i) * blockDim.x + threadIdx.x) * 8;
      if (vectors && at < channels) {
#pragma unroll
        for (int w = 0; w < static_cast<int>(sizeof(T)) / 2; w++) {
          reinterpret_cast<uint4*>(eights[i])[w] = reinterpret_cast<const uint4*>(row + at)[w];
        }
      } else {
#pragma unroll
        for (int e = 0; e < 8; e++) {
          store(&eights[i][e], at + e < channels ? load(row + at + e) : 0.0f);
        }
      }
    }
  }

  __device__ __forceinline__ float at(int i, int e) const { return load(&eights[i][e]); }
};

// The weights of a thread's channels.
template <int EACH>
__device__ __forceinline__ void load_scale(const float* weight, int64_t channels,
                                           float (&scale)[EACH][8]) {
  const bool vectors = channels % 8 == 0 && reinterpret_cast<uint64_t>(weight) % 16 == 0;
#pragma unroll
  for (int i = 0; i < EACH; i++) {
    load_eight(weight, (static_cast<int64_t>(i) * blockDim.x + threadIdx.x) * 8, channels, vectors,
               scale[i]);
  }
}

template <typename T, int EACH>
__device__ void forward(const T* y, const T* z, const float* weight, T* out, int64_t rows,
                        int64_t channels, float epsilon, bool vectors) {
  __shared__ float2 parts[2][THREADS / 32];
  let_successor_begin();
  const int64_t group = blockIdx.y;
  float scale[EACH][8];
  load_scale(weight + group * channels, channels, scale);
  wait_for_predecessor();
  const int64_t stride = static_cast<int64_t>(gridDim.x) * gridDim.y * channels;
  int64_t first = (blockIdx.x * static_cast<int64_t>(gridDim.y) + group) * channels;
  Loaded<T, EACH> next_value;
  Loaded<T, EACH> next_gate;
  next_value.fetch(y + first, channels, vectors);
  next_gate.fetch(z + first, channels, vectors);
  int turn = 0;
  for (int64_t row = blockIdx.x; row < rows; row += gridDim.x, turn ^= 1, first += stride) {
    float gated[EACH][8];
    float squares = 0.0f;
#pragma unroll
    for (int i = 0; i < EACH; i++) {
#pragma unroll
      for (int e = 0; e < 8; e++) {
        const float gate = next_gate.at(i, e);
        gated[i][e] = next_value.at(i, e) * gate * sigmoid<float>(gate);
        squares = fmaf(gated[i][e], gated[i][e], squares);
      }
    }
    if (row + gridDim.x < rows) {
      next_value.fetch(y + first + stride, channels, vectors);
      next_gate.fetch(z + first + stride, channels, vectors);
    }
    const float sum = sum_of_block(make_float2(squares, 0.0f), parts[turn]).x;
    const float norm = rsqrtf(sum / channels + epsilon);
#pragma unroll
    for (int i = 0; i < EACH; i++) {
#pragma unroll
      for (int e = 0; e < 8; e++) gated[i][e] *= norm * scale[i][e];
      store_eight(out + first, (static_cast<int64_t>(i) * blockDim.x + threadIdx.x) * 8, channels,
                  vectors, gated[i]);
    }
  }
}

template <typename T, int EACH>
__device__ void backward(const T* y, const T* z, const float* weight, const T* grad, T* grad_y,
                         T* grad_z, float* grad_weights, int64_t rows, int64_t channels,
                         float epsilon, bool vectors) {
  __shared__ float2 parts[2][THREADS / 32];
  const int64_t group = blockIdx.y;
  float scale[EACH][8];
  float grad_scale[EACH][8] = {};
  load_scale(weight + group * channels, channels, scale);
  const int64_t stride = static_cast<int64_t>(gridDim.x) * gridDim.y * channels;
  int64_t first = (blockIdx.x * static_cast<int64_t>(gridDim.y) + group) * channels;
  Loaded<T, EACH> next_value;
  Loaded<T, EACH> next_gate;
  Loaded<T, EACH> next_gradient;
  auto fetch = [&](int64_t from) {
    next_value.fetch(y + from, channels, vectors);
    next_gate.fetch(z + from, channels, vectors);
    next_gradient.fetch(grad + from, channels, vectors);
  };
  fetch(first);
  int turn = 0;
  for (int64_t row = blockIdx.x; row < rows; row += gridDim.x, turn ^= 1, first += stride) {
    float value[EACH][8];
    float gate[EACH][8];
    float open[EACH][8];
    float gradient[EACH][8];
    float2 sums = make_float2(0.0f, 0.0f);
#pragma unroll
    for (int i = 0; i < EACH; i++) {
#pragma unroll
      for (int e = 0; e < 8; e++) {
        value[i][e] = next_value.at(i, e);
        gate[i][e] = next_gate.at(i, e);
        gradient[i][e] = next_gradient.at(i, e);
        open[i][e] = sigmoid<float>(gate[i][e]);
        const float gated = value[i][e] * gate[i][e] * open[i][e];
        sums.x = fmaf(gated, gated, sums.x);
        sums.y = fmaf(gated, gradient[i][e] * scale[i][e], sums.y);
      }
    }
    if (row + gridDim.x < rows) fetch(first + stride);
    sums = sum_of_block(sums, parts[turn]);
    const float norm = rsqrtf(sums.x / channels + epsilon);
    const float shared = norm * norm * sums.y / channels;
#pragma unroll
    for (int i = 0; i < EACH; i++) {
#pragma unroll
      for (int e = 0; e < 8; e++) {
        const float silu = gate[i][e] * open[i][e];
        const float gated = value[i][e] * silu;
        grad_scale[i][e] = fmaf(gradient[i][e], gated * norm, grad_scale[i][e]);
        const float to_gated = norm * (gradient[i][e] * scale[i][e] - gated * shared);
        gate[i][e] = to_gated * value[i][e] * open[i][e] *
                     (1.0f + gate[i][e] * (1.0f - open[i][e]));
        value[i][e] = to_gated * silu;
      }
      const int64_t at = (static_cast<int64_t>(i) * blockDim.x + threadIdx.x) * 8;
      if (grad_y) store_eight(grad_y + first, at, channels, vectors, value[i]);
      if (grad_z) store_eight(grad_z + first, at, channels, vectors, gate[i]);
    }
  }
  float* out = grad_weights + (blockIdx.x * static_cast<int64_t>(gridDim.y) + group) * channels;
#pragma unroll
  for (int i = 0; i < EACH; i++) {
    store_eight(out, (static_cast<int64_t>(i) * blockDim.x + threadIdx.x) * 8, channels, false,
                grad_scale[i]);
  }
}

// Sums of some rows of so many channels. A block has 32 channels, a warp every eighth row.
extern "C" __global__ void __launch_bounds__(THREADS)
    gated_norm_weights(const float* parts, float* sums, int64_t count, int64_t channels) {
  __shared__ float of_warps[THREADS / 32][32];
  const int lane = threadIdx.x % 32;
  const int64_t channel = blockIdx.x * 32 + static_cast<int64_t>(lane);
  float sum = 0.0f;
  if (channel < channels) {
    for (int64_t i = threadIdx.x / 32; i < count; i += THREADS / 32) {
      sum += parts[i * channels + channel];
    }
  }
  of_warps[threadIdx.x / 32][lane] = sum;
  __syncthreads();
  if (threadIdx.x < 32 && channel < channels) {
    for (int warp = 1; warp < THREADS / 32; warp++) sum += of_warps[warp][lane];
    sums[channel] = sum;
  }
}

#define GATED_NORM(T, NAME, EACH)                                                                 \
  extern "C" __global__ void __launch_bounds__(THREADS) gated_norm_forward_##NAME##_##EACH(       \
      const T* y, const T* z, const float* weight, T* out, int64_t rows, int64_t channels,        \
      float epsilon, int vectors) {                                                               \
    forward<T, EACH>(y, z, weight, out, rows, channels, epsilon, vectors);                        \
  }                                                                                               \
  extern "C" __global__ void __launch_bounds__(THREADS) gated_norm_backward_##NAME##_##EACH(      \
      const T* y, const T* z, const float* weight, const T* grad, T* grad_y, T* grad_z,           \
      float* grad_weights, int64_t rows, int64_t channels, float epsilon, int vectors) {          \
    backward<T, EACH>(y, z, weight, grad, grad_y, grad_z, grad_weights, rows, channels, epsilon,  \
                      vectors);                                                                   \
  }

GATED_NORM(float, f32, 1)
GATED_NORM(float, f32, 2)
GATED_NORM(float, f32, 4)
GATED_NORM(bf16, bf16, 1)
GATED_NORM(bf16, bf16, 2)
GATED_NORM(bf16, bf16, 4)
