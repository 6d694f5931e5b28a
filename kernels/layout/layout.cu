// Copies that change where elements lie and not what they are.

#include "common/tensor.cuh"

// out[Σ index·strides[1]] = in[Σ index·strides[0]] for all indices within the extents. Negative
// strides reverse an axis, zero strides repeat it.
#define COPY(T, NAME)                                                                        \
  extern "C" __global__ void strided_copy_##NAME(const T* in, T* out, Walk walk, int64_t n) { \
    GRID_LOOP(i, n) {                                                                        \
      int64_t at[2];                                                                         \
      offsets<2>(walk, i, at);                                                               \
      out[at[1]] = in[at[0]];                                                                \
    }                                                                                        \
  }

COPY(uint8_t, 1)
COPY(uint16_t, 2)
COPY(uint32_t, 4)
COPY(uint64_t, 8)
COPY(uint4, 16)

// Exchanges the last two axes of [batch, rows, columns], by tiles that both sides see in order.
constexpr int TILE = 32;

#define TRANSPOSE(T, NAME)                                                                   \
  extern "C" __global__ void transpose_##NAME(const T* in, T* out, int64_t rows,             \
                                              int64_t columns) {                             \
    __shared__ T tile[TILE][TILE + 1];                                                       \
    const int64_t batch = static_cast<int64_t>(blockIdx.z) * rows * columns;                 \
    const int64_t row = static_cast<int64_t>(blockIdx.y) * TILE;                             \
    const int64_t column = static_cast<int64_t>(blockIdx.x) * TILE;                          \
    for (int j = threadIdx.y; j < TILE; j += blockDim.y) {                                   \
      if (row + j < rows && column + threadIdx.x < columns) {                                \
        tile[j][threadIdx.x] = in[batch + (row + j) * columns + column + threadIdx.x];       \
      }                                                                                      \
    }                                                                                        \
    __syncthreads();                                                                         \
    for (int j = threadIdx.y; j < TILE; j += blockDim.y) {                                   \
      if (column + j < columns && row + threadIdx.x < rows) {                                \
        out[batch + (column + j) * rows + row + threadIdx.x] = tile[threadIdx.x][j];         \
      }                                                                                      \
    }                                                                                        \
  }

TRANSPOSE(uint16_t, 2)
TRANSPOSE(uint32_t, 4)
