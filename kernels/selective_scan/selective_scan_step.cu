#include "selective_scan/tile.cuh"

// One step of decoding: every state is read, advanced and written once, with all loads on their way
// before the first is used.
template <typename T, int K>
__device__ __forceinline__ void step(const Scan<T>& scan, float* state, T* y) {
  let_successor_begin();
  const Lane<T, K> of(scan, static_cast<int64_t>(blockIdx.x) * THREAD_CHANNELS);
  wait_for_predecessor();
  const int64_t row = of.batch;
  const int64_t at = row * scan.channels + of.channel;
  float h[K];
  of.read(scan, state, row, h);
  const float u = load(scan.u + at);
  const float gate = scan.gate ? load(scan.gate + at) : 0.0f;
  const float raw = load(scan.delta + at) + (scan.bias ? scan.bias[of.channel] : 0.0f);
  const float skip = scan.skip ? scan.skip[of.channel] : 0.0f;
  float b[K];
  float c[K];
#pragma unroll
  for (int k = 0; k < K; k++) {
    const int64_t n = of.lane * K + k;
    const bool real = n < scan.states;
    b[k] = real ? load(scan.b + row * scan.states + n) : 0.0f;
    c[k] = real ? load(scan.c + row * scan.states + n) : 0.0f;
  }
  const bool there = !scan.segments || scan.segments[row] >= 0;
  const float delta = scan.softplus ? softplus<T>(raw) : raw;
  float out = 0.0f;
#pragma unroll
  for (int k = 0; k < K; k++) {
    h[k] = fmaf(exp2_approx(delta * of.decay[k]), h[k], delta * u * b[k]);
    out = fmaf(h[k], c[k], out);
  }
  out = fmaf(skip, u, sum_over_channel(out));
  if (scan.gate) out *= gate * sigmoid<T>(gate);
  if (there && state) of.write(scan, state, row, h);
  if (of.mine && of.lane == 0) store(y + at, there ? out : 0.0f);
}

#define STEP(T, NAME, K)                                                                           \
  extern "C" __global__ void __launch_bounds__(THREADS)                                            \
      selective_scan_step_##NAME##_##K(const __grid_constant__ Scan<T> scan, float* state, T* y) { \
    step<T, K>(scan, state, y);                                                                    \
  }

#define STEPS(T, NAME) \
  STEP(T, NAME, 1)     \
  STEP(T, NAME, 4)     \
  STEP(T, NAME, 16)

STEPS(float, f32)
STEPS(bf16, bf16)
