// Functions of single elements, over equal or broadcast shapes.

#include "common/tensor.cuh"

// The numbers are those of FunctionCodes.
enum UnaryFunction {
  EXP, LOG, SQRT, RECIPROCAL, SQUARE, ABS, SIN, COS, TANH, SIGMOID, RELU, SILU, GELU, GELU_TANH,
  SOFTPLUS
};

enum BinaryFunction { ADD, SUBTRACT, MULTIPLY, DIVIDE, MAXIMUM, MINIMUM };

enum ComparisonFunction { EQUAL, LESS, LESS_OR_EQUAL, GREATER, GREATER_OR_EQUAL };

constexpr float INVERSE_SQRT_2_PI = 0.39894228040143268f;
constexpr float GELU_LINEAR = 1.5957691216057308f;
constexpr float GELU_CUBIC = GELU_LINEAR * 0.044715f;

__device__ __forceinline__ float sigmoid(float x) { return 1.0f / (1.0f + expf(-x)); }
__device__ __forceinline__ float quick_silu(float x) { return __fdividef(x, 1.0f + __expf(-x)); }
__device__ __forceinline__ float normal(float x) { return normcdff(x); }

// These are calls: what is inlined for every element of a pack, with its slow paths, is large.
__device__ __noinline__ float apply(int function, float x) {
  switch (function) {
    case EXP: return expf(x);
    case LOG: return logf(x);
    case SQRT: return sqrtf(x);
    case RECIPROCAL: return 1.0f / x;
    case SQUARE: return x * x;
    case ABS: return fabsf(x);
    case SIN: return sinf(x);
    case COS: return cosf(x);
    case TANH: return tanhf(x);
    case SIGMOID: return sigmoid(x);
    case RELU: return fmaxf(x, 0.0f);
    case SILU: return x * sigmoid(x);
    case GELU: return x * normal(x);
    case GELU_TANH: return x * sigmoid(x * (GELU_LINEAR + GELU_CUBIC * x * x));
    default: return fmaxf(x, 0.0f) + log1pf(expf(-fabsf(x)));
  }
}

__device__ __noinline__ float slope(int function, float x) {
  switch (function) {
    case EXP: return expf(x);
    case LOG: return 1.0f / x;
    case SQRT: return 0.5f / sqrtf(x);
    case RECIPROCAL: return -1.0f / (x * x);
    case SQUARE: return 2.0f * x;
    case ABS: return x > 0.0f ? 1.0f : (x < 0.0f ? -1.0f : 0.0f);
    case SIN: return cosf(x);
    case COS: return -sinf(x);
    case TANH: { const float t = tanhf(x); return 1.0f - t * t; }
    case SIGMOID: return sigmoid(x) * sigmoid(-x);
    case RELU: return x > 0.0f ? 1.0f : 0.0f;
    case SILU: return sigmoid(x) * (1.0f + x * sigmoid(-x));
    case GELU: return normal(x) + x * expf(-0.5f * x * x) * INVERSE_SQRT_2_PI;
    case GELU_TANH: {
      const float u = x * (GELU_LINEAR + GELU_CUBIC * x * x);
      return sigmoid(u) * (1.0f + x * (GELU_LINEAR + 3.0f * GELU_CUBIC * x * x) * sigmoid(-u));
    }
    default: return sigmoid(x);
  }
}

template <typename T>
__device__ __forceinline__ T combine(int function, T a, T b) {
  switch (function) {
    case ADD: return a + b;
    case SUBTRACT: return a - b;
    case MULTIPLY: return a * b;
    case DIVIDE: return a / b;
    case MAXIMUM: return a > b ? a : b;
    default: return a < b ? a : b;
  }
}

// A maximum or minimum with a NaN is NaN, as on the CPU.
template <>
__device__ __forceinline__ float combine(int function, float a, float b) {
  switch (function) {
    case ADD: return a + b;
    case SUBTRACT: return a - b;
    case MULTIPLY: return a * b;
    case DIVIDE: return a / b;
    case MAXIMUM: return a > b || isnan(a) ? a : b;
    default: return a < b || isnan(a) ? a : b;
  }
}

