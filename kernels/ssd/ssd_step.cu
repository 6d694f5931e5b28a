#include "ssd/ssd.cuh"

// One step of every row of the batch: h = decay·h + Δ·x·Bᵀ and y = h·C + skip·x. A warp has
// ROWS channels of a head, its lanes neighbouring states.
template <typename T, bool FOURS>
struct Step {
  static constexpr int ROWS = 4;
  static constexpr int WARPS = 4;
  static constexpr int EACH = FOURS ? 4 : 1;

  __device__ static void run(const Call<T>& call, float min_step, float max_step) {
    let_successor_begin();
    wait_for_predecessor();
    const int lane = threadIdx.x % 32;
    const int64_t b = blockIdx.x / call.heads;
    const int64_t head = blockIdx.x % call.heads;
    const int64_t first = (static_cast<int64_t>(blockIdx.y) * WARPS + threadIdx.x / 32) * ROWS;
    const bool padding = call.documents && call.documents[b] < 0;
    const T* x = call.xbc + b * call.width() + head * call.head_dim;
    T* y = call.y + b * call.inner() + head * call.head_dim;
    if (padding) {
      if (lane < ROWS && first + lane < call.head_dim) store(y + first + lane, 0.0f);
      return;
    }
    const T* shared_b = call.xbc + b * call.width() + call.column_b(call.group(head));
    const T* shared_c = call.xbc + b * call.width() + call.column_c(call.group(head));
    float* h = call.state_out + ((b * call.heads + head) * call.head_dim + first) * call.states;

    const float raw =
        load(call.delta + b * call.heads + head) + (call.bias ? call.bias[head] : 0.0f);
    const float step = fminf(
        fmaxf(fmaxf(raw, 0.0f) + log1pf(expf(-fabsf(raw))), min_step), max_step);
    const float through = expf(-step * expf(call.a_log[head]));
    const float skip = call.skip ? call.skip[head] : 0.0f;
    float in[ROWS];
    float sum[ROWS] = {};
#pragma unroll
    for (int r = 0; r < ROWS; r++) in[r] = first + r < call.head_dim ? load(x + first + r) : 0.0f;

    for (int64_t n = lane * EACH; n < call.states; n += 32 * EACH) {
      float bb[EACH];
      float cc[EACH];
#pragma unroll
      for (int e = 0; e < EACH; e++) {
        bb[e] = load(shared_b + n + e);
        cc[e] = load(shared_c + n + e);
      }
      float state[ROWS][EACH];
#pragma unroll
      for (int r = 0; r < ROWS; r++) {
        if (first + r >= call.head_dim) continue;
        const float* from = h + r * call.states + n;
        if constexpr (FOURS) {
          const float4 four = *reinterpret_cast<const float4*>(from);
          state[r][0] = four.x, state[r][1] = four.y, state[r][2] = four.z, state[r][3] = four.w;
        } else {
          state[r][0] = *from;
        }
      }
#pragma unroll
      for (int r = 0; r < ROWS; r++) {
        if (first + r >= call.head_dim) continue;
#pragma unroll
        for (int e = 0; e < EACH; e++) {
          state[r][e] = fmaf(through, state[r][e], step * in[r] * bb[e]);
          sum[r] = fmaf(state[r][e], cc[e], sum[r]);
        }
        float* to = h + r * call.states + n;
        if constexpr (FOURS) {
          *reinterpret_cast<float4*>(to) =
              make_float4(state[r][0], state[r][1], state[r][2], state[r][3]);
        } else {
          *to = state[r][0];
        }
      }
    }
#pragma unroll
    for (int r = 0; r < ROWS; r++) {
#pragma unroll
      for (int lanes = 16; lanes > 0; lanes >>= 1) {
        sum[r] += __shfl_xor_sync(0xffffffffu, sum[r], lanes);
      }
      if (lane == r && first + r < call.head_dim) {
        store(y + first + r, fmaf(skip, in[r], sum[r]));
      }
    }
  }
};

#define STEP(T, NAME)                                                                            \
  extern "C" __global__ void __launch_bounds__(128)                                              \
      ssd_step_##NAME(__grid_constant__ const Call<T> call, float min_step, float max_step) {    \
    Step<T, false>::run(call, min_step, max_step);                                               \
  }                                                                                              \
  extern "C" __global__ void __launch_bounds__(128)                                              \
      ssd_step4_##NAME(__grid_constant__ const Call<T> call, float min_step, float max_step) {   \
    Step<T, true>::run(call, min_step, max_step);                                                \
  }

STEP(float, f32)
STEP(bf16, bf16)
