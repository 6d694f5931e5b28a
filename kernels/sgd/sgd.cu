// Gradient descent with momentum.

#include "common/tensor.cuh"

// b = momentum · b + factor · g, w = (1 − rate · decay) · w − rate · b; nothing where the control
// says not to proceed. The places of the control are given.
extern "C" __global__ void sgd(float* value, const float* gradient, float* direction,
                               const float* control, int proceed, int learning_rate, int factor,
                               float momentum, float decay, int64_t n) {
  if (control[proceed] <= 0.5f) return;
  const float rate = control[learning_rate];
  const float scale = control[factor];
  const float kept = 1.0f - rate * decay;
  GRID_LOOP(i, n) {
    const float b = direction[i] * momentum + gradient[i] * scale;
    direction[i] = b;
    value[i] = value[i] * kept - b * rate;
  }
}