template <typename T>
__device__ __forceinline__ bool holds(int comparison, T a, T b) {
  switch (comparison) {
    case EQUAL: return a == b;
    case LESS: return a < b;
    case LESS_OR_EQUAL: return a <= b;
    case GREATER: return a > b;
    default: return a >= b;
  }
}

// Floats are computed in float; whole numbers as they are.
template <typename T>
struct Number {
  using type = T;
  __device__ static T get(const T* p) { return *p; }
  __device__ static void set(T* p, T v) { *p = v; }
};
template <>
struct Number<bf16> {
  using type = float;
  __device__ static float get(const bf16* p) { return __bfloat162float(*p); }
  __device__ static void set(bf16* p, float v) { *p = __float2bfloat16(v); }
};

// Neighbouring elements, 16 bytes of the smaller type of those that a kernel reads and writes.
template <typename T, int N>
struct alignas(16) Pack {
  T elements[N];
};

// What models are made of is worth packs; whole numbers are few.
template <typename T>
constexpr bool packed = false;
template <>
constexpr bool packed<float> = true;
template <>
constexpr bool packed<bf16> = true;

template <typename... P>
__device__ __forceinline__ bool aligned(const P*... p) {
  return ((reinterpret_cast<uint64_t>(p) | ...) & 15) == 0;
}

// out[i] = f(a[i]) for n elements, in packs where all lie at multiples of 16 bytes.
template <typename T, typename U, typename F>
__device__ __forceinline__ void map(const T* a, U* out, int64_t n, F f) {
  int64_t done = 0;
  if constexpr (packed<T> && packed<U>) {
    constexpr int N = 16 / (sizeof(T) < sizeof(U) ? sizeof(T) : sizeof(U));
    const int64_t packs = aligned(a, out) ? n / N : 0;
    GRID_LOOP(i, packs) {
      const Pack<T, N> x = reinterpret_cast<const Pack<T, N>*>(a)[i];
      Pack<U, N> y;
#pragma unroll
      for (int e = 0; e < N; e++) y.elements[e] = f(x.elements[e]);
      reinterpret_cast<Pack<U, N>*>(out)[i] = y;
    }
    done = packs * N;
  }
  GRID_LOOP(i, n - done) out[done + i] = f(a[done + i]);
}

// out[i] = f(a[i], b[i]) likewise.
template <typename T, typename F>
__device__ __forceinline__ void map(const T* a, const T* b, T* out, int64_t n, F f) {
  int64_t done = 0;
  if constexpr (packed<T>) {
    constexpr int N = 16 / sizeof(T);
    const int64_t packs = aligned(a, b, out) ? n / N : 0;
    GRID_LOOP(i, packs) {
      const Pack<T, N> x = reinterpret_cast<const Pack<T, N>*>(a)[i];
      const Pack<T, N> y = reinterpret_cast<const Pack<T, N>*>(b)[i];
      Pack<T, N> z;
#pragma unroll
      for (int e = 0; e < N; e++) z.elements[e] = f(x.elements[e], y.elements[e]);
      reinterpret_cast<Pack<T, N>*>(out)[i] = z;
    }
    done = packs * N;
  }
  GRID_LOOP(i, n - done) out[done + i] = f(a[done + i], b[done + i]);
}

// A number in the type of elements.
template <typename T>
__device__ __forceinline__ T element(typename Number<T>::type value) {
  T e;
  Number<T>::set(&e, value);
  return e;
}

template <typename T>
__device__ __forceinline__ void binary(int function, const T* a, const T* b, T* out,
                                       const Walk& walk, int flat, int64_t n) {
  using N = Number<T>;
  auto one = [&](const T& x, const T& y) {
    T z;
    N::set(&z, combine<typename N::type>(function, N::get(&x), N::get(&y)));
    return z;
  };
  // Sums and products are the ones that large tensors meet in.
  if (flat && function == ADD) {
    map(a, b, out, n, [](const T& x, const T& y) { return element<T>(N::get(&x) + N::get(&y)); });
  } else if (flat && function == MULTIPLY) {
    map(a, b, out, n, [](const T& x, const T& y) { return element<T>(N::get(&x) * N::get(&y)); });
  } else {
    GRID_LOOP(i, n) {
      int64_t at[2] = {i, i};
      if (!flat) offsets<2>(walk, i, at);
      out[i] = one(a[at[0]], b[at[1]]);
    }
  }
}

