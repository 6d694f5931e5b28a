// Products of groups of rows, each by a matrix of its own, for any extents and both dtypes: by tiles
// in shared memory, and for a few rows by reading each matrix once.

#include "groups.cuh"

constexpr int EDGE = 64;
constexpr int DEEP = 16;
constexpr int OWN = 4;
constexpr int THREADS = EDGE * EDGE / (OWN * OWN);

// EDGE by EDGE of Σ_k a(m, k) b(n, k), summed in the order of k.
template <typename A, typename B, typename Put>
__device__ __forceinline__ void plain_product(A a, B b, int64_t depth, Put put) {
  __shared__ float s_a[DEEP][EDGE + 4];
  __shared__ float s_b[DEEP][EDGE + 4];
  const int tm = threadIdx.x / (EDGE / OWN) * OWN;
  const int tn = threadIdx.x % (EDGE / OWN) * OWN;
  float sums[OWN][OWN] = {};
  for (int64_t from = 0; from < depth; from += DEEP) {
    for (int i = threadIdx.x; i < EDGE * DEEP; i += THREADS) {
      s_a[i % DEEP][i / DEEP] = from + i % DEEP < depth ? a(i / DEEP, from + i % DEEP) : 0.0f;
      s_b[i % DEEP][i / DEEP] = from + i % DEEP < depth ? b(i / DEEP, from + i % DEEP) : 0.0f;
    }
    __syncthreads();
#pragma unroll
    for (int k = 0; k < DEEP; k++) {
      const float4 left = *reinterpret_cast<const float4*>(&s_a[k][tm]);
      const float4 right = *reinterpret_cast<const float4*>(&s_b[k][tn]);
      const float l[OWN] = {left.x, left.y, left.z, left.w};
      const float r[OWN] = {right.x, right.y, right.z, right.w};
#pragma unroll
      for (int i = 0; i < OWN; i++) {
#pragma unroll
        for (int j = 0; j < OWN; j++) sums[i][j] = fmaf(l[i], r[j], sums[i][j]);
      }
    }
    __syncthreads();
  }
#pragma unroll
  for (int i = 0; i < OWN; i++) {
#pragma unroll
    for (int j = 0; j < OWN; j++) put(tm + i, tn + j, sums[i][j]);
  }
}

// y [rows, out] = x [rows, in] by w [groups, out, in], or across by w [groups, in, out].
template <typename T, bool ACROSS>
__device__ __forceinline__ void plain_rows(const T* x, const T* w, const int32_t* offsets,
                                           const float* bias, T* y, int64_t rows, int64_t in,
                                           int64_t out, int groups) {
  let_successor_begin();
  wait_for_predecessor();
  const ResultTile here = result_tile(offsets, groups, rows, EDGE, out, EDGE);
  const RowTile tile = here.rows;
  const int64_t first = here.column;
  if (tile.rows == 0) return;
  const bool grouped = tile.group < groups;
  const T* own = w + tile.group * in * out;
  plain_product(
      [&](int m, int64_t k) { return m < tile.rows ? load(x + (tile.row + m) * in + k) : 0.0f; },
      [&](int n, int64_t k) {
        const int64_t column = first + n;
        if (column >= out) return 0.0f;
        return load(own + (ACROSS ? k * out + column : column * in + k));
      },
      grouped ? in : 0,
      [&](int m, int n, float sum) {
        const int64_t column = first + n;
        if (m < tile.rows && column < out) {
          if (bias && grouped) sum += bias[tile.group * out + column];
          store(y + (tile.row + m) * out + column, sum);
        }
      });
}

// dw [groups, out, in] = Σ over a group's rows of dy [rows, out] and x [rows, in]. Grid: [tiles of
// in, tiles of out, groups].
template <typename T>
__device__ __forceinline__ void plain_weights(const T* x, const T* dy, const int32_t* offsets,
                                              T* dw, int64_t in, int64_t out) {
  const int64_t group = blockIdx.z;
  const int64_t row = offsets[group];
  const int64_t first_m = static_cast<int64_t>(blockIdx.y) * EDGE;
  const int64_t first_n = static_cast<int64_t>(blockIdx.x) * EDGE;
  plain_product(
      [&](int m, int64_t k) {
        return first_m + m < out ? load(dy + (row + k) * out + first_m + m) : 0.0f;
      },
      [&](int n, int64_t k) {
        return first_n + n < in ? load(x + (row + k) * in + first_n + n) : 0.0f;
      },
      offsets[group + 1] - row,
      [&](int m, int n, float sum) {
        if (first_m + m < out && first_n + n < in) {
          store(dw + (group * out + first_m + m) * in + first_n + n, sum);
        }
      });
}

