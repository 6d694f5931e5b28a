// A product some of whose columns go through a step of a causal convolution.

#include "common/convolution_step.cuh"
#include "row_product/row_product.cuh"

namespace row_product {

template <int W>
struct Convolved {
  const Convolution& conv;
  bf16* out;
  int column;
  int channel;  // negative beside the convolution
  ConvolvedChannel<W> state;

  __device__ __forceinline__ Convolved(const Convolution& conv, bf16* out)
      : conv(conv), out(out) {}

  __device__ __forceinline__ void ahead(int of) {
    column = of;
    channel = of - static_cast<int>(conv.first);
    if (channel >= conv.channels) channel = -1;
    if (channel >= 0) state.load(conv, 0, channel);
  }

  __device__ __forceinline__ void put(float sum) {
    bf16 x = __float2bfloat16(sum);
    if (channel >= 0) {
      x = __float2bfloat16(state.step(conv, __bfloat162float(x)));
      state.put_history(conv, 0, channel);
    }
    out[column] = x;
  }
};

}  // namespace row_product

#define ROW_PRODUCT_CONV(NAME, AHEAD, VECTORS, BLOCKS)                                          \
  extern "C" __global__ void __launch_bounds__(row_product::THREADS, BLOCKS)                    \
      row_product_conv_##NAME(const bf16* x, const bf16* w, bf16* out,                          \
                              const __grid_constant__ Convolution conv, int ahead, int slices,  \
                              int n, int k) {                                                   \
    row_product::Given<VECTORS> row{x};                                                         \
    row_product::Convolved<4> to(conv, out);                                                    \
    row_product::run<AHEAD, VECTORS>(row, to, w, ahead, slices, n, k);                          \
  }                                                                                             \
  extern "C" __global__ void __launch_bounds__(row_product::THREADS, BLOCKS)                    \
      row_product_normed_conv_##NAME(const __grid_constant__ row_product::RowNorm norm,         \
                                     const bf16* w, bf16* out,                                  \
                                     const __grid_constant__ Convolution conv, int ahead,       \
                                     int slices, int n, int k) {                                \
    row_product::Normed<VECTORS> row(norm, slices, k);                                          \
    row_product::Convolved<4> to(conv, out);                                                    \
    row_product::run<AHEAD, VECTORS>(row, to, w, ahead, slices, n, k);                          \
  }

ROW_PRODUCT_CONV(3, 3, true, 4)
ROW_PRODUCT_CONV(6, 6, true, 2)
ROW_PRODUCT_CONV(any, 1, false, 3)
