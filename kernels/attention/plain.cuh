// Attention in float arithmetic, for any element type and any head width up to WIDTH. A block has
// ROWS rows of one head in shared memory and goes over tiles of the others. Eight neighbouring
// threads share a row.

#pragma once

#include "attention/visible.cuh"

constexpr int ROWS = 32;
constexpr int PLAIN_THREADS = 8 * ROWS;
constexpr float LOG2_E = 1.4426950408889634f;

// Rows [batch, length, heads, width] of one head.
template <typename T>
struct Rows {
  T* first;
  int64_t stride;  // elements from a row to the next
  int count;

  __device__ Rows(T* base, int64_t batch, int64_t head, int64_t heads, int length, int width)
      : first(base + (batch * length * heads + head) * width),
        stride(heads * width),
        count(length) {}
};

template <int WIDTH>
struct Tile {
  static constexpr int PITCH = WIDTH + 4;
  static constexpr int FLOATS = ROWS * PITCH;

  template <typename T>
  __device__ static void fill(float* tile, const Rows<const T>& rows, int from, int width) {
    for (int i = threadIdx.x; i < ROWS * WIDTH; i += PLAIN_THREADS) {
      const int r = i / WIDTH;
      const int d = i % WIDTH;
      const bool there = from + r < rows.count && d < width;
      tile[r * PITCH + d] = there ? load(rows.first + (from + r) * rows.stride + d) : 0.0f;
    }
  }

  // Products of this thread's row with its columns c, c + 8, c + 16 and c + 24 of another tile.
  __device__ static void dots(const float* mine, const float* others, float (&sums)[4]) {
    const float* row = mine + threadIdx.x / 8 * PITCH;
    const float* column = others + threadIdx.x % 8 * PITCH;
#pragma unroll
    for (int j = 0; j < 4; j++) sums[j] = 0.0f;
#pragma unroll 4
    for (int d = 0; d < WIDTH; d += 4) {
      const float4 a = *reinterpret_cast<const float4*>(row + d);
#pragma unroll
      for (int j = 0; j < 4; j++) {
        const float4 b = *reinterpret_cast<const float4*>(column + 8 * j * PITCH + d);
        sums[j] = fmaf(a.x, b.x, fmaf(a.y, b.y, fmaf(a.z, b.z, fmaf(a.w, b.w, sums[j]))));
      }
    }
  }

  // Adds this thread's row of weights times a tile: its features 4·c to 4·c + 3 of every 32.
  __device__ static void add_weighted(const float* weights, const float* tile,
                                      float (&sums)[WIDTH / 8]) {
    const int c = threadIdx.x % 8;
    const float* mine = weights + threadIdx.x / 8 * (ROWS + 1);
#pragma unroll 2
    for (int n = 0; n < ROWS; n++) {
      const float weight = mine[n];
      const float* from = tile + n * PITCH + 4 * c;
#pragma unroll
      for (int j = 0; j < WIDTH / 32; j++) {
        const float4 b = *reinterpret_cast<const float4*>(from + 32 * j);
        sums[4 * j] = fmaf(weight, b.x, sums[4 * j]);
        sums[4 * j + 1] = fmaf(weight, b.y, sums[4 * j + 1]);
        sums[4 * j + 2] = fmaf(weight, b.z, sums[4 * j + 2]);
        sums[4 * j + 3] = fmaf(weight, b.w, sums[4 * j + 3]);
      }
    }
  }

  template <typename T>
  __device__ static void write(const Rows<T>& rows, int row, int width,
                               const float (&sums)[WIDTH / 8], float factor) {
    if (row >= rows.count) return;
    T* out = rows.first + row * rows.stride;
#pragma unroll
    for (int i = 0; i < WIDTH / 8; i++) {
      const int d = 32 * (i / 4) + 4 * (threadIdx.x % 8) + i % 4;
      if (d < width) store(out + d, factor == 0.0f ? 0.0f : sums[i] * factor);
    }
  }
};