// 16 bytes of elements as floats.
template <typename T>
struct Words;
template <>
struct Words<float> {
  static constexpr int COUNT = 4;
  static __device__ __forceinline__ void open(const uint4& w, float (&f)[COUNT]) {
    f[0] = __uint_as_float(w.x);
    f[1] = __uint_as_float(w.y);
    f[2] = __uint_as_float(w.z);
    f[3] = __uint_as_float(w.w);
  }
};
template <>
struct Words<bf16> {
  static constexpr int COUNT = 8;
  static __device__ __forceinline__ void open(const uint4& w, float (&f)[COUNT]) {
    const uint32_t pairs[4] = {w.x, w.y, w.z, w.w};
#pragma unroll
    for (int i = 0; i < 4; i++) {
      f[2 * i] = __uint_as_float(pairs[i] << 16);
      f[2 * i + 1] = __uint_as_float(pairs[i] & 0xffff0000u);
    }
  }
};

constexpr int FEW = 8;
constexpr int FEW_THREADS = 128;

// A word of a row, element by element where rows begin between words.
template <typename T>
__device__ __forceinline__ void open_word(const T* row, int64_t piece, bool words,
                                          float (&f)[Words<T>::COUNT]) {
  if (words) {
    Words<T>::open(reinterpret_cast<const uint4*>(row)[piece], f);
  } else {
#pragma unroll
    for (int i = 0; i < Words<T>::COUNT; i++) f[i] = load(row + piece * Words<T>::COUNT + i);
  }
}

// One matrix of each group, or the two of a SwiGLU channel: gate and up.
template <typename T, int MATRICES>
struct Matrices {
  const T* of[MATRICES];
  const float* bias[MATRICES];
};

// A warp has COLUMNS columns of y for ROWS rows of one group, and AHEAD words of each in flight.
template <typename T, int MATRICES, int ROWS, int COLUMNS, int AHEAD>
__device__ __forceinline__ void few_rows(const T* x, const Matrices<T, MATRICES>& w, T* y,
                                         int64_t in, int64_t out, int64_t column) {
  constexpr int COUNT = Words<T>::COUNT;
  constexpr int LINES = MATRICES * COLUMNS;
  const int lane = threadIdx.x % 32;
  float sums[ROWS][LINES] = {};
  const int64_t pieces = in / COUNT;
  const bool words_begin = reinterpret_cast<uintptr_t>(x) % sizeof(uint4) == 0;
  for (int64_t from = lane; from < pieces; from += 32 * AHEAD) {
    uint4 words[AHEAD][LINES];
#pragma unroll
    for (int a = 0; a < AHEAD; a++) {
#pragma unroll
      for (int l = 0; l < LINES; l++) {
        const int64_t piece = from + a * 32;
        const int64_t row = column + l % COLUMNS < out ? column + l % COLUMNS : out - 1;
        words[a][l] =
            piece < pieces
                ? reinterpret_cast<const uint4*>(w.of[l / COLUMNS] + row * in)[piece]
                : make_uint4(0, 0, 0, 0);
      }
    }
#pragma unroll
    for (int a = 0; a < AHEAD; a++) {
      const int64_t piece = from + a * 32;
      if (piece < pieces) {
        float f[LINES][COUNT];
#pragma unroll
        for (int l = 0; l < LINES; l++) Words<T>::open(words[a][l], f[l]);
#pragma unroll
        for (int r = 0; r < ROWS; r++) {
          float g[COUNT];
          open_word(x + r * in, piece, words_begin, g);
#pragma unroll
          for (int l = 0; l < LINES; l++) {
#pragma unroll
            for (int i = 0; i < COUNT; i++) sums[r][l] = fmaf(g[i], f[l][i], sums[r][l]);
          }
        }
      }
    }
  }
#pragma unroll
  for (int r = 0; r < ROWS; r++) {
#pragma unroll
    for (int l = 0; l < LINES; l++) {
#pragma unroll
      for (int distance = 16; distance > 0; distance /= 2) {
        sums[r][l] += __shfl_xor_sync(0xffffffffu, sums[r][l], distance);
      }
      const float* bias = w.bias[l / COLUMNS];
      const int64_t here = column + l % COLUMNS;
      if (bias && here < out) sums[r][l] += bias[here];
    }
#pragma unroll
    for (int c = 0; c < COLUMNS; c++) {
      float value = sums[r][c];
      if (MATRICES == 2) value = value / (1.0f + expf(-value)) * sums[r][LINES - COLUMNS + c];
      if (lane == 0 && column + c < out) store(y + r * out + column + c, value);
    }
  }
}

