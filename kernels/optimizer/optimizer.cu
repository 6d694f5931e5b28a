// Updates of parameters, each in one pass over memory, over all parameters that lie side by side.

#include "common/quad.cuh"

// Places in the control of an update, as UpdateControl has them.
enum Control { LEARNING_RATE, UPDATE, FACTOR, PROCEED };

// Every quad of n elements, and the rest of n one by one: f(quad or element, whether it is a quad).
template <typename F>
__device__ __forceinline__ void quads_and_rest(int64_t n, F f) {
  GRID_LOOP(i, n / 4) f(i, true);
  const int64_t rest = n / 4 * 4 + threadIdx.x;
  if (blockIdx.x == 0 && rest < n) f(rest, false);
}

// As AdamWCpu computes it: w = kept·w − rate·m / (√v·root + ε).
struct Adam {
  float factor, beta1, share1, beta2, share2, kept, rate, root, epsilon;

  __device__ void operator()(float& w, float g, float& m, float& v) const {
    g *= factor;
    m = fmaf(m, beta1, g * share1);
    v = fmaf(v, beta2, g * g * share2);
    w = w * kept - m * rate / fmaf(sqrtf(v), root, epsilon);
  }
};

// 1 − βᵗ, also where it nearly cancels.
__device__ __forceinline__ float one_minus_power(double log_beta, float t) {
  return -expm1f(t * static_cast<float>(log_beta));
}

// copy is the BF16 copy of the parameters, or null.
extern "C" __global__ void __launch_bounds__(256)
    adamw(float* value, const float* gradient, float* mean, float* mean_square, bf16* copy,
          const float* control, double beta1, double log_beta1, double beta2, double log_beta2,
          double epsilon, double decay, int64_t n) {
  if (control[PROCEED] <= 0.5f) return;
  const float t = control[UPDATE];
  const float rate = control[LEARNING_RATE];
  const Adam adam = {control[FACTOR],
                     static_cast<float>(beta1),
                     static_cast<float>(1 - beta1),
                     static_cast<float>(beta2),
                     static_cast<float>(1 - beta2),
                     static_cast<float>(1 - rate * decay),
                     rate / one_minus_power(log_beta1, t),
                     rsqrtf(one_minus_power(log_beta2, t)),
                     static_cast<float>(epsilon)};
  quads_and_rest(n, [&](int64_t i, bool quad) {
    if (quad) {
      float4 w = load_quad(value, i, false);
      const float4 g = load_quad(gradient, i, false);
      float4 m = load_quad(mean, i, false);
      float4 v = load_quad(mean_square, i, false);
      adam(w.x, g.x, m.x, v.x);
      adam(w.y, g.y, m.y, v.y);
      adam(w.z, g.z, m.z, v.z);
      adam(w.w, g.w, m.w, v.w);
      store_quad(value, i, false, w);
      store_quad(mean, i, false, m);
      store_quad(mean_square, i, false, v);
      if (copy) store_quad(copy, i, true, w);
    } else {
      adam(value[i], gradient[i], mean[i], mean_square[i]);
      if (copy) copy[i] = __float2bfloat16(value[i]);
    }
  });
}

// b = μb + g, w = kept·w − rate·b.
extern "C" __global__ void __launch_bounds__(256)
    sgd(float* value, const float* gradient, float* direction, const float* control,
        double momentum, double decay, int64_t n) {
  if (control[PROCEED] <= 0.5f) return;
  const float rate = control[LEARNING_RATE];
  const float factor = control[FACTOR];
  const float kept = static_cast<float>(1 - rate * decay);
  const float share = static_cast<float>(momentum);
  auto step = [&](float& w, float g, float& b) {
    b = b * share + g * factor;
    w = w * kept - b * rate;
  };
  quads_and_rest(n, [&](int64_t i, bool quad) {
    if (quad) {
      float4 w = load_quad(value, i, false);
      const float4 g = load_quad(gradient, i, false);
      float4 b = load_quad(direction, i, false);
      step(w.x, g.x, b.x);
      step(w.y, g.y, b.y);
      step(w.z, g.z, b.z);
      step(w.w, g.w, b.w);
      store_quad(value, i, false, w);
      store_quad(direction, i, false, b);
    } else {
      step(value[i], gradient[i], direction[i]);
    }
  });
}