__device__ __forceinline__ float max_of_row(float value) {
#pragma unroll
  for (int lane = 4; lane > 0; lane /= 2) {
    value = fmaxf(value, __shfl_xor_sync(0xffffffffu, value, lane));
  }
  return value;
}

__device__ __forceinline__ float sum_of_row(float value) {
#pragma unroll
  for (int lane = 4; lane > 0; lane /= 2) value += __shfl_xor_sync(0xffffffffu, value, lane);
  return value;
}

// T of queries and outputs, C of keys and values. `logs` [batch, heads, length] gets the base-2
// logarithm of each row's sum of exponentials, +∞ where it sees nothing; null if not wanted.
template <typename T, typename C, int WIDTH, typename Sight>
__device__ __forceinline__ void plain_forward(const T* q, const C* k, const C* v, T* out,
                                              float* logs, const Sight& sight, int keys,
                                              int heads, int group, int width, float scale) {
  using Tiles = Tile<WIDTH>;
  extern __shared__ __align__(16) float shared[];
  float* queries = shared;
  float* others = queries + Tiles::FLOATS;
  float* weights = others + Tiles::FLOATS;
  const int64_t head = blockIdx.y;
  const int64_t batch = blockIdx.z;
  const int first = blockIdx.x * ROWS;
  const int row = threadIdx.x / 8;
  const int column = threadIdx.x % 8;
  const float scale_log2 = scale * LOG2_E;

  const Rows<const T> q_rows(q, batch, head, heads, sight.length, width);
  Rows<const C> k_rows(k, batch, head / group, heads / group, keys, width);
  Rows<const C> v_rows(v, batch, head / group, heads / group, keys, width);
  const Stretch mine = sight.keys_of(batch, first + row);
  const Stretch any = seen_by_block(mine).any;
  // What lies behind in a cache was never written.
  k_rows.count = min(keys, any.to);
  v_rows.count = min(keys, any.to);
  Tiles::fill(queries, q_rows, first, width);

  float sums[WIDTH / 8] = {};
  float most = -INFINITY;
  float total = 0.0f;
  for (int from = any.from / ROWS * ROWS; from < any.to; from += ROWS) {
    __syncthreads();
    Tiles::fill(others, k_rows, from, width);
    __syncthreads();
    float scores[4];
    Tiles::dots(queries, others, scores);
    float here = -INFINITY;
#pragma unroll
    for (int j = 0; j < 4; j++) {
      scores[j] = mine.has(from + column + 8 * j) ? scores[j] * scale_log2 : -INFINITY;
      here = fmaxf(here, scores[j]);
    }
    const float next = fmaxf(most, max_of_row(here));
    const float base = next == -INFINITY ? 0.0f : next;
    const float shrink = exp2f(most - base);
    most = next;
    float added = 0.0f;
#pragma unroll
    for (int j = 0; j < 4; j++) {
      const float weight = exp2f(scores[j] - base);
      weights[row * (ROWS + 1) + column + 8 * j] = weight;
      added += weight;
    }
    total = total * shrink + sum_of_row(added);
#pragma unroll
    for (int i = 0; i < WIDTH / 8; i++) sums[i] *= shrink;
    __syncthreads();
    Tiles::fill(others, v_rows, from, width);
    __syncthreads();
    Tiles::add_weighted(weights, others, sums);
  }
  const Rows<T> out_rows(out, batch, head, heads, sight.length, width);
  Tiles::write(out_rows, first + row, width, sums, total > 0.0f ? 1.0f / total : 0.0f);
  if (logs && column == 0 && first + row < sight.length) {
    logs[(batch * heads + head) * sight.length + first + row] =
        total > 0.0f ? most + log2f(total) : INFINITY;
  }
}

