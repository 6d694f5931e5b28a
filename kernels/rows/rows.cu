// Rows taken from tables and added to them.

#include "common/tensor.cuh"

// out[i] = table[indices[i]], rows of `width` words of 4 bytes or of single bytes; an index that
// is not among the rows gives zeros.
#define GATHER(T, NAME)                                                                        \
  extern "C" __global__ void gather_rows_##NAME(const T* table, const int32_t* indices, T* out, \
                                                int64_t rows, int64_t width, int64_t n) {      \
    GRID_LOOP(i, n) {                                                                          \
      const int64_t row = i / width;                                                           \
      const int64_t index = indices[row];                                                      \
      out[i] = index >= 0 && index < rows ? table[index * width + (i - row * width)] : T{};    \
    }                                                                                          \
  }

GATHER(uint8_t, 1)
GATHER(uint16_t, 2)
GATHER(uint32_t, 4)
GATHER(uint64_t, 8)

// Links the rows that go to the same place: heads[t] is the first of table row t, next[i] the one
// behind row i, in the order of the rows, −1 at the end. One block, so that the order is fixed.
extern "C" __global__ void scatter_links(const int32_t* indices, int32_t* heads, int32_t* next,
                                         int64_t count, int64_t rows) {
  GRID_LOOP(t, rows) {
    int32_t last = -1;
    int32_t first = -1;
    for (int64_t i = 0; i < count; i++) {
      if (indices[i] == t) {
        if (last < 0) first = static_cast<int32_t>(i);
        else next[last] = static_cast<int32_t>(i);
        last = static_cast<int32_t>(i);
      }
    }
    if (last >= 0) next[last] = -1;
    heads[t] = first;
  }
}

// table[t] (+)= Σ of the rows linked to t, in their order. One block a row of the table.
extern "C" __global__ void scatter_rows_f32(const int32_t* heads, const int32_t* next,
                                            const float* rows, float* table, int64_t width,
                                            int accumulate) {
  const int64_t t = blockIdx.x;
  for (int64_t i = threadIdx.x; i < width; i += blockDim.x) {
    float sum = accumulate ? table[t * width + i] : 0.0f;
    for (int32_t row = heads[t]; row >= 0; row = next[row]) {
      sum += rows[static_cast<int64_t>(row) * width + i];
    }
    table[t * width + i] = sum;
  }
}
