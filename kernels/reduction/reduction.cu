// Sums, maxima and running sums along an axis, and softmax. Every sum has one fixed order.

#include "common/tensor.cuh"

// One block a row: [rows, width] → [rows].
template <Reduce R, typename T>
__device__ __forceinline__ void rows(const T* x, T* out, int64_t width) {
  const int64_t row = blockIdx.x;
  float value = R == Reduce::SUM ? 0.0f : -INFINITY;
  for (int64_t i = threadIdx.x; i < width; i += blockDim.x) {
    value = combine<R>(value, load(x + row * width + i));
  }
  value = block_reduce<R>(value);
  if (threadIdx.x == 0) store(out + row, value);
}

// One thread a column: [outer, along, inner] → [outer, inner], of a stretch of the axis. Stretch s
// of `stretches` goes to out + s·outer·inner, to be summed by another launch.
template <Reduce R, typename T, typename U>
__device__ __forceinline__ void columns(const T* x, U* out, int64_t outer, int64_t along,
                                        int64_t inner) {
  const int64_t stretches = gridDim.y;
  const int64_t stretch = blockIdx.y;
  const int64_t from = along * stretch / stretches;
  const int64_t to = along * (stretch + 1) / stretches;
  GRID_LOOP(i, outer * inner) {
    const int64_t o = i / inner;
    const T* at = x + o * along * inner + (i - o * inner);
    float value = R == Reduce::SUM ? 0.0f : -INFINITY;
    for (int64_t k = from; k < to; k++) value = combine<R>(value, load(at + k * inner));
    store(out + stretch * outer * inner + i, value);
  }
}

#define REDUCTIONS(T, NAME)                                                                     \
  extern "C" __global__ void sum_rows_##NAME(const T* x, T* out, int64_t width) {               \
    rows<Reduce::SUM>(x, out, width);                                                           \
  }                                                                                             \
  extern "C" __global__ void max_rows_##NAME(const T* x, T* out, int64_t width) {               \
    rows<Reduce::MAX>(x, out, width);                                                           \
  }                                                                                             \
  extern "C" __global__ void sum_columns_##NAME(const T* x, T* out, int64_t outer,              \
                                                int64_t along, int64_t inner) {                 \
    columns<Reduce::SUM>(x, out, outer, along, inner);                                          \
  }                                                                                             \
  extern "C" __global__ void max_columns_##NAME(const T* x, T* out, int64_t outer,              \
                                                int64_t along, int64_t inner) {                 \
    columns<Reduce::MAX>(x, out, outer, along, inner);                                          \
  }

REDUCTIONS(float, f32)
REDUCTIONS(bf16, bf16)

#define SUM_NUMBERS(T, NAME)                                                                    \
  extern "C" __global__ void sum_numbers_##NAME(const T* x, T* out, int64_t outer,              \
                                                int64_t along, int64_t inner) {                 \
    GRID_LOOP(i, outer * inner) {                                                               \
      const int64_t o = i / inner;                                                              \
      int64_t sum = 0;                                                                          \
      for (int64_t k = 0; k < along; k++) sum += x[(o * along + k) * inner + (i - o * inner)];  \
      out[i] = static_cast<T>(sum);                                                             \
    }                                                                                           \
  }                                                                                             \
  CUMULATIVE(T, NAME, int64_t)

// One thread a line; double keeps the running sum as exact as on the CPU.
#define CUMULATIVE(T, NAME, SUM)                                                                \
  extern "C" __global__ void cumulative_sum_##NAME(const T* x, T* out, int64_t outer,           \
                                                   int64_t along, int64_t inner) {              \
    GRID_LOOP(i, outer * inner) {                                                               \
      const int64_t o = i / inner;                                                              \
      const int64_t at = o * along * inner + (i - o * inner);                                   \
      SUM sum = 0;                                                                              \
      for (int64_t k = 0; k < along; k++) {                                                     \
        sum += static_cast<SUM>(x[at + k * inner]);                                             \
        out[at + k * inner] = static_cast<T>(sum);                                              \
      }                                                                                         \
    }                                                                                           \
  }

SUM_NUMBERS(int32_t, i32)
SUM_NUMBERS(int64_t, i64)
SUM_NUMBERS(uint8_t, u8)
CUMULATIVE(float, f32, double)

// One block a row. A row of nothing but −∞ becomes zeros.
extern "C" __global__ void softmax_f32(const float* x, float* out, int64_t width) {
  const int64_t row = static_cast<int64_t>(blockIdx.x) * width;
  float most = -INFINITY;
  for (int64_t i = threadIdx.x; i < width; i += blockDim.x) most = fmaxf(most, x[row + i]);
  most = block_reduce<Reduce::MAX>(most);
  if (most == -INFINITY) {
    for (int64_t i = threadIdx.x; i < width; i += blockDim.x) out[row + i] = 0.0f;
    return;
  }
  float sum = 0.0f;
  for (int64_t i = threadIdx.x; i < width; i += blockDim.x) sum += expf(x[row + i] - most);
  const float scale = 1.0f / block_reduce<Reduce::SUM>(sum);
  for (int64_t i = threadIdx.x; i < width; i += blockDim.x) {
    out[row + i] = expf(x[row + i] - most) * scale;
  }
}

// y·(g − Σ g·y)
extern "C" __global__ void softmax_gradient_f32(const float* y, const float* g, float* out,
                                                int64_t width) {
  const int64_t row = static_cast<int64_t>(blockIdx.x) * width;
  float dot = 0.0f;
  for (int64_t i = threadIdx.x; i < width; i += blockDim.x) dot += y[row + i] * g[row + i];
  dot = block_reduce<Reduce::SUM>(dot);
  for (int64_t i = threadIdx.x; i < width; i += blockDim.x) {
    out[row + i] = y[row + i] * (g[row + i] - dot);
  }
}
