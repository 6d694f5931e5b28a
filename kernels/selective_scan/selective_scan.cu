#include "selective_scan/scan.cuh"

// A channel's states lie over LANES neighbouring lanes, K on each. In every group of LANES steps
// each lane prepares and finishes one step (softplus, gate, loads and the store), and all of them
// advance their states through all steps of the group. B and C of a tile lie in shared memory,
// where the next tile's arrive while this one is computed.
template <typename T, int LANES, int K>
struct Forward {
  static constexpr int THREADS = 128;
  static constexpr int CHANNELS = THREADS / LANES;
  static constexpr int STATES = LANES * K;  // zeros behind the real ones
  static constexpr int EACH = (TILE * STATES + THREADS - 1) / THREADS;
  static constexpr int AHEAD = 2;  // groups of steps whose stream is in registers

  // Neighbouring states as one load.
  __device__ static void states(const float* from, float (&to)[K]) {
    if constexpr (K % 4 == 0) {
#pragma unroll
      for (int k = 0; k < K; k += 4) {
        const float4 four = *reinterpret_cast<const float4*>(from + k);
        to[k] = four.x;
        to[k + 1] = four.y;
        to[k + 2] = four.z;
        to[k + 3] = four.w;
      }
    } else {
#pragma unroll
      for (int k = 0; k < K; k++) to[k] = from[k];
    }
  }

