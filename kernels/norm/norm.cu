// RMS norm and layer norm over rows, with the sum of a residual stream and a branch in front:
// s = x + branch, y = (s − mean)·r·weight + bias with r = 1/√(variance + ε). RMS norm is the case
// of mean 0. A row lies in the registers of `lanes` threads, K quads on each, and memory is passed
// over once; rows that do not fit so are read again from the cache.

#include "common/quad.cuh"

enum Flags { X_HALF = 1, BRANCH_HALF = 2, Y_HALF = 4, CENTRED = 8 };

// Sums of two numbers over the lanes of a row, the same for each and in a fixed order. All threads
// of the block call it equally often.
class RowSums {
 public:
  __device__ RowSums(float2* shared, int lanes) : shared_(shared), lanes_(lanes) {}

  __device__ float2 operator()(float2 v) {
#pragma unroll
    for (int lane = 16; lane > 0; lane >>= 1) {
      v.x += __shfl_xor_sync(0xffffffffu, v.x, lane);
      v.y += __shfl_xor_sync(0xffffffffu, v.y, lane);
    }
    if (lanes_ == 32) return v;
    float2* turn = shared_ + 32 * turn_;
    turn_ ^= 1;  // what others may still read of the last sum is not written to
    if (threadIdx.x % 32 == 0) turn[threadIdx.x / 32] = v;
    __syncthreads();
    const float2* mine = turn + threadIdx.x / lanes_ * (lanes_ / 32);
    float2 sum = mine[0];
    for (int warp = 1; warp < lanes_ / 32; warp++) {
      sum.x += mine[warp].x;
      sum.y += mine[warp].y;
    }
    return sum;
  }

 private:
  float2* shared_;
  int lanes_;
  int turn_ = 0;
};

template <int K>
__device__ __forceinline__ void forward(const void* x, const void* branch, const float* weight,
                                        const float* bias, void* stream, void* y, int flags,
                                        float epsilon, int lanes, int64_t rows, int64_t width) {
  __shared__ float2 shared[64];
  RowSums sums(shared, lanes);
  const int lane = threadIdx.x % lanes;
  const int64_t row = static_cast<int64_t>(blockIdx.x) * (blockDim.x / lanes) + threadIdx.x / lanes;
  const int quads = static_cast<int>(width / 4);
  const int64_t first = row * quads;
  const float4 zero = make_float4(0.0f, 0.0f, 0.0f, 0.0f);
  bool there[K];
  float4 s[K];
  float4 w[K];
  let_successor_begin();
#pragma unroll
  for (int k = 0; k < K; k++) {
    there[k] = row < rows && lane + k * lanes < quads;
    w[k] = weight && there[k] ? reinterpret_cast<const float4*>(weight)[lane + k * lanes]
                              : make_float4(1.0f, 1.0f, 1.0f, 1.0f);
  }
  wait_for_predecessor();
#pragma unroll
  for (int k = 0; k < K; k++) {
    s[k] = there[k] ? load_quad(x, first + lane + k * lanes, flags & X_HALF) : zero;
  }
  if (branch) {
#pragma unroll
    for (int k = 0; k < K; k++) {
      if (there[k]) s[k] = s[k] + load_quad(branch, first + lane + k * lanes, flags & BRANCH_HALF);
    }
  }
  if (stream) {
#pragma unroll
    for (int k = 0; k < K; k++) {
      if (there[k]) store_quad(stream, first + lane + k * lanes, flags & X_HALF, s[k]);
    }
  }
  if (flags & CENTRED) {
    float2 sum = make_float2(0.0f, 0.0f);
#pragma unroll
    for (int k = 0; k < K; k++) sum.x += total(s[k]);
    const float mean = sums(sum).x / width;
#pragma unroll
    for (int k = 0; k < K; k++) s[k] = there[k] ? s[k] - mean : zero;
  }
  float2 squares = make_float2(0.0f, 0.0f);
#pragma unroll
  for (int k = 0; k < K; k++) squares.x += total(s[k] * s[k]);
  const float r = rsqrtf(sums(squares).x / width + epsilon);
#pragma unroll
  for (int k = 0; k < K; k++) {
    if (!there[k]) continue;
    float4 out = s[k] * r * w[k];
    if (bias) out = out + reinterpret_cast<const float4*>(bias)[lane + k * lanes];
    store_quad(y, first + lane + k * lanes, flags & Y_HALF, out);
  }
}

