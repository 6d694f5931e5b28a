// Grids, channels last: depthwise convolution, windows as rows, and the orders of a four-way scan.

#include "common/tensor.cuh"

// Some channels that are loaded and stored as one word.
template <typename T, int COUNT>
struct alignas(sizeof(T) * COUNT) Pack {
  T of[COUNT];
};

// Extents of a grid [batch, height, width, channels].
struct Grid {
  int64_t batch;
  int64_t height;
  int64_t width;
  int64_t channels;
};

// --- Depthwise convolution ---

constexpr int LANES = 32;
constexpr int ROWS = 8;

// y = bias + Σ of taps, or with the taps in reverse the gradient of x. Blocks of 32 by 8 threads:
// [packs of channels, positions]. SIZE is the taps of a side, 0 where only the launch knows.
template <typename T, int COUNT, int SIZE>
__device__ __forceinline__ void convolve(const T* x, const float* weight, const float* bias, T* y,
                                         const Grid& grid, int given, int reversed) {
  const int size = SIZE ? SIZE : given;
  const int64_t first = (static_cast<int64_t>(blockIdx.x) * LANES + threadIdx.x % LANES) * COUNT;
  if (first >= grid.channels) return;
  const int taps = size * size;
  const int64_t positions = grid.batch * grid.height * grid.width;
  using Word = Pack<T, COUNT>;
  for (int64_t p = static_cast<int64_t>(blockIdx.y) * ROWS + threadIdx.x / LANES; p < positions;
       p += static_cast<int64_t>(gridDim.y) * ROWS) {
    const int64_t row = p / grid.width;
    const int64_t i = row % grid.height;
    const int64_t j = p - row * grid.width;
    float sums[COUNT];
#pragma unroll
    for (int c = 0; c < COUNT; c++) sums[c] = bias ? bias[first + c] : 0.0f;
#pragma unroll
    for (int r = 0; r < size; r++) {
#pragma unroll
      for (int s = 0; s < size; s++) {
        const int64_t down = r - size / 2;
        const int64_t over = s - size / 2;
        if (i + down >= 0 && i + down < grid.height && j + over >= 0 && j + over < grid.width) {
          const int64_t from = p + down * grid.width + over;
          const Word word = *reinterpret_cast<const Word*>(x + from * grid.channels + first);
          const int tap = r * size + s;
#pragma unroll
          for (int c = 0; c < COUNT; c++) {
            const float w = weight[(first + c) * taps + (reversed ? taps - 1 - tap : tap)];
            sums[c] = fmaf(load(&word.of[c]), w, sums[c]);
          }
        }
      }
    }
    Word out;
#pragma unroll
    for (int c = 0; c < COUNT; c++) store(&out.of[c], sums[c]);
    *reinterpret_cast<Word*>(y + p * grid.channels + first) = out;
  }
}

#define CONVOLVE(T, NAME, COUNT, SIZE)                                                           \
  extern "C" __global__ void __launch_bounds__(LANES * ROWS) convolve_##NAME##_##COUNT##_##SIZE( \
      const T* x, const float* weight, const float* bias, T* y, Grid grid, int size,             \
      int reversed) {                                                                            \
    convolve<T, COUNT, SIZE>(x, weight, bias, y, grid, size, reversed);                          \
  }

#define CONVOLUTIONS(T, NAME) \
  CONVOLVE(T, NAME, 1, 0)     \
  CONVOLVE(T, NAME, 2, 0)     \
  CONVOLVE(T, NAME, 1, 3)     \
  CONVOLVE(T, NAME, 2, 3)

CONVOLUTIONS(float, f32)
CONVOLUTIONS(bf16, bf16)

// parts[chunk][tap][channel] = Σ over a chunk of positions of x at the tap times dy; the last tap is
// the bias. Grid: [tiles of 32 channels, chunks, taps + 1].
template <typename T>
__device__ __forceinline__ void convolution_parts(const T* x, const T* dy, float* parts,
                                                  const Grid& grid, int size, int64_t chunk) {
  __shared__ float s_sums[ROWS][LANES];
  const int lane = threadIdx.x % LANES;
  const int part = threadIdx.x / LANES;
  const int64_t channel = static_cast<int64_t>(blockIdx.x) * LANES + lane;
  const int64_t positions = grid.batch * grid.height * grid.width;
  const int64_t begin = blockIdx.y * chunk;
  const int64_t end = begin + chunk < positions ? begin + chunk : positions;
  const int tap = blockIdx.z;
  const bool is_bias = tap == size * size;
  const int64_t down = is_bias ? 0 : tap / size - size / 2;
  const int64_t over = is_bias ? 0 : tap % size - size / 2;
  float sum = 0.0f;
  if (channel < grid.channels) {
    for (int64_t p = begin + part; p < end; p += ROWS) {
      const int64_t row = p / grid.width;
      const int64_t i = row % grid.height + down;
      const int64_t j = p - row * grid.width + over;
      if (i >= 0 && i < grid.height && j >= 0 && j < grid.width) {
        const int64_t from = p + down * grid.width + over;
        const float arriving = load(dy + p * grid.channels + channel);
        sum = is_bias ? sum + arriving
                      : fmaf(load(x + from * grid.channels + channel), arriving, sum);
      }
    }
  }
  s_sums[part][lane] = sum;
  __syncthreads();
  if (part == 0 && channel < grid.channels) {
    for (int other = 1; other < ROWS; other++) sum += s_sums[other][lane];
    parts[(static_cast<int64_t>(blockIdx.y) * gridDim.z + tap) * grid.channels + channel] = sum;
  }
}

