// Elementwise operations of the vocabulary on contiguous tensors.

#include <cstdint>

// out = x * scale + shift
extern "C" __global__ void affine_f32(const float* __restrict__ x, float scale, float shift,
                                      float* __restrict__ out, int64_t n) {
  const int64_t stride = static_cast<int64_t>(gridDim.x) * blockDim.x;
  for (int64_t i = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < n;
       i += stride) {
    out[i] = fmaf(x[i], scale, shift);
  }
}