// Gradient of s: what arrives at it, and r·(g·w − c₁ − (s − mean)·c₂) with c₁ = mean(g·w), which is
// 0 without a mean, and c₂ = r²·mean(g·w·(s − mean)). It is that of x and of the branch. Each group
// of lanes adds up the gradients of weight and bias over its rows; group p's go to row p of
// `weights` and `biases`, to be summed by norm_parameters.
template <int K, bool CENTRED_>
__device__ __forceinline__ void backward(const void* s, const float* weight, const void* g,
                                         const void* arriving, void* dx, void* dbranch,
                                         float* weights, float* biases, int flags, float epsilon,
                                         int lanes, int64_t rows, int64_t width) {
  __shared__ float2 shared[64];
  RowSums sums(shared, lanes);
  const int groups = blockDim.x / lanes;
  const int group = threadIdx.x / lanes;
  const int lane = threadIdx.x % lanes;
  const int quads = static_cast<int>(width / 4);
  const float share = 1.0f / static_cast<float>(width);
  const float4 zero = make_float4(0.0f, 0.0f, 0.0f, 0.0f);
  float4 dw[K];
  float4 db[K];
#pragma unroll
  for (int k = 0; k < K; k++) {
    dw[k] = zero;
    db[k] = zero;
  }
  for (int64_t base = static_cast<int64_t>(blockIdx.x) * groups; base < rows;
       base += static_cast<int64_t>(gridDim.x) * groups) {
    const int64_t row = base + group;
    const int64_t first = row * quads;
    bool there[K];
    float4 d[K];
    float4 gy[K];
    float4 out[K];
#pragma unroll
    for (int k = 0; k < K; k++) {
      there[k] = row < rows && lane + k * lanes < quads;
      d[k] = there[k] ? load_quad(s, first + lane + k * lanes, flags & X_HALF) : zero;
      gy[k] = there[k] ? load_quad(g, first + lane + k * lanes, flags & Y_HALF) : zero;
      out[k] = arriving && there[k] ? load_quad(arriving, first + lane + k * lanes, flags & X_HALF)
                                    : zero;
    }
    // The weight is read again for each row, from the cache: registers are worth more.
    auto weighted = [&](int k) {
      return weight && there[k] ? gy[k] * reinterpret_cast<const float4*>(weight)[lane + k * lanes]
                                : gy[k];
    };
    float c1 = 0.0f;
    if (CENTRED_) {
      float2 sum = make_float2(0.0f, 0.0f);
#pragma unroll
      for (int k = 0; k < K; k++) {
        sum.x += total(d[k]);
        sum.y += total(weighted(k));
      }
      sum = sums(sum);
      const float mean = sum.x * share;
      c1 = sum.y * share;
#pragma unroll
      for (int k = 0; k < K; k++) d[k] = there[k] ? d[k] - mean : zero;
    }
    float2 sum = make_float2(0.0f, 0.0f);
#pragma unroll
    for (int k = 0; k < K; k++) {
      sum.x += total(d[k] * d[k]);
      sum.y += total(weighted(k) * d[k]);
    }
    sum = sums(sum);
    const float r = rsqrtf(sum.x * share + epsilon);
    const float c2 = r * r * sum.y * share;
#pragma unroll
    for (int k = 0; k < K; k++) {
      if (!there[k]) continue;
      out[k] = out[k] + ((weighted(k) - c1) + d[k] * -c2) * r;
      if (dx) store_quad(dx, first + lane + k * lanes, flags & X_HALF, out[k]);
      if (dbranch) store_quad(dbranch, first + lane + k * lanes, flags & BRANCH_HALF, out[k]);
      dw[k] = dw[k] + gy[k] * (d[k] * r);
      if (CENTRED_) db[k] = db[k] + gy[k];
    }
  }
  const int64_t partial = (static_cast<int64_t>(blockIdx.x) * groups + group) * quads;
#pragma unroll
  for (int k = 0; k < K; k++) {
    if (lane + k * lanes >= quads) continue;
    if (weights) reinterpret_cast<float4*>(weights)[partial + lane + k * lanes] = dw[k];
    if (biases) reinterpret_cast<float4*>(biases)[partial + lane + k * lanes] = db[k];
  }
}

#define BACKWARD(NAME, K, CENTRED_)                                                              \
  extern "C" __global__ void NAME##_backward_##K(                                                \
      const void* s, const float* weight, const void* g, const void* arriving, void* dx,         \
      void* dbranch, float* weights, float* biases, int flags, float epsilon, int lanes,         \
      int64_t rows, int64_t width) {                                                             \
    backward<K, CENTRED_>(s, weight, g, arriving, dx, dbranch, weights, biases, flags, epsilon,  \
                          lanes, rows, width);                                                   \
  }

#define NORM(K)                                                                                  \
  extern "C" __global__ void norm_forward_##K(                                                   \
      const void* x, const void* branch, const float* weight, const float* bias, void* stream,   \
      void* y, int flags, float epsilon, int lanes, int64_t rows, int64_t width) {               \
    forward<K>(x, branch, weight, bias, stream, y, flags, epsilon, lanes, rows, width);          \
  }                                                                                              \
  BACKWARD(rms_norm, K, false)                                                                   \
  BACKWARD(layer_norm, K, true)

NORM(1)
NORM(2)
NORM(4)