extern "C" __global__ void __launch_bounds__(LANES * ROWS)
    convolution_parts_f32(const float* x, const float* dy, float* parts, Grid grid, int size,
                          int64_t chunk) {
  convolution_parts<float>(x, dy, parts, grid, size, chunk);
}

extern "C" __global__ void __launch_bounds__(LANES * ROWS)
    convolution_parts_bf16(const bf16* x, const bf16* dy, float* parts, Grid grid, int size,
                           int64_t chunk) {
  convolution_parts<bf16>(x, dy, parts, grid, size, chunk);
}

// The parts, added up in their order; either gradient may be null.
extern "C" __global__ void convolution_sums(const float* parts, float* dweight, float* dbias,
                                            int64_t channels, int taps, int64_t chunks) {
  const int64_t n = (taps + 1) * channels;
  GRID_LOOP(i, n) {
    const int64_t tap = i / channels;
    const int64_t channel = i - tap * channels;
    float sum = 0.0f;
    for (int64_t chunk = 0; chunk < chunks; chunk++) sum += parts[chunk * n + i];
    if (tap < taps && dweight) dweight[channel * taps + tap] = sum;
    if (tap == taps && dbias) dbias[channel] = sum;
  }
}

// --- Windows ---

struct Windows {
  Grid grid;  // in words
  int64_t rows;
  int64_t columns;
  int64_t size;
  int64_t stride;
  int64_t padding;
};

// y[window][r][s][channel] = x at the window's place, or zeros.
template <typename T, int COUNT>
__device__ __forceinline__ void unfold(const Pack<T, COUNT>* x, Pack<T, COUNT>* y,
                                       const Windows& w, int64_t n) {
  GRID_LOOP(at, n) {
    int64_t rest = at / w.grid.channels;
    const int64_t channel = at - rest * w.grid.channels;
    const int64_t s = rest % w.size;
    rest /= w.size;
    const int64_t r = rest % w.size;
    rest /= w.size;
    const int64_t column = rest % w.columns;
    rest /= w.columns;
    const int64_t row = rest % w.rows;
    const int64_t i = row * w.stride - w.padding + r;
    const int64_t j = column * w.stride - w.padding + s;
    const bool there = i >= 0 && i < w.grid.height && j >= 0 && j < w.grid.width;
    const int64_t from = (rest / w.rows * w.grid.height + i) * w.grid.width + j;
    y[at] = there ? x[from * w.grid.channels + channel] : Pack<T, COUNT>{};
  }
}

// dx = what all windows over a place owe to it, in their order.
template <typename T, int COUNT>
__device__ __forceinline__ void fold(const Pack<T, COUNT>* dy, Pack<T, COUNT>* dx,
                                     const Windows& w, int64_t n) {
  GRID_LOOP(at, n) {
    const int64_t place = at / w.grid.channels;
    const int64_t channel = at - place * w.grid.channels;
    const int64_t line = place / w.grid.width;
    const int64_t j = place - line * w.grid.width + w.padding;
    const int64_t image = line / w.grid.height;
    const int64_t i = line - image * w.grid.height + w.padding;
    float sums[COUNT] = {};
    for (int64_t r = i % w.stride; r < w.size && r <= i; r += w.stride) {
      const int64_t row = (i - r) / w.stride;
      for (int64_t s = j % w.stride; s < w.size && s <= j; s += w.stride) {
        const int64_t column = (j - s) / w.stride;
        if (row < w.rows && column < w.columns) {
          const int64_t window = (image * w.rows + row) * w.columns + column;
          const Pack<T, COUNT> word =
              dy[((window * w.size + r) * w.size + s) * w.grid.channels + channel];
#pragma unroll
          for (int c = 0; c < COUNT; c++) sums[c] += load(&word.of[c]);
        }
      }
    }
    Pack<T, COUNT> sum;
#pragma unroll
    for (int c = 0; c < COUNT; c++) store(&sum.of[c], sums[c]);
    dx[at] = sum;
  }
}

#define WINDOWS(T, NAME, COUNT)                                                                \
  extern "C" __global__ void unfold_##NAME##_##COUNT(const Pack<T, COUNT>* x, Pack<T, COUNT>* y, \
                                                     Windows windows, int64_t n) {             \
    unfold<T, COUNT>(x, y, windows, n);                                                        \
  }                                                                                            \
  extern "C" __global__ void fold_##NAME##_##COUNT(const Pack<T, COUNT>* dy,                   \
                                                   Pack<T, COUNT>* dx, Windows windows,        \
                                                   int64_t n) {                                \
    fold<T, COUNT>(dy, dx, windows, n);                                                        \
  }

