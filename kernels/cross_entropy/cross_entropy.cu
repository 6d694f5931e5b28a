// Cross entropy of rows of scores, one block a row: the loss in one pass over the scores, the
// gradient in another, which may put it in their place; or both, while the row is in the cache.
// Scores are F32 or BF16, 16 bytes at a time.

#include "common/tensor.cuh"

constexpr float LOG2_E = 1.4426950408889634f;

__device__ __forceinline__ float exp2_approx(float x) {
  float y;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}

// A row as single elements up to the first place that is aligned, vectors, and single elements.
template <typename T>
struct Row {
  static constexpr int EACH = 16 / sizeof(T);

  T* at;
  int64_t head;
  int64_t vectors;
  int64_t width;

  __device__ Row(T* row, int64_t wide) : at(row), width(wide) {
    const uint64_t past = reinterpret_cast<uint64_t>(row) % 16;
    head = min(static_cast<int64_t>((16 - past) % 16 / sizeof(T)), wide);
    vectors = (wide - head) / EACH;
  }

  // f(first index, number, elements) for every vector, and for single elements at both ends.
  template <typename F>
  __device__ void each(F f) const {
    for (int64_t i = threadIdx.x; i < head; i += blockDim.x) one(i, f);
    const int64_t rest = head + vectors * EACH;
    for (int64_t i = rest + threadIdx.x; i < width; i += blockDim.x) one(i, f);
    const uint4* from = reinterpret_cast<const uint4*>(at + head);
    int64_t i = threadIdx.x;
    for (; i + 3 * blockDim.x < vectors; i += 4 * blockDim.x) {
      uint4 bits[4];
#pragma unroll
      for (int u = 0; u < 4; u++) bits[u] = from[i + u * blockDim.x];
#pragma unroll
      for (int u = 0; u < 4; u++) vector(i + u * blockDim.x, bits[u], f);
    }
    for (; i < vectors; i += blockDim.x) vector(i, from[i], f);
  }

  template <typename F>
  __device__ void one(int64_t i, F f) const {
    float x[EACH];
    x[0] = load(at + i);
    f(i, 1, x);
  }

  template <typename F>
  __device__ void vector(int64_t i, uint4 bits, F f) const {
    const T* elements = reinterpret_cast<const T*>(&bits);
    float x[EACH];
#pragma unroll
    for (int e = 0; e < EACH; e++) x[e] = load(elements + e);
    f(head + i * EACH, EACH, x);
  }

  // Puts elements back where `each` found them.
  __device__ void put(int64_t i, int count, const float (&x)[EACH], T* to) const {
    if (count == 1) {
      store(to + i, x[0]);
      return;
    }
    uint4 bits;
    T* elements = reinterpret_cast<T*>(&bits);
#pragma unroll
    for (int e = 0; e < EACH; e++) store(elements + e, x[e]);
    *reinterpret_cast<uint4*>(to + i) = bits;
  }
};

