#include "common/tensor.cuh"

constexpr int MAX_HALF = 256;
constexpr int TABLE = 512;  // cosines and sines that a block has room for

// Whole turns a position for each pair of features. In double: a far position is many turns, of
// which only the fraction matters.
struct Frequencies {
  double turns[MAX_HALF];
};

struct Tokens {
  const int32_t* positions;  // [batch, length], or null for 0 to length − 1
  const int32_t* offsets;    // [batch], or null
  int64_t length;

  __device__ int64_t position(int64_t token) const {
    const int64_t place = positions ? positions[token] : token % length;
    return offsets ? place + offsets[token / length] : place;
  }
};

template <typename T, int EACH>
struct alignas(EACH * sizeof(T)) Features {
  T element[EACH];
};

// A block turns all heads of `held` neighbouring tokens: angles first, into shared memory, then
// EACH features and their partners a thread.
template <typename T, int EACH>
__device__ __forceinline__ void turn(const T* x, T* out, const Tokens& tokens, int64_t count,
                                     int held, int heads, int half, float direction,
                                     const Frequencies& frequencies) {
  __shared__ float2 table[TABLE];
  const int64_t first = static_cast<int64_t>(blockIdx.x) * held;
  const int mine = static_cast<int>(count - first < held ? count - first : held);
  for (int i = threadIdx.x; i < mine * half; i += blockDim.x) {
    const double turns =
        static_cast<double>(tokens.position(first + i / half)) * frequencies.turns[i % half];
    const float fraction = static_cast<float>(turns - rint(turns));
    float2 angle;
    sincospif(2.0f * fraction, &angle.y, &angle.x);
    angle.y *= direction;
    table[i] = angle;
  }
  __syncthreads();
  const int across = half / EACH;
  const int64_t base = first * heads * 2 * half;
  for (int i = threadIdx.x; i < mine * heads * across; i += blockDim.x) {
    const int row = i / across;
    const int feature = (i - row * across) * EACH;
    const float2* angles = table + (row / heads) * half + feature;
    const int64_t at = base + static_cast<int64_t>(row) * 2 * half + feature;
    using F = Features<T, EACH>;
    const F a = *reinterpret_cast<const F*>(x + at);
    const F b = *reinterpret_cast<const F*>(x + at + half);
    F turned_a;
    F turned_b;
#pragma unroll
    for (int k = 0; k < EACH; k++) {
      const float2 angle = angles[k];
      const float p = load(&a.element[k]);
      const float q = load(&b.element[k]);
      store(&turned_a.element[k], p * angle.x - q * angle.y);
      store(&turned_b.element[k], q * angle.x + p * angle.y);
    }
    *reinterpret_cast<F*>(out + at) = turned_a;
    *reinterpret_cast<F*>(out + at + half) = turned_b;
  }
}

#define ROTARY(T, NAME, WIDE)                                                                 \
  extern "C" __global__ void rotary_##NAME(                                                   \
      const T* x, T* out, const int32_t* positions, const int32_t* offsets, int64_t length,   \
      int64_t count, int held, int heads, int half, float direction,                          \
      const Frequencies frequencies) {                                                        \
    const Tokens at{positions, offsets, length};                                              \
    const auto bits = reinterpret_cast<uintptr_t>(x) | reinterpret_cast<uintptr_t>(out);      \
    if (half % WIDE == 0 && bits % 16 == 0) {                                                 \
      turn<T, WIDE>(x, out, at, count, held, heads, half, direction, frequencies);            \
    } else {                                                                                  \
      turn<T, 1>(x, out, at, count, held, heads, half, direction, frequencies);               \
    }                                                                                         \
  }

ROTARY(float, f32, 4)
ROTARY(bf16, bf16, 8)