WINDOWS(float, f32, 1)
WINDOWS(float, f32, 4)
WINDOWS(bf16, bf16, 1)
WINDOWS(bf16, bf16, 8)

// --- Orders of a four-way scan ---
//
// Ways 0 and 2 go along rows, 1 and 3 along columns; the scans themselves go backwards on 2 and 3.

constexpr int WAYS = 4;
constexpr int PARTS = 3;

__device__ __forceinline__ int64_t turned(int64_t position, const Grid& grid) {
  const int64_t line = position / grid.width;
  const int64_t image = line / grid.height;
  return (image * grid.width + (position - line * grid.width)) * grid.height +
         (line - image * grid.height);
}

// What the ways read: the grid column by column, and each way's parts in its order.
struct Ways {
  void* turned;
  void* parts[WAYS * PARTS];
  int64_t widths[PARTS];
};

// Divides grid [positions, channels] and parts [positions, 4 · width] over the ways, or brings
// gradients back from them. n = positions · (channels + 4 · width).
template <typename T, bool BACK>
__device__ __forceinline__ void cross_split(T* grid, T* all, const Ways& ways, const Grid& extents,
                                            int64_t n) {
  const int64_t own = ways.widths[0] + ways.widths[1] + ways.widths[2];
  const int64_t width = extents.channels + WAYS * own;
  GRID_LOOP(i, n) {
    const int64_t position = i / width;
    int64_t column = i - position * width;
    T* here;
    T* there;
    if (column < extents.channels) {
      here = grid + position * extents.channels + column;
      there = static_cast<T*>(ways.turned) + turned(position, extents) * extents.channels + column;
    } else {
      column -= extents.channels;
      here = all + position * WAYS * own + column;
      const int64_t way = column / own;
      int64_t rest = column - way * own;
      int part = 0;
      while (rest >= ways.widths[part]) rest -= ways.widths[part++];
      const int64_t at = way % 2 ? turned(position, extents) : position;
      there = static_cast<T*>(ways.parts[way * PARTS + part]) + at * ways.widths[part] + rest;
    }
    if (BACK) *here = *there;
    else *there = *here;
  }
}

// grid = the four ways, brought back and added up.
template <typename T>
__device__ __forceinline__ void cross_merge(const T* row_forth, const T* column_forth,
                                            const T* row_back, const T* column_back, T* grid,
                                            const Grid& extents, int64_t n) {
  GRID_LOOP(i, n) {
    const int64_t position = i / extents.channels;
    const int64_t at =
        turned(position, extents) * extents.channels + (i - position * extents.channels);
    store(grid + i, load(row_forth + i) + load(row_back + i) +
                        (load(column_forth + at) + load(column_back + at)));
  }
}

// Gradients of the four ways; null for one that is not wanted.
template <typename T>
__device__ __forceinline__ void cross_spread(const T* grid, T* row_forth, T* column_forth,
                                             T* row_back, T* column_back, const Grid& extents,
                                             int64_t n) {
  GRID_LOOP(i, n) {
    const int64_t position = i / extents.channels;
    const int64_t at =
        turned(position, extents) * extents.channels + (i - position * extents.channels);
    const T value = grid[i];
    if (row_forth) row_forth[i] = value;
    if (row_back) row_back[i] = value;
    if (column_forth) column_forth[at] = value;
    if (column_back) column_back[at] = value;
  }
}

#define CROSS(T, NAME)                                                                          \
  extern "C" __global__ void cross_split_##NAME(T* grid, T* all, Ways ways, Grid extents,       \
                                                int64_t n) {                                    \
    cross_split<T, false>(grid, all, ways, extents, n);                                         \
  }                                                                                             \
  extern "C" __global__ void cross_split_gradient_##NAME(T* grid, T* all, Ways ways,            \
                                                         Grid extents, int64_t n) {             \
    cross_split<T, true>(grid, all, ways, extents, n);                                          \
  }                                                                                             \
  extern "C" __global__ void cross_merge_##NAME(const T* row_forth, const T* column_forth,      \
                                                const T* row_back, const T* column_back,        \
                                                T* grid, Grid extents, int64_t n) {             \
    cross_merge<T>(row_forth, column_forth, row_back, column_back, grid, extents, n);           \
  }                                                                                             \
  extern "C" __global__ void cross_merge_gradient_##NAME(                                       \
      const T* grid, T* row_forth, T* column_forth, T* row_back, T* column_back, Grid extents,  \
      int64_t n) {                                                                              \
    cross_spread<T>(grid, row_forth, column_forth, row_back, column_back, extents, n);          \
  }

CROSS(float, f32)
CROSS(bf16, bf16)
