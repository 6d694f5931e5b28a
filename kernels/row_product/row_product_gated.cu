// A product of RMSNorm(y·SiLU(z))·weight, as at the end of Mamba-2's layer.

#include "row_product/row_product.cuh"

namespace row_product {

// The norm's factor is multiplied in behind the product, when all squares are known.
template <bool VECTORS>
struct Gated {
  static constexpr bool SCALED = true;
  const bf16* y;
  const bf16* z;
  const float* weight;
  const float epsilon;
  const int channels;
  float weights[VECTOR];

  __device__ __forceinline__ Gated(const bf16* y, const bf16* z, const float* weight, float epsilon,
                                   int channels)
      : y(y), z(z), weight(weight), epsilon(epsilon), channels(channels) {}

  __device__ __forceinline__ void ahead(int at, int left) {
    read<VECTORS>(weight + at, left, weights);
  }

  __device__ __forceinline__ uint4 eight(int at, int left, float& squares) const {
    float value[VECTOR];
    float gate[VECTOR];
    unpack(read<VECTORS>(y + at, left), value);
    unpack(read<VECTORS>(z + at, left), gate);
#pragma unroll
    for (int e = 0; e < VECTOR; e++) {
      value[e] *= gate[e] * sigmoid<bf16>(gate[e]);
      squares = fmaf(value[e], value[e], squares);
      value[e] *= weights[e];
    }
    return pack(value);
  }

  __device__ __forceinline__ float scale(float squares) const {
    return rsqrtf(squares / channels + epsilon);
  }
};

}  // namespace row_product

#define ROW_PRODUCT_GATED(NAME, AHEAD, VECTORS)                                                   \
  extern "C" __global__ void __launch_bounds__(row_product::THREADS, 3) row_product_gated_##NAME( \
      const bf16* y, const bf16* z, const float* weight, const bf16* w, bf16* out, float epsilon, \
      int ahead, int slices, int n, int k) {                                                      \
    row_product::Gated<VECTORS> row(y, z, weight, epsilon, k);                                    \
    row_product::Stored to{out};                                                                  \
    row_product::run<AHEAD, VECTORS>(row, to, w, ahead, slices, n, k);                            \
  }

ROW_PRODUCT_GATED(3, 3, true)
ROW_PRODUCT_GATED(6, 6, true)
ROW_PRODUCT_GATED(any, 1, false)
