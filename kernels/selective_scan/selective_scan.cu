#include "selective_scan/scan.cuh"

template <typename T, int LANES, int K>
struct Forward {
  static constexpr int THREADS = LANES == 1 ? 64 : LANES == 2 ? 128 : 256;
  static constexpr int CHANNELS = THREADS / LANES;
  static constexpr int STEPS = LANES < 4 ? 4 : LANES;
  static constexpr int EACH = TILE * CHANNELS / THREADS;      // stream elements a thread loads
  static constexpr int STATES = LANES * K;
  static constexpr int EACH_BC = (TILE * STATES + THREADS - 1) / THREADS;

  __device__ static void run(const T* u, const T* delta_in, const float* a_log, const T* b,
                             const T* c, const float* skip, const T* gate, const float* bias,
                             const float* state_in, const int32_t* segments, T* y,
                             float* state_out, Steps steps, int64_t channels,
                             int64_t states, int softplus_delta) {
    __shared__ __align__(16) float s_delta[CHANNELS][PITCH];
    __shared__ __align__(16) float s_du[CHANNELS][PITCH];
    __shared__ __align__(16) float s_y[CHANNELS][PITCH];
    __shared__ __align__(16) float s_b[STATES][PITCH];
    __shared__ __align__(16) float s_c[STATES][PITCH];
    __shared__ int both_marks[2][TILE];  // warps can be one tile apart

    const int64_t batch = blockIdx.y;
    const int64_t first = static_cast<int64_t>(blockIdx.x) * CHANNELS;
    const int local = threadIdx.x / LANES;
    const int lane = threadIdx.x % LANES;
    const int64_t channel = first + local;
    const bool mine = channel < channels;

    float decay[K];
    float h[K];
#pragma unroll
    for (int k = 0; k < K; k++) {
      const int64_t n = lane + k * LANES;
      const bool real = mine && n < states;
      decay[k] = real ? -expf(a_log[channel * states + n]) * LOG2_E : 0.0f;
      h[k] = real && state_in ? state_in[(batch * channels + channel) * states + n] : 0.0f;
    }

    // What this thread loads of every tile: EACH elements of one column of channels.
    const int column = threadIdx.x % CHANNELS;
    const int64_t my_channel = first + column;
    const bool loads = my_channel < channels;
    const float my_bias = loads && bias ? bias[my_channel] : 0.0f;
    const float my_skip = loads && skip ? skip[my_channel] : 0.0f;
    float next_u[EACH];
    float next_delta[EACH];
    float next_b[EACH_BC];
    float next_c[EACH_BC];
    int32_t last = -1;

    auto fetch = [&](int64_t from) {
#pragma unroll
      for (int e = 0; e < EACH; e++) {
        const int64_t step = from + threadIdx.x / CHANNELS + e * (THREADS / CHANNELS);
        const bool there = loads && step < steps.length;
        const int64_t at = (batch * steps.length + steps.row(step)) * channels + my_channel;
        next_u[e] = there ? load(u + at) : 0.0f;
        next_delta[e] = there ? load(delta_in + at) : 0.0f;
      }
#pragma unroll
      for (int e = 0; e < EACH_BC; e++) {
        const int i = threadIdx.x + e * THREADS;
        const int64_t step = from + i / STATES;
        const int n = i % STATES;
        const bool there = i < TILE * STATES && n < states && step < steps.length;
        const int64_t at = (batch * steps.length + steps.row(step)) * states + n;
        next_b[e] = there ? load(b + at) : 0.0f;
        next_c[e] = there ? load(c + at) : 0.0f;
      }
    };

    fetch(0);
    for (int64_t from = 0; from < steps.length; from += TILE) {
      int* s_marks = both_marks[from / TILE % 2];
      if (threadIdx.x < 32) {
        if (segments) mark_documents(segments, steps, batch, from, last, s_marks);
        else s_marks[threadIdx.x] = 0;
      }
      __syncthreads();
      float kept_u[EACH];
#pragma unroll
      for (int e = 0; e < EACH; e++) {
        const int t = threadIdx.x / CHANNELS + e * (THREADS / CHANNELS);
        const float raw = next_delta[e] + my_bias;
        const bool padding = s_marks[t] == 2 || from + t >= steps.length;
        const float d = padding ? 0.0f : (softplus_delta ? softplus(raw) : raw);
        kept_u[e] = next_u[e];
        s_delta[column][t] = s_marks[t] == 1 ? FORGET : d;
        s_du[column][t] = d * next_u[e];
      }
#pragma unroll
      for (int e = 0; e < EACH_BC; e++) {
        const int i = threadIdx.x + e * THREADS;
        if (i < TILE * STATES) {
          s_b[i % STATES][i / STATES] = next_b[e];
          s_c[i % STATES][i / STATES] = next_c[e];
        }
      }
      __syncthreads();
      if (from + TILE < steps.length) fetch(from + TILE);

#pragma unroll
      for (int t0 = 0; t0 < TILE; t0 += STEPS) {
        float sum[STEPS];
#pragma unroll
        for (int q = 0; q < STEPS; q += 4) {
          const float4 d = *reinterpret_cast<const float4*>(&s_delta[local][t0 + q]);
          const float4 x = *reinterpret_cast<const float4*>(&s_du[local][t0 + q]);
#pragma unroll
          for (int k = 0; k < K; k++) {
            const float4 bb = *reinterpret_cast<const float4*>(&s_b[lane + k * LANES][t0 + q]);
            const float4 cc = *reinterpret_cast<const float4*>(&s_c[lane + k * LANES][t0 + q]);
            const float a0 = exp2_approx(d.x * decay[k]);
            const float a1 = exp2_approx(d.y * decay[k]);
            const float a2 = exp2_approx(d.z * decay[k]);
            const float a3 = exp2_approx(d.w * decay[k]);
            h[k] = fmaf(a0, h[k], x.x * bb.x);
            sum[q] = k == 0 ? h[k] * cc.x : fmaf(h[k], cc.x, sum[q]);
            h[k] = fmaf(a1, h[k], x.y * bb.y);
            sum[q + 1] = k == 0 ? h[k] * cc.y : fmaf(h[k], cc.y, sum[q + 1]);
            h[k] = fmaf(a2, h[k], x.z * bb.z);
            sum[q + 2] = k == 0 ? h[k] * cc.z : fmaf(h[k], cc.z, sum[q + 2]);
            h[k] = fmaf(a3, h[k], x.w * bb.w);
            sum[q + 3] = k == 0 ? h[k] * cc.w : fmaf(h[k], cc.w, sum[q + 3]);
          }
        }
        sum_over_lanes<LANES, STEPS>(sum);
#pragma unroll
        for (int j = 0; j < STEPS / LANES; j++) {
          s_y[local][t0 + lane * (STEPS / LANES) + j] = sum[j];
        }
      }
      __syncthreads();
#pragma unroll
      for (int e = 0; e < EACH; e++) {
        const int t = threadIdx.x / CHANNELS + e * (THREADS / CHANNELS);
        if (loads && from + t < steps.length) {
          const int64_t at = (batch * steps.length + steps.row(from + t)) * channels + my_channel;
          float out = s_y[column][t] + my_skip * kept_u[e];
          if (gate) {
            const float z = load(gate + at);
            out *= z * sigmoid(z);
          }
          store(y + at, s_marks[t] == 2 ? 0.0f : out);
        }
      }
    }
    if (state_out && mine) {
#pragma unroll
      for (int k = 0; k < K; k++) {
        const int64_t n = lane + k * LANES;
        if (n < states) state_out[(batch * channels + channel) * states + n] = h[k];
      }
    }
  }
};

#define FORWARD(T, NAME, LANES, K)                                                              \
  extern "C" __global__ void __launch_bounds__(Forward<T, LANES, K>::THREADS)                   \
      selective_scan_forward_##NAME##_##LANES##x##K(                                            \
          const T* u, const T* delta, const float* a_log, const T* b, const T* c,               \
          const float* skip, const T* gate, const float* bias, const float* state_in,           \
          const int32_t* segments, T* y, float* state_out, int64_t length,                      \
          int64_t channels, int64_t states, int softplus_delta, int reversed) {                 \
    Forward<T, LANES, K>::run(u, delta, a_log, b, c, skip, gate, bias, state_in, segments, y,   \
                              state_out, {length, reversed}, channels, states,           \
                              softplus_delta);                                                  \
  }

#define FORWARDS(T, NAME)   \
  FORWARD(T, NAME, 1, 1)    \
  FORWARD(T, NAME, 2, 1)    \
  FORWARD(T, NAME, 4, 1)    \
  FORWARD(T, NAME, 8, 1)    \
  FORWARD(T, NAME, 16, 1)   \
  FORWARD(T, NAME, 16, 2)   \
  FORWARD(T, NAME, 16, 4)

FORWARDS(float, f32)
FORWARDS(bf16, bf16)
