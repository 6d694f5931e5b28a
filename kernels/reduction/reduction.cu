// Sums, maxima and running sums along an axis, and what is made of them: softmax, cross entropy
// and norms. Every sum has one fixed order.

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

extern "C" __global__ void cross_entropy_f32(const float* logits, const int32_t* targets,
                                             float* loss, float* log_sums, double smoothing,
                                             int64_t width) {
  const float* x = logits + static_cast<int64_t>(blockIdx.x) * width;
  float most = -INFINITY;
  for (int64_t i = threadIdx.x; i < width; i += blockDim.x) most = fmaxf(most, x[i]);
  most = block_reduce<Reduce::MAX>(most);
  float sum = 0.0f;
  float all = 0.0f;
  for (int64_t i = threadIdx.x; i < width; i += blockDim.x) {
    sum += expf(x[i] - most);
    all += x[i];
  }
  const float log_sum = most + logf(block_reduce<Reduce::SUM>(sum));
  all = block_reduce<Reduce::SUM>(all);
  if (threadIdx.x == 0) {
    log_sums[blockIdx.x] = log_sum;
    const int32_t target = targets[blockIdx.x];
    const float even = static_cast<float>(smoothing);
    loss[blockIdx.x] =
        target < 0 || target >= width
            ? 0.0f
            : log_sum - (1.0f - even) * x[target] - (even > 0.0f ? even * all / width : 0.0f);
  }
}

// (softmax − smoothed target)·g; out may be the logits themselves.
extern "C" __global__ void cross_entropy_gradient_f32(const float* logits, const int32_t* targets,
                                                      const float* log_sums, const float* g,
                                                      float* out, double smoothing,
                                                      int64_t width) {
  const int64_t row = static_cast<int64_t>(blockIdx.x) * width;
  const int32_t target = targets[blockIdx.x];
  const float gradient = target < 0 || target >= width ? 0.0f : g[blockIdx.x];
  const float even = static_cast<float>(smoothing / width);
  const float hit = static_cast<float>(1.0 - smoothing);
  const float log_sum = log_sums[blockIdx.x];
  for (int64_t i = threadIdx.x; i < width; i += blockDim.x) {
    const float share = expf(logits[row + i] - log_sum);
    out[row + i] =
        gradient == 0.0f ? 0.0f : gradient * (share - even - (i == target ? hit : 0.0f));
  }
}

// x̂ = (x − mean)·r with r = 1/√(variance + ε); RMS norm is the case of mean 0.
struct Moments {
  float mean;
  float r;
};

__device__ __forceinline__ Moments moments(const float* x, int64_t width, bool centred,
                                           float epsilon) {
  float mean = 0.0f;
  if (centred) {
    for (int64_t i = threadIdx.x; i < width; i += blockDim.x) mean += x[i];
    mean = block_reduce<Reduce::SUM>(mean) / width;
  }
  float squares = 0.0f;
  for (int64_t i = threadIdx.x; i < width; i += blockDim.x) {
    const float d = x[i] - mean;
    squares += d * d;
  }
  squares = block_reduce<Reduce::SUM>(squares);
  return {mean, rsqrtf(squares / width + epsilon)};
}

extern "C" __global__ void norm_f32(const float* x, const float* weight, const float* bias,
                                    float* out, int centred, double epsilon, int64_t width) {
  const int64_t row = static_cast<int64_t>(blockIdx.x) * width;
  const Moments m = moments(x + row, width, centred, static_cast<float>(epsilon));
  for (int64_t i = threadIdx.x; i < width; i += blockDim.x) {
    const float y = (x[row + i] - m.mean) * m.r * (weight ? weight[i] : 1.0f);
    out[row + i] = bias ? y + bias[i] : y;
  }
}

// Gradient of x: r·(g·w − c₁ − (x − mean)·c₂), c₁ = mean(g·w), c₂ = r²·mean(g·w·(x − mean)).
// saved receives (mean, r) of each row for the gradients of weight and bias.
extern "C" __global__ void norm_gradient_f32(const float* x, const float* weight, const float* g,
                                             float* out, float2* saved, int centred,
                                             double epsilon, int64_t width) {
  const int64_t row = static_cast<int64_t>(blockIdx.x) * width;
  const Moments m = moments(x + row, width, centred, static_cast<float>(epsilon));
  float first = 0.0f;
  float second = 0.0f;
  for (int64_t i = threadIdx.x; i < width; i += blockDim.x) {
    const float gw = g[row + i] * (weight ? weight[i] : 1.0f);
    first += gw;
    second += gw * (x[row + i] - m.mean);
  }
  const float c1 = centred ? block_reduce<Reduce::SUM>(first) / width : 0.0f;
  const float c2 = m.r * m.r * block_reduce<Reduce::SUM>(second) / width;
  for (int64_t i = threadIdx.x; i < width; i += blockDim.x) {
    const float gw = g[row + i] * (weight ? weight[i] : 1.0f);
    out[row + i] = m.r * (gw - c1 - (x[row + i] - m.mean) * c2);
  }
  if (threadIdx.x == 0) saved[blockIdx.x] = make_float2(m.mean, m.r);
}

// Gradients of weight and bias over a stretch of the rows: stretch s goes to out + s·width, and
// to bias_out likewise where there is one.
extern "C" __global__ void norm_parameters_f32(const float* x, const float* g, const float2* saved,
                                               float* out, float* bias_out, int64_t count,
                                               int64_t width) {
  const int64_t from = count * blockIdx.y / gridDim.y;
  const int64_t to = count * (blockIdx.y + 1) / gridDim.y;
  GRID_LOOP(i, width) {
    float weights = 0.0f;
    float biases = 0.0f;
    for (int64_t row = from; row < to; row++) {
      const float2 m = saved[row];
      const float gradient = g[row * width + i];
      weights += gradient * (x[row * width + i] - m.x) * m.y;
      biases += gradient;
    }
    out[blockIdx.y * width + i] = weights;
    if (bias_out) bias_out[blockIdx.y * width + i] = biases;
  }
}