// delta [batch, heads, length]: each row's product of output and its gradient. Sixteen lanes take a
// row, 16 bytes at once where addresses allow.
template <typename T>
__device__ __forceinline__ void plain_delta(const T* out, const T* gradient, float* delta,
                                            int length, int heads, int width, int64_t rows) {
  constexpr int EACH = 16 / sizeof(T);
  const int64_t row = (static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x) / 16;
  const int lane = threadIdx.x % 16;
  const T* a = out + row * width;
  const T* b = gradient + row * width;
  const auto bits = reinterpret_cast<uintptr_t>(out) | reinterpret_cast<uintptr_t>(gradient);
  float sum = 0.0f;
  if (row < rows && width % EACH == 0 && bits % 16 == 0) {
    for (int d = lane * EACH; d < width; d += 16 * EACH) {
      const uint4 left = *reinterpret_cast<const uint4*>(a + d);
      const uint4 right = *reinterpret_cast<const uint4*>(b + d);
#pragma unroll
      for (int e = 0; e < EACH; e++) {
        sum = fmaf(load(reinterpret_cast<const T*>(&left) + e),
                   load(reinterpret_cast<const T*>(&right) + e), sum);
      }
    }
  } else if (row < rows) {
    for (int d = lane; d < width; d += 16) sum = fmaf(load(a + d), load(b + d), sum);
  }
#pragma unroll
  for (int across = 8; across > 0; across /= 2) {
    sum += __shfl_xor_sync(0xffffffffu, sum, across);
  }
  if (lane == 0 && row < rows) {
    const int64_t head = row % heads;
    const int64_t token = row / heads;
    delta[(token / length * heads + head) * length + token % length] = sum;
  }
}

template <typename T>
struct Gradients {
  const T* q;
  const T* k;
  const T* v;
  const T* out;  // of the output
  const float* logs;
  const float* delta;
  T* of_q;
  T* of_k;
  T* of_v;
};

// Gradients of the keys and values of a block's rows, over the queries that see them.
template <typename T, int WIDTH>
__device__ __forceinline__ void plain_backward_keys(const Gradients<T>& g, const Visible& sight,
                                                    int heads, int group, int width,
                                                    float scale) {
  using Tiles = Tile<WIDTH>;
  extern __shared__ __align__(16) float shared[];
  float* keys = shared;
  float* values = keys + Tiles::FLOATS;
  float* queries = values + Tiles::FLOATS;
  float* outs = queries + Tiles::FLOATS;
  float* weights = outs + Tiles::FLOATS;
  float* slopes = weights + ROWS * (ROWS + 1);
  const int64_t kv_heads = heads / group;
  const int64_t kv_head = blockIdx.y;
  const int64_t batch = blockIdx.z;
  const int first = blockIdx.x * ROWS;
  const int row = threadIdx.x / 8;
  const int column = threadIdx.x % 8;
  const int length = sight.length;

  const Stretch mine = sight.queries_of(batch, first + row);
  const Stretch any = seen_by_block(mine).any;
  Tiles::fill(keys, Rows<const T>(g.k, batch, kv_head, kv_heads, length, width), first, width);
  Tiles::fill(values, Rows<const T>(g.v, batch, kv_head, kv_heads, length, width), first, width);
  float of_k[WIDTH / 8] = {};
  float of_v[WIDTH / 8] = {};
  for (int64_t head = kv_head * group; head < (kv_head + 1) * group; head++) {
    const Rows<const T> q_rows(g.q, batch, head, heads, length, width);
    const Rows<const T> out_rows(g.out, batch, head, heads, length, width);
    const int64_t statistics = (batch * heads + head) * length;
    for (int from = any.from / ROWS * ROWS; from < any.to; from += ROWS) {
      __syncthreads();
      Tiles::fill(queries, q_rows, from, width);
      Tiles::fill(outs, out_rows, from, width);
      __syncthreads();
      float scores[4];
      float products[4];
      Tiles::dots(keys, queries, scores);
      Tiles::dots(values, outs, products);
#pragma unroll
      for (int j = 0; j < 4; j++) {
        const int query = from + column + 8 * j;
        float weight = 0.0f;
        float slope = 0.0f;
        if (mine.has(query)) {
          weight = exp2f(scores[j] * scale * LOG2_E - g.logs[statistics + query]);
          slope = weight * (products[j] - g.delta[statistics + query]);
        }
        weights[row * (ROWS + 1) + column + 8 * j] = weight;
        slopes[row * (ROWS + 1) + column + 8 * j] = slope;
      }
      __syncthreads();
      Tiles::add_weighted(weights, outs, of_v);
      Tiles::add_weighted(slopes, queries, of_k);
    }
  }
  const Rows<T> k_rows(g.of_k, batch, kv_head, kv_heads, length, width);
  const Rows<T> v_rows(g.of_v, batch, kv_head, kv_heads, length, width);
  if (g.of_k) Tiles::write(k_rows, first + row, width, of_k, scale);
  if (g.of_v) Tiles::write(v_rows, first + row, width, of_v, 1.0f);
}