template <typename T>
__device__ __forceinline__ void compare(int comparison, const T* a, const T* b, uint8_t* out,
                                        const Walk& walk, int64_t n) {
  using N = Number<T>;
  GRID_LOOP(i, n) {
    int64_t at[2];
    offsets<2>(walk, i, at);
    out[i] = holds<typename N::type>(comparison, N::get(a + at[0]), N::get(b + at[1])) ? 1 : 0;
  }
}

#define FLOATING(T, NAME)                                                                       \
  extern "C" __global__ void unary_##NAME(int function, const T* x, T* out, int64_t n) {        \
    if (function == SILU) {                                                                     \
      map(x, out, n, [](const T& v) { return element<T>(quick_silu(load(&v))); });              \
    } else {                                                                                    \
      map(x, out, n, [&](const T& v) { return element<T>(apply(function, load(&v))); });        \
    }                                                                                           \
  }                                                                                             \
  extern "C" __global__ void unary_gradient_##NAME(int function, const T* x, const T* gradient, \
                                                   T* out, int64_t n) {                         \
    map(x, gradient, out, n, [&](const T& v, const T& g) {                                      \
      return element<T>(load(&g) * slope(function, load(&v)));                                  \
    });                                                                                         \
  }                                                                                             \
  extern "C" __global__ void accumulate_##NAME(T* target, const T* x, int64_t n) {              \
    map(target, x, target, n,                                                                   \
        [](const T& a, const T& b) { return element<T>(load(&a) + load(&b)); });                \
  }

#define NUMERIC(T, NAME)                                                                        \
  extern "C" __global__ void affine_##NAME(const T* x, double scale, double shift, T* out,      \
                                           int64_t n) {                                         \
    using N = Number<T>;                                                                        \
    using C = typename N::type;                                                                 \
    const C by = static_cast<C>(scale);                                                         \
    const C plus = static_cast<C>(shift);                                                       \
    map(x, out, n, [&](const T& v) { return element<T>(N::get(&v) * by + plus); });             \
  }                                                                                             \
  extern "C" __global__ void binary_##NAME(int function, const T* a, const T* b, T* out,        \
                                           Walk walk, int flat, int64_t n) {                    \
    binary(function, a, b, out, walk, flat, n);                                                 \
  }                                                                                             \
  extern "C" __global__ void compare_##NAME(int comparison, const T* a, const T* b,             \
                                            uint8_t* out, Walk walk, int64_t n) {               \
    compare(comparison, a, b, out, walk, n);                                                    \
  }                                                                                             \
  extern "C" __global__ void where_##NAME(const uint8_t* mask, const T* a, const T* b, T* out,  \
                                          Walk walk, int64_t n) {                               \
    GRID_LOOP(i, n) {                                                                           \
      int64_t at[3];                                                                            \
      offsets<3>(walk, i, at);                                                                  \
      out[i] = mask[at[0]] ? a[at[1]] : b[at[2]];                                               \
    }                                                                                           \
  }                                                                                             \
  extern "C" __global__ void fill_##NAME(double value, T* out, int64_t n) {                     \
    using C = typename Number<T>::type;                                                         \
    GRID_LOOP(i, n) Number<T>::set(out + i, static_cast<C>(value));                             \
  }                                                                                             \
  extern "C" __global__ void count_##NAME(T* out, int64_t n) {                                  \
    using C = typename Number<T>::type;                                                         \
    GRID_LOOP(i, n) Number<T>::set(out + i, static_cast<C>(i));                                 \
  }                                                                                             \
  OTHER_CASTS_##NAME

#define CAST(T, NAME, U, TO)                                                                    \
  extern "C" __global__ void cast_##NAME##_##TO(const T* x, U* out, int64_t n) {                \
    using C = typename Number<U>::type;                                                         \
    map(x, out, n, [](const T& v) { return element<U>(static_cast<C>(Number<T>::get(&v))); });  \
  }