// Returns the logarithm of the sum of exponentials.
template <typename T>
__device__ __forceinline__ float loss(const T* logits, const int32_t* targets, float* losses,
                                      float* log_sums, double smoothing, int64_t width) {
  const T* x = logits + static_cast<int64_t>(blockIdx.x) * width;
  const Row<const T> row(x, width);
  const bool smooth = smoothing > 0.0;
  // The sum of exponentials below the largest score so far.
  float most = -INFINITY;
  float sum = 0.0f;
  float all = 0.0f;
  row.each([&](int64_t, int count, const float(&v)[Row<T>::EACH]) {
    float next = most;
#pragma unroll
    for (int e = 0; e < Row<T>::EACH; e++) {
      if (e < count) next = fmaxf(next, v[e]);
    }
    if (next > most) {
      sum *= exp2_approx((most - next) * LOG2_E);
      most = next;
    }
    const float base = most == -INFINITY ? 0.0f : most * LOG2_E;
#pragma unroll
    for (int e = 0; e < Row<T>::EACH; e++) {
      if (e >= count) continue;
      sum += exp2_approx(fmaf(v[e], LOG2_E, -base));
      if (smooth) all += v[e];
    }
  });
  const float largest = block_reduce<Reduce::MAX>(most);
  sum *= most == -INFINITY ? 1.0f : exp2_approx((most - largest) * LOG2_E);
  const float log_sum = largest + logf(block_reduce<Reduce::SUM>(sum));
  if (smooth) all = block_reduce<Reduce::SUM>(all);
  if (threadIdx.x == 0) {
    log_sums[blockIdx.x] = log_sum;
    const int32_t target = targets[blockIdx.x];
    const float even = static_cast<float>(smoothing);
    losses[blockIdx.x] = target < 0 || target >= width
                             ? 0.0f
                             : log_sum - (1.0f - even) * load(x + target) -
                                   (smooth ? even * all / width : 0.0f);
  }
  return log_sum;
}

// (softmax − smoothed target)·g; out may be the logits themselves.
template <typename T>
__device__ __forceinline__ void gradient(T* logits, const int32_t* targets, float row_log_sum,
                                         float g, T* out, double smoothing, int64_t width) {
  const int64_t first = static_cast<int64_t>(blockIdx.x) * width;
  const Row<T> row(logits + first, width);
  const int32_t target = targets[blockIdx.x];
  const float scale = target < 0 || target >= width ? 0.0f : g;
  const float even = static_cast<float>(smoothing / width);
  const float hit = static_cast<float>(1.0 - smoothing);
  const float log_sum = row_log_sum * LOG2_E;
  T* to = out + first;
  const bool alike = reinterpret_cast<uint64_t>(to) % 16 == reinterpret_cast<uint64_t>(row.at) % 16;
  row.each([&](int64_t i, int count, const float(&v)[Row<T>::EACH]) {
    float d[Row<T>::EACH];
#pragma unroll
    for (int e = 0; e < Row<T>::EACH; e++) {
      const float share = exp2_approx(fmaf(v[e], LOG2_E, -log_sum));
      d[e] = scale == 0.0f ? 0.0f : scale * (share - even - (i + e == target ? hit : 0.0f));
    }
    if (alike) {
      row.put(i, count, d, to);
    } else {
#pragma unroll
      for (int e = 0; e < Row<T>::EACH; e++) {
        if (e < count) store(to + i + e, d[e]);
      }
    }
  });
}

#define CROSS_ENTROPY(T, NAME)                                                                  \
  extern "C" __global__ void __launch_bounds__(512)                                             \
      cross_entropy_##NAME(const T* logits, const int32_t* targets, float* losses,              \
                           float* log_sums, double smoothing, int64_t width) {                  \
    loss(logits, targets, losses, log_sums, smoothing, width);                                  \
  }                                                                                             \
  extern "C" __global__ void __launch_bounds__(512)                                             \
      cross_entropy_gradient_##NAME(T* logits, const int32_t* targets, const float* log_sums,   \
                                    const float* g, T* out, double smoothing, int64_t width) {  \
    gradient(logits, targets, log_sums[blockIdx.x], g[blockIdx.x], out, smoothing, width);      \
  }                                                                                             \
  extern "C" __global__ void __launch_bounds__(512, 3)                                          \
      cross_entropy_both_##NAME(T* logits, const int32_t* targets, float* losses,               \
                                float* log_sums, const float* g, double smoothing,              \
                                int64_t width) {                                                \
    const float log_sum =                                                                       \
        loss<T>(logits, targets, losses, log_sums, smoothing, width);                           \
    __syncthreads();                                                                            \
    gradient(logits, targets, log_sum, *g, logits, smoothing, width);                           \
  }

CROSS_ENTROPY(float, f32)
CROSS_ENTROPY(bf16, bf16)
