#include "causal_conv/backward.cuh"

CONV_BACKWARD(float, f32, 4, 4)
CONV_BACKWARD(float, f32, 4, 1)
CONV_BACKWARD(float, f32, 8, 1)
CONV_BACKWARD(bf16, bf16, 4, 4)
CONV_BACKWARD(bf16, bf16, 4, 1)
CONV_BACKWARD(bf16, bf16, 8, 1)

// Sums over the parts [parts, width + 1, channels] of the gradients of weights [channels, width]
// and bias [channels], in one order.
extern "C" __global__ void causal_conv_parameters(const float* parts, float* dweight, float* dbias,
                                                  int64_t count, int64_t width,
                                                  int64_t channels) {
  GRID_LOOP(i, (width + 1) * channels) {
    float sum = 0.0f;
#pragma unroll 8
    for (int64_t part = 0; part < count; part++) sum += parts[part * (width + 1) * channels + i];
    const int64_t k = i / channels;
    const int64_t channel = i % channels;
    if (k < width) {
      if (dweight) dweight[channel * width + k] = sum;
    } else if (dbias) {
      dbias[channel] = sum;
    }
  }
}