  __device__ static void run(const T* u, const T* delta, const float* a_log, const T* b,
                             const T* c, const float* skip, const T* gate, const float* bias,
                             const float* state_in, const int32_t* segments, T* y,
                             float* state_out, Steps steps, int64_t channels, int64_t real_states,
                             int softplus_delta) {
    __shared__ __align__(16) float s_b[2][TILE][STATES];
    __shared__ __align__(16) float s_c[2][TILE][STATES];
    __shared__ int s_marks[2][TILE];

    const int lane = threadIdx.x % LANES;
    const int64_t channel = static_cast<int64_t>(blockIdx.x) * CHANNELS + threadIdx.x / LANES;
    const bool mine = channel < channels;
    const int64_t some = mine ? channel : channels - 1;
    const int64_t batch = blockIdx.y;

    float decay[K];
    float h[K];
#pragma unroll
    for (int k = 0; k < K; k++) {
      const int64_t n = lane * K + k;
      const bool real = n < real_states;
      decay[k] = real ? -expf(a_log[some * real_states + n]) * LOG2_E : 0.0f;
      h[k] = real && state_in ? state_in[(batch * channels + some) * real_states + n] : 0.0f;
    }
    const float my_bias = bias ? bias[some] : 0.0f;
    const float my_skip = skip ? skip[some] : 0.0f;

    float next_b[EACH];
    float next_c[EACH];
    auto fetch_tile = [&](int64_t from) {
#pragma unroll
      for (int e = 0; e < EACH; e++) {
        const int i = threadIdx.x + e * THREADS;
        const int n = i % STATES;
        const int64_t step = from + i / STATES;
        const bool there = i < TILE * STATES && n < real_states && step < steps.length;
        const int64_t at =
            there ? (batch * steps.length + steps.row(step)) * real_states + n : 0;
        next_b[e] = there ? load(b + at) : 0.0f;
        next_c[e] = there ? load(c + at) : 0.0f;
      }
    };
    int32_t last = -1;
    auto put_tile = [&](int buffer, int64_t from) {
#pragma unroll
      for (int e = 0; e < EACH; e++) {
        const int i = threadIdx.x + e * THREADS;
        if (i < TILE * STATES) {
          (&s_b[buffer][0][0])[i] = next_b[e];
          (&s_c[buffer][0][0])[i] = next_c[e];
        }
      }
      if (threadIdx.x < 32) {
        if (segments) mark_documents(segments, steps, batch, from, last, s_marks[buffer]);
        else s_marks[buffer][threadIdx.x] = 0;
      }
    };

    // This lane's steps: every LANES-th from `lane` on.
    const int64_t first = (batch * steps.length + steps.row(lane)) * channels + some;
    const int64_t stride = (steps.reversed ? -LANES : LANES) * channels;
    const T* u_at = u + first;
    const T* delta_at = delta + first;
    const T* gate_at = gate + first;
    T* y_at = y + first;
    float next_u[AHEAD];
    float next_delta[AHEAD];
    float next_gate[AHEAD];
    int64_t to_fetch = steps.length - lane;
    int64_t to_store = to_fetch;
    auto fetch = [&](int slot) {
      const bool there = to_fetch > 0;
      next_u[slot] = there ? load(u_at) : 0.0f;
      next_delta[slot] = there ? load(delta_at) : 0.0f;
      next_gate[slot] = there && gate ? load(gate_at) : 0.0f;
      u_at += stride;
      delta_at += stride;
      gate_at += stride;
      to_fetch -= LANES;
    };

    fetch_tile(0);
#pragma unroll
    for (int slot = 0; slot < AHEAD; slot++) fetch(slot);
    put_tile(0, 0);
    __syncthreads();
    int buffer = 0;
    for (int64_t from = 0; from < steps.length; from += TILE, buffer ^= 1) {
      fetch_tile(from + TILE);
#pragma unroll AHEAD
      for (int group = 0; group < TILE / LANES; group++) {
        const int slot = group % AHEAD;
        const int mark = s_marks[buffer][group * LANES + lane];
        const float my_u = next_u[slot];
        const float my_gate = next_gate[slot];
        const float raw = next_delta[slot] + my_bias;
        const bool there = to_store > 0 && mark != 2;
        const float step = there ? (softplus_delta ? softplus(raw) : raw) : 0.0f;
        const float my_delta = mark == 1 ? FORGET : step;
        const float my_du = step * my_u;
        fetch(slot);
        float sum[LANES];
#pragma unroll
        for (int s = 0; s < LANES; s++) {
          const float d = LANES == 1 ? my_delta : __shfl_sync(0xffffffffu, my_delta, s, LANES);
          const float x = LANES == 1 ? my_du : __shfl_sync(0xffffffffu, my_du, s, LANES);
          float bb[K];
          float cc[K];
          states(&s_b[buffer][group * LANES + s][lane * K], bb);
          states(&s_c[buffer][group * LANES + s][lane * K], cc);
#pragma unroll
          for (int k = 0; k < K; k++) {
            h[k] = fmaf(exp2_approx(d * decay[k]), h[k], x * bb[k]);
            sum[s] = k == 0 ? h[k] * cc[k] : fmaf(h[k], cc[k], sum[s]);
          }
        }
        sum_over_lanes<LANES, LANES>(sum);
        float out = fmaf(my_skip, my_u, sum[0]);
        if (gate) out *= my_gate * sigmoid(my_gate);
        if (mine && to_store > 0) store(y_at, there ? out : 0.0f);
        y_at += stride;
        to_store -= LANES;
      }
      put_tile(buffer ^ 1, from + TILE);
      __syncthreads();
    }
    if (state_out && mine) {
#pragma unroll
      for (int k = 0; k < K; k++) {
        const int64_t n = lane * K + k;
        if (n < real_states) state_out[(batch * channels + channel) * real_states + n] = h[k];
      }
    }
  }
};

#define FORWARD(T, NAME, LANES, K)                                                              \
  extern "C" __global__ void __launch_bounds__(Forward<T, LANES, K>::THREADS, 4)                \
      selective_scan_forward_##NAME##_##LANES##x##K(                                            \
          const T* u, const T* delta, const float* a_log, const T* b, const T* c,               \
          const float* skip, const T* gate, const float* bias, const float* state_in,           \
          const int32_t* segments, T* y, float* state_out, int64_t length, int64_t channels,    \
          int64_t states, int softplus_delta, int reversed) {                                   \
    Forward<T, LANES, K>::run(u, delta, a_log, b, c, skip, gate, bias, state_in, segments, y,   \
                              state_out, {length, reversed}, channels, states, softplus_delta); \
  }

#define FORWARDS(T, NAME)  \
  FORWARD(T, NAME, 1, 1)   \
  FORWARD(T, NAME, 2, 1)   \
  FORWARD(T, NAME, 4, 1)   \
  FORWARD(T, NAME, 4, 2)   \
  FORWARD(T, NAME, 4, 4)   \
  FORWARD(T, NAME, 4, 8)   \
  FORWARD(T, NAME, 4, 16)

FORWARDS(float, f32)
FORWARDS(bf16, bf16)