#define OTHER_CASTS_f32                                                                         \
  CAST(float, f32, bf16, bf16)                                                                  \
  CAST(float, f32, int32_t, i32)                                                                \
  CAST(float, f32, int64_t, i64)                                                                \
  CAST(float, f32, uint8_t, u8)
#define OTHER_CASTS_bf16                                                                        \
  CAST(bf16, bf16, float, f32)                                                                  \
  CAST(bf16, bf16, int32_t, i32)                                                                \
  CAST(bf16, bf16, int64_t, i64)                                                                \
  CAST(bf16, bf16, uint8_t, u8)
#define OTHER_CASTS_i32                                                                         \
  CAST(int32_t, i32, float, f32)                                                                \
  CAST(int32_t, i32, bf16, bf16)                                                                \
  CAST(int32_t, i32, int64_t, i64)                                                              \
  CAST(int32_t, i32, uint8_t, u8)
#define OTHER_CASTS_i64                                                                         \
  CAST(int64_t, i64, float, f32)                                                                \
  CAST(int64_t, i64, bf16, bf16)                                                                \
  CAST(int64_t, i64, int32_t, i32)                                                              \
  CAST(int64_t, i64, uint8_t, u8)
#define OTHER_CASTS_u8                                                                          \
  CAST(uint8_t, u8, float, f32)                                                                 \
  CAST(uint8_t, u8, bf16, bf16)                                                                 \
  CAST(uint8_t, u8, int32_t, i32)                                                               \
  CAST(uint8_t, u8, int64_t, i64)

FLOATING(float, f32)
FLOATING(bf16, bf16)
NUMERIC(float, f32)
NUMERIC(bf16, bf16)
NUMERIC(int32_t, i32)
NUMERIC(int64_t, i64)
NUMERIC(uint8_t, u8)

// Philox 4x32-10 (Salmon, Moraes, Dror and Shaw, SC 2011), keyed as on the CPU.
__device__ __forceinline__ float philox_uniform(uint32_t c0, uint32_t c1, uint32_t c2, uint32_t c3,
                                                uint64_t key) {
  uint32_t k0 = static_cast<uint32_t>(key);
  uint32_t k1 = static_cast<uint32_t>(key >> 32);
#pragma unroll
  for (int round = 0; round < 10; round++) {
    const uint64_t p0 = static_cast<uint64_t>(0xD2511F53u) * c0;
    const uint64_t p1 = static_cast<uint64_t>(0xCD9E8D57u) * c2;
    c0 = static_cast<uint32_t>(p1 >> 32) ^ c1 ^ k0;
    c1 = static_cast<uint32_t>(p1);
    c2 = static_cast<uint32_t>(p0 >> 32) ^ c3 ^ k1;
    c3 = static_cast<uint32_t>(p0);
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  return (c0 >> 8) * 0x1p-24f;
}

#define DROPOUT(T, NAME)                                                                        \
  extern "C" __global__ void dropout_##NAME(const T* x, const int64_t* clock, T* out,           \
                                            double rate, int key, Walk walk, int64_t n) {       \
    const uint64_t seed = static_cast<uint64_t>(clock[0]);                                      \
    const uint64_t step = static_cast<uint64_t>(clock[1]);                                      \
    const float scale = static_cast<float>(1.0 / (1.0 - rate));                                 \
    GRID_LOOP(i, n) {                                                                           \
      int64_t at[1];                                                                            \
      offsets<1>(walk, i, at);                                                                  \
      const float draw = philox_uniform(static_cast<uint32_t>(at[0]),                           \
                                        static_cast<uint32_t>(at[0] >> 32),                     \
                                        static_cast<uint32_t>(step),                            \
                                        static_cast<uint32_t>(key),                             \
                                        seed ^ ((step >> 32) << 48));                           \
      store(out + i, draw >= rate ? scale * load(x + i) : 0.0f);                                \
    }                                                                                           \
  }

DROPOUT(float, f32)
DROPOUT(bf16, bf16)
