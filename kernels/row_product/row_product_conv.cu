// A product some of whose columns go through a step of a causal convolution.

#include "row_product/row_product.cuh"

namespace row_product {

// Columns from `first` on are channels of the convolution, of up to W taps.
struct Convolution {
  const float* weight;
  const float* bias;
  float* tail;  // [width − 1, channels]
  int64_t first;
  int64_t channels;
  int64_t width;
  int64_t silu;
};

template <int W>
struct Convolved {
  const Convolution& conv;
  bf16* out;
  int column;
  int channel;  // negative beside the convolution
  float start;
  float taps[W];         // zeros before the real ones
  float history[W - 1];  // inputs before this one, likewise

  __device__ __forceinline__ Convolved(const Convolution& conv, bf16* out)
      : conv(conv), out(out) {}

  __device__ __forceinline__ int missing() const { return W - static_cast<int>(conv.width); }

  __device__ __forceinline__ void ahead(int of) {
    column = of;
    channel = of - static_cast<int>(conv.first);
    if (channel >= conv.channels) channel = -1;
    if (channel < 0) return;
    start = conv.bias ? conv.bias[channel] : 0.0f;
#pragma unroll
    for (int i = 0; i < W; i++) {
      taps[i] = i < missing() ? 0.0f : conv.weight[channel * conv.width + i - missing()];
      if (i < W - 1) history[i] = i < missing() ? 0.0f : *tail(i);
    }
  }

  __device__ __forceinline__ float* tail(int i) const {
    return conv.tail + (i - missing()) * static_cast<int>(conv.channels) + channel;
  }

  __device__ __forceinline__ void put(float sum) {
    const bf16 x = __float2bfloat16(sum);
    if (channel < 0) {
      out[column] = x;
      return;
    }
    const float now = __bfloat162float(x);
    float y = start;
#pragma unroll
    for (int i = 0; i < W - 1; i++) {
      y = fmaf(taps[i], history[i], y);
      if (i >= missing()) *tail(i) = i + 1 < W - 1 ? history[i + 1] : now;
    }
    y = fmaf(taps[W - 1], now, y);
    out[column] = __float2bfloat16(conv.silu ? y * sigmoid<bf16>(y) : y);
  }
};

}  // namespace row_product

#define ROW_PRODUCT_CONV(NAME, AHEAD, VECTORS, BLOCKS)                                          \
  extern "C" __global__ void __launch_bounds__(row_product::THREADS, BLOCKS)                    \
      row_product_conv_##NAME(const bf16* x, const bf16* w, bf16* out,                          \
                              const __grid_constant__ row_product::Convolution conv, int ahead, \
                              int slices, int n, int k) {                                       \
    row_product::Given<VECTORS> row{x};                                                         \
    row_product::Convolved<4> to(conv, out);                                                    \
    row_product::run<AHEAD, VECTORS>(row, to, w, ahead, slices, n, k);                          \
  }                                                                                             \
  extern "C" __global__ void __launch_bounds__(row_product::THREADS, BLOCKS)                    \
      row_product_normed_conv_##NAME(const __grid_constant__ row_product::RowNorm norm,         \
                                     const bf16* w, bf16* out,                                  \
                                     const __grid_constant__ row_product::Convolution conv,     \
                                     int ahead, int slices, int n, int k) {                     \
    row_product::Normed<VECTORS> row(norm, slices, k);                                          \
    row_product::Convolved<4> to(conv, out);                                                    \
    row_product::run<AHEAD, VECTORS>(row, to, w, ahead, slices, n, k);                          \
  }

ROW_PRODUCT_CONV(3, 3, true, 4)
ROW_PRODUCT_CONV(6, 6, true, 2)
ROW_PRODUCT_CONV(any, 1, false, 3)
