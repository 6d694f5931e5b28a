// A product of a row that lies there, in BF16 or F32.

#include "row_product/row_product.cuh"

namespace row_product {

// `half` tells whether bias and out are of BF16.
struct Written {
  const void* bias;
  void* out;
  bool half;
  int column;
  float start;

  __device__ __forceinline__ void ahead(int of) {
    column = of;
    start = bias ? load_one(bias, of, half) : 0.0f;
  }
  __device__ __forceinline__ void put(float sum) const {
    store_one(out, column, half, sum + start);
  }
};

}  // namespace row_product

#define ROW_PRODUCT(NAME, AHEAD, VECTORS, BLOCKS)                                             \
  extern "C" __global__ void __launch_bounds__(row_product::THREADS, BLOCKS)                  \
      row_product_##NAME(const bf16* x, const bf16* w, const void* bias, void* out, int half, \
                         int ahead, int slices, int n, int k) {                               \
    row_product::Given<VECTORS> row{x};                                                       \
    row_product::Written to{bias, out, half != 0};                                            \
    row_product::run<AHEAD, VECTORS>(row, to, w, ahead, slices, n, k);                        \
  }                                                                                           \
  extern "C" __global__ void __launch_bounds__(row_product::THREADS, BLOCKS)                  \
      row_product_normed_##NAME(const __grid_constant__ row_product::RowNorm norm,            \
                                const bf16* w, const void* bias, void* out, int half,         \
                                int ahead, int slices, int n, int k) {                        \
    row_product::Normed<VECTORS> row(norm, slices, k);                                        \
    row_product::Written to{bias, out, half != 0};                                            \
    row_product::run<AHEAD, VECTORS>(row, to, w, ahead, slices, n, k);                        \
  }

ROW_PRODUCT(3, 3, true, 4)
ROW_PRODUCT(6, 6, true, 3)
ROW_PRODUCT(any, 1, false, 3)