// Gradients of the queries of a block's rows, over the keys that they see. With DELTA each row's
// delta is found first, from unrounded weights, and written for the gradients of keys: that of a
// rounded output would not cancel where few keys are seen.
template <typename T, int WIDTH, bool DELTA>
__device__ __forceinline__ void plain_backward_queries(const Gradients<T>& g, float* deltas,
                                                       const Visible& sight, int heads,
                                                       int group, int width, float scale) {
  using Tiles = Tile<WIDTH>;
  extern __shared__ __align__(16) float shared[];
  float* queries = shared;
  float* outs = queries + Tiles::FLOATS;
  float* keys = outs + Tiles::FLOATS;
  float* values = keys + Tiles::FLOATS;
  float* slopes = values + Tiles::FLOATS;
  const int64_t kv_heads = heads / group;
  const int64_t head = blockIdx.y;
  const int64_t batch = blockIdx.z;
  const int first = blockIdx.x * ROWS;
  const int row = threadIdx.x / 8;
  const int column = threadIdx.x % 8;
  const int length = sight.length;

  const Stretch mine = sight.keys_of(batch, first + row);
  const Stretch any = seen_by_block(mine).any;
  Tiles::fill(queries, Rows<const T>(g.q, batch, head, heads, length, width), first, width);
  Tiles::fill(outs, Rows<const T>(g.out, batch, head, heads, length, width), first, width);
  const Rows<const T> k_rows(g.k, batch, head / group, kv_heads, length, width);
  const Rows<const T> v_rows(g.v, batch, head / group, kv_heads, length, width);
  const bool there = first + row < length;
  const int64_t statistics = (batch * heads + head) * length + first + row;
  const float log = there ? g.logs[statistics] : INFINITY;
  float delta = there && !DELTA ? deltas[statistics] : 0.0f;

  // Weights of four keys, and the products that their slopes come from.
  auto weigh = [&](int from, float (&weights)[4], float (&products)[4]) {
    __syncthreads();
    Tiles::fill(keys, k_rows, from, width);
    Tiles::fill(values, v_rows, from, width);
    __syncthreads();
    Tiles::dots(queries, keys, weights);
    Tiles::dots(outs, values, products);
#pragma unroll
    for (int j = 0; j < 4; j++) {
      const bool sees = mine.has(from + column + 8 * j);
      weights[j] = sees ? exp2f(weights[j] * scale * LOG2_E - log) : 0.0f;
    }
  };
  float weights[4];
  float products[4];
  if constexpr (DELTA) {
    for (int from = any.from / ROWS * ROWS; from < any.to; from += ROWS) {
      weigh(from, weights, products);
#pragma unroll
      for (int j = 0; j < 4; j++) delta = fmaf(weights[j], products[j], delta);
    }
    delta = sum_of_row(delta);
    if (there && column == 0) deltas[statistics] = delta;
  }
  float sums[WIDTH / 8] = {};
  for (int from = any.from / ROWS * ROWS; from < any.to; from += ROWS) {
    weigh(from, weights, products);
#pragma unroll
    for (int j = 0; j < 4; j++) {
      slopes[row * (ROWS + 1) + column + 8 * j] = weights[j] * (products[j] - delta);
    }
    __syncthreads();
    Tiles::add_weighted(slopes, keys, sums);
  }
  if (g.of_q) {
    Tiles::write(Rows<T>(g.of_q, batch, head, heads, length, width), first + row, width, sums,
                 scale);
  }
}