// A warp has COLUMNS columns of a tile; `in` comes in whole words.
template <typename T, int MATRICES, int COLUMNS, int AHEAD>
__device__ __forceinline__ void few(const T* x, Matrices<T, MATRICES> w, const int32_t* offsets,
                                    T* y, int64_t rows, int64_t in, int64_t out, int groups) {
  let_successor_begin();
  wait_for_predecessor();
  const ResultTile here =
      result_tile(offsets, groups, rows, FEW, out, FEW_THREADS / 32 * COLUMNS);
  const RowTile tile = here.rows;
  const int64_t column = here.column + threadIdx.x / 32 * COLUMNS;
  if (column >= out) return;
  if (tile.group == groups) {
    const int lane = threadIdx.x % 32;
    if (lane < tile.rows) {
      for (int c = 0; c < COLUMNS && column + c < out; c++) {
        store(y + (tile.row + lane) * out + column + c, 0.0f);
      }
    }
    return;
  }
#pragma unroll
  for (int m = 0; m < MATRICES; m++) {
    w.of[m] += tile.group * in * out;
    if (w.bias[m]) w.bias[m] += tile.group * out;
  }
  for (int done = 0; done < tile.rows;) {
    const int left = tile.rows - done;
    const T* from = x + (tile.row + done) * in;
    T* to = y + (tile.row + done) * out;
    if (left >= 8) {
      few_rows<T, MATRICES, 8, COLUMNS, AHEAD>(from, w, to, in, out, column);
      done += 8;
    } else if (left >= 4) {
      few_rows<T, MATRICES, 4, COLUMNS, AHEAD>(from, w, to, in, out, column);
      done += 4;
    } else if (left >= 2) {
      few_rows<T, MATRICES, 2, COLUMNS, AHEAD>(from, w, to, in, out, column);
      done += 2;
    } else {
      few_rows<T, MATRICES, 1, COLUMNS, AHEAD>(from, w, to, in, out, column);
      done += 1;
    }
  }
}

// db [groups, out] = Σ over a group's rows of dy, in the order of rows. Grid: [tiles of 32 columns,
// groups]; 32 by 8 threads.
template <typename T>
__device__ __forceinline__ void bias_gradient(const T* dy, const int32_t* offsets, float* db,
                                              int64_t out) {
  __shared__ float s_sums[8][33];
  const int lane = threadIdx.x % 32;
  const int part = threadIdx.x / 32;
  const int64_t group = blockIdx.y;
  const int64_t column = static_cast<int64_t>(blockIdx.x) * 32 + lane;
  float sum = 0.0f;
  for (int64_t row = offsets[group] + part; row < offsets[group + 1]; row += 8) {
    if (column < out) sum += load(dy + row * out + column);
  }
  s_sums[part][lane] = sum;
  __syncthreads();
  if (part == 0 && column < out) {
    for (int i = 1; i < 8; i++) sum += s_sums[i][lane];
    db[group * out + column] = sum;
  }
}

#define PLAIN(T, NAME)                                                                           \
  extern "C" __global__ void __launch_bounds__(THREADS) plain_forward_##NAME(                    \
      const T* x, const T* w, const int32_t* offsets, const float* bias, T* y, int64_t rows,     \
      int64_t in, int64_t out, int groups) {                                                     \
    plain_rows<T, false>(x, w, offsets, bias, y, rows, in, out, groups);                         \
  }                                                                                              \
  extern "C" __global__ void __launch_bounds__(THREADS) plain_backward_##NAME(                   \
      const T* x, const T* w, const int32_t* offsets, const float* bias, T* y, int64_t rows,     \
      int64_t in, int64_t out, int groups) {                                                     \
    plain_rows<T, true>(x, w, offsets, bias, y, rows, in, out, groups);                          \
  }                                                                                              \
  extern "C" __global__ void __launch_bounds__(THREADS)                                          \
      plain_weights_##NAME(const T* x, const T* dy, const int32_t* offsets, T* dw, int64_t in,   \
                           int64_t out) {                                                        \
    plain_weights<T>(x, dy, offsets, dw, in, out);                                               \
  }                                                                                              \
  extern "C" __global__ void __launch_bounds__(FEW_THREADS) few_forward_##NAME(                  \
      const T* x, const T* w, const int32_t* offsets, const float* bias, T* y, int64_t rows,     \
      int64_t in, int64_t out, int groups) {                                                     \
    few<T, 1, 2, 4>(x, {{w}, {bias}}, offsets, y, rows, in, out, groups);                              \
  }                                                                                              \
  extern "C" __global__ void __launch_bounds__(FEW_THREADS) few_swiglu_##NAME(                   \
      const T* x, const T* gate, const T* up, const int32_t* offsets, const float* gate_bias,    \
      const float* up_bias, T* y, int64_t rows, int64_t in, int64_t out, int groups) {           \
    few<T, 2, 1, 4>(x, {{gate, up}, {gate_bias, up_bias}}, offsets, y, rows, in, out, groups);   \
  }                                                                                              \
  extern "C" __global__ void __launch_bounds__(256)                                              \
      bias_gradient_##NAME(const T* dy, const int32_t* offsets, float* db, int64_t out) {        \
    bias_gradient<T>(dy, offsets, db, out);                                                      \
  }

PLAIN(float, f32)
PLAIN(bf16, bf16)