// Rows of any width, one block a row; `lanes` is not looked at.
extern "C" __global__ void norm_forward_any(const void* x, const void* branch, const float* weight,
                                            const float* bias, void* stream, void* y, int flags,
                                            float epsilon, int lanes, int64_t rows,
                                            int64_t width) {
  __shared__ float2 shared[64];
  RowSums sums(shared, blockDim.x);
  wait_for_predecessor();
  const int64_t first = static_cast<int64_t>(blockIdx.x) * width;
  auto element = [&](int64_t i) {
    const float value = load_one(x, first + i, flags & X_HALF);
    return branch ? value + load_one(branch, first + i, flags & BRANCH_HALF) : value;
  };
  float mean = 0.0f;
  if (flags & CENTRED) {
    float2 sum = make_float2(0.0f, 0.0f);
    for (int64_t i = threadIdx.x; i < width; i += blockDim.x) sum.x += element(i);
    mean = sums(sum).x / width;
  }
  float2 squares = make_float2(0.0f, 0.0f);
  for (int64_t i = threadIdx.x; i < width; i += blockDim.x) {
    const float d = element(i) - mean;
    squares.x += d * d;
  }
  const float r = rsqrtf(sums(squares).x / width + epsilon);
  for (int64_t i = threadIdx.x; i < width; i += blockDim.x) {
    const float s = element(i);
    const float out = (s - mean) * r * (weight ? weight[i] : 1.0f) + (bias ? bias[i] : 0.0f);
    if (stream) store_one(stream, first + i, flags & X_HALF, s);
    store_one(y, first + i, flags & Y_HALF, out);
  }
}

// The partial sums of a thread's columns are added up where they will lie, by that thread alone.
extern "C" __global__ void norm_backward_any(const void* s, const float* weight, const void* g,
                                             const void* arriving, void* dx, void* dbranch,
                                             float* weights, float* biases, int flags,
                                             float epsilon, int lanes, int64_t rows,
                                             int64_t width) {
  __shared__ float2 shared[64];
  RowSums sums(shared, blockDim.x);
  for (int64_t row = blockIdx.x; row < rows; row += gridDim.x) {
    const int64_t first = row * width;
    float mean = 0.0f;
    float c1 = 0.0f;
    if (flags & CENTRED) {
      float2 sum = make_float2(0.0f, 0.0f);
      for (int64_t i = threadIdx.x; i < width; i += blockDim.x) {
        sum.x += load_one(s, first + i, flags & X_HALF);
        sum.y += load_one(g, first + i, flags & Y_HALF) * (weight ? weight[i] : 1.0f);
      }
      sum = sums(sum);
      mean = sum.x / width;
      c1 = sum.y / width;
    }
    float2 sum = make_float2(0.0f, 0.0f);
    for (int64_t i = threadIdx.x; i < width; i += blockDim.x) {
      const float d = load_one(s, first + i, flags & X_HALF) - mean;
      const float gw = load_one(g, first + i, flags & Y_HALF) * (weight ? weight[i] : 1.0f);
      sum.x += d * d;
      sum.y += gw * d;
    }
    sum = sums(sum);
    const float r = rsqrtf(sum.x / width + epsilon);
    const float c2 = r * r * sum.y / width;
    const int64_t partial = static_cast<int64_t>(blockIdx.x) * width;
    const bool begins = row == blockIdx.x;
    for (int64_t i = threadIdx.x; i < width; i += blockDim.x) {
      const float d = load_one(s, first + i, flags & X_HALF) - mean;
      const float gy = load_one(g, first + i, flags & Y_HALF);
      const float gw = gy * (weight ? weight[i] : 1.0f);
      const float before = arriving ? load_one(arriving, first + i, flags & X_HALF) : 0.0f;
      const float out = before + r * (gw - c1 - d * c2);
      if (dx) store_one(dx, first + i, flags & X_HALF, out);
      if (dbranch) store_one(dbranch, first + i, flags & BRANCH_HALF, out);
      if (weights) weights[partial + i] = (begins ? 0.0f : weights[partial + i]) + gy * d * r;
      if (biases) biases[partial + i] = (begins ? 0.0f : biases[partial + i]) + gy;
    }
  }
}

// Sums of [count, width] over the count: those of weights, and of biases where blockIdx.y is 1.
// 1024 threads: 8 neighbouring columns, 128 slices of the rows each.
extern "C" __global__ void norm_parameters(const float* weights, const float* biases,
                                           float* weight_out, float* bias_out, int64_t count,
                                           int64_t width) {
  __shared__ float partial[128][9];
  const float* from = blockIdx.y ? biases : weights;
  const int64_t column = static_cast<int64_t>(blockIdx.x) * 8 + threadIdx.x % 8;
  const int slice = threadIdx.x / 8;
  float sum = 0.0f;
  if (column < width) {
#pragma unroll 8
    for (int64_t row = slice; row < count; row += 128) sum += from[row * width + column];
  }
  partial[slice][threadIdx.x % 8] = sum;
  for (int half = 64; half > 0; half /= 2) {
    __syncthreads();
    if (slice < half) partial[slice][threadIdx.x % 8] += partial[slice + half][threadIdx.x % 8];
  }
  if (slice == 0 && column < width) {
    (blockIdx.y ? bias_out : weight_out)[column] = partial[0][threadIdx.x];
  }
}
