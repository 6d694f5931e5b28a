// Products of groups of rows, each by a matrix of its own: y = x Wᵀ + b, BF16 by tensor cores.
// All extents of rows must be multiples of 8; grouped_plain.cu takes the rest.

#include "groups.cuh"
#include "tensor_cores.cuh"

extern __shared__ __align__(128) unsigned char dynamic_shared[];

// y [rows, out]; w [groups, out, in] for x [rows, in], or across [groups, in, out].
template <int M, int N, int WARPS_M, int WARPS_N, int STAGES, bool ACROSS>
__device__ __forceinline__ void grouped_rows(const bf16* x, const bf16* w, const int32_t* offsets,
                                             const float* bias, bf16* y, int64_t rows, int64_t in,
                                             int64_t out, int groups) {
  using Sums = Product<M, N, WARPS_M, WARPS_N, STAGES, false, ACROSS>;
  let_successor_begin();
  wait_for_predecessor();
  const ResultTile here = result_tile(offsets, groups, rows, M, out, N);
  const RowTile tile = here.rows;
  const int64_t first = here.column;
  if (tile.rows == 0) return;
  Sums product;
  const bool grouped = tile.group < groups;
  if (grouped) {
    const bf16* own = w + tile.group * in * out + (ACROSS ? first : first * in);
    product.run(reinterpret_cast<bf16*>(dynamic_shared),
                {x + tile.row * in, in, tile.rows, in},
                {own, ACROSS ? out : in, out - first, in}, in);
  }
  product.each([&](int m, int n, float one, float two) {
    const int64_t column = first + n;
    if (m < tile.rows && column < out) {
      if (bias && grouped) {
        one += bias[tile.group * out + column];
        two += bias[tile.group * out + column + 1];
      }
      *reinterpret_cast<__nv_bfloat162*>(y + (tile.row + m) * out + column) =
          __floats2bfloat162_rn(one, two);
    }
  });
}

// dw [groups, out, in] = Σ over a group's rows of dy [rows, out] and x [rows, in]. Grid: [tiles of
// in, tiles of out, groups].
template <int M, int N, int WARPS_M, int WARPS_N, int STAGES>
__device__ __forceinline__ void grouped_weights(const bf16* x, const bf16* dy,
                                                const int32_t* offsets, bf16* dw, int64_t in,
                                                int64_t out) {
  using Sums = Product<M, N, WARPS_M, WARPS_N, STAGES, true, true>;
  const int64_t group = blockIdx.z;
  const int64_t row = offsets[group];
  const int64_t count = offsets[group + 1] - row;
  const int64_t first_m = static_cast<int64_t>(blockIdx.y) * M;
  const int64_t first_n = static_cast<int64_t>(blockIdx.x) * N;
  Sums product;
  product.run(reinterpret_cast<bf16*>(dynamic_shared),
              {dy + row * out + first_m, out, out - first_m, count},
              {x + row * in + first_n, in, in - first_n, count}, count);
  product.each([&](int m, int n, float one, float two) {
    if (first_m + m < out && first_n + n < in) {
      *reinterpret_cast<__nv_bfloat162*>(dw + (group * out + first_m + m) * in + first_n + n) =
          __floats2bfloat162_rn(one, two);
    }
  });
}

#define ROWS(NAME, M, N, WARPS_M, WARPS_N, STAGES, ACROSS, BLOCKS)                               \
  extern "C" __global__ void __launch_bounds__(32 * WARPS_M * WARPS_N, BLOCKS)                   \
      grouped_##NAME##_##M##x##N(const bf16* x, const bf16* w, const int32_t* offsets,           \
                                 const float* bias, bf16* y, int64_t rows, int64_t in,           \
                                 int64_t out, int groups) {                                      \
    grouped_rows<M, N, WARPS_M, WARPS_N, STAGES, ACROSS>(x, w, offsets, bias, y, rows, in, out,  \
                                                         groups);                                \
  }

#define TILES(NAME, ACROSS)                      \
  ROWS(NAME, 32, 64, 1, 4, 5, ACROSS, 3)         \
  ROWS(NAME, 64, 64, 2, 2, 4, ACROSS, 3)         \
  ROWS(NAME, 128, 128, 2, 2, 3, ACROSS, 2)

TILES(forward, false)
TILES(backward, true)

extern "C" __global__ void __launch_bounds__(128, 2)
    grouped_weights_128x128(const bf16* x, const bf16* dy, const int32_t* offsets, bf16* dw,
                            int64_t in, int64_t out) {
  grouped_weights<128, 128, 2, 2, 3>(x, dy, offsets, dw, in, out);
}
