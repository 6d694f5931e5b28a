#include "ssd/grad_shared.cuh"
#include "ssd/grad_x.cuh"

// Gradients of step sizes of a chunk, a warp for each head: that of Δ_t·A is a sum over the pairs of
// positions between which t lies. Parts of what each head has one of are left for ssd_heads.
template <typename T>
__device__ void grad_steps(const Call<T>& call, float min_step, float max_step) {
  __shared__ int marks[PANEL];
  const int64_t chunk = blockIdx.x;
  const int64_t b = blockIdx.y;
  const int64_t start = chunk * PANEL;
  const int lane = threadIdx.x % 32;
  if (threadIdx.x < 32) {
    mark_documents(call.documents, b * call.length, call.length, start, PANEL, marks);
  }
  __syncthreads();
  for (int64_t head = threadIdx.x / 32; head < call.heads; head += blockDim.x / 32) {
    float direct[2] = {};
    float later[2] = {};
    float earlier[2] = {};
    float flow = 0.0f;
    float skips = 0.0f;
    for (int64_t tiled = head * call.head_tiles; tiled < (head + 1) * call.head_tiles; tiled++) {
      const int64_t of = call.of_tiled_head(b, chunk, tiled);
      skips += call.skips[of];
#pragma unroll
      for (int e = 0; e < 2; e++) {
        const float* row = call.of_rows + of * 3 * PANEL + 2 * lane + e;
        direct[e] += row[0];
        later[e] += row[PANEL];
        earlier[e] += row[2 * PANEL];
        for (int64_t i = 0; i < call.state_tiles; i++) {
          later[e] += call.from_states[(of * call.state_tiles + i) * PANEL + 2 * lane + e];
        }
      }
      for (int64_t i = 0; i < 4 * call.state_tiles; i++) {
        flow += call.flow[of * call.state_tiles * 4 + i];
      }
    }
    const int64_t at = call.of_head(b, chunk, head) * call.chunk;
    flow *= exp2_approx(call.spans[at / PANEL]);

    double before = static_cast<double>(earlier[0]) + earlier[1];
    double behind = static_cast<double>(later[0]) + later[1];
#pragma unroll
    for (int apart = 1; apart < 32; apart <<= 1) {
      const double more = __shfl_up_sync(0xffffffffu, before, apart);
      const double most = __shfl_down_sync(0xffffffffu, behind, apart);
      if (lane >= apart) before += more;
      if (lane + apart < 32) behind += most;
    }
    before -= static_cast<double>(earlier[0]) + earlier[1];
    const float rate = -expf(call.a_log[head]);
    float of_rate = 0.0f;
    float of_bias = 0.0f;
#pragma unroll
    for (int e = 0; e < 2; e++) {
      const int t = 2 * lane + e;
      const float step = call.steps[at + t];
      // Where nothing is left of what came before, rounding must not leave something either.
      const bool forgets = marks[t] == 1 || exp2_approx(step * rate * LOG2_E) == 0.0f;
      const float crossing = forgets ? 0.0f : static_cast<float>(before + behind) + flow;
      before += earlier[e];
      behind -= later[e];
      const bool bounded = step >= max_step || (min_step > 0.0f && step <= min_step);
      const float slope = bounded ? 0.0f : -expm1f(-step);
      const float raw = marks[t] == 2 ? 0.0f : (direct[e] + rate * crossing) * slope;
      of_rate += marks[t] == 2 ? 0.0f : step * crossing;
      of_bias += raw;
      if (call.grad_delta && start + t < call.length) {
        store(call.grad_delta + (b * call.length + start + t) * call.heads + head, raw);
      }
    }
#pragma unroll
    for (int lanes = 16; lanes > 0; lanes >>= 1) {
      of_rate += __shfl_xor_sync(0xffffffffu, of_rate, lanes);
      of_bias += __shfl_xor_sync(0xffffffffu, of_bias, lanes);
    }
    if (lane == 0) {
      const int64_t parts = call.batch * call.chunks;
      float* out = call.of_heads + head * parts + b * call.chunks + chunk;
      out[0] = rate * of_rate;
      out[call.heads * parts] = skips;
      out[2 * call.heads * parts] = of_bias;
    }
  }
}

// Adds up the parts of what each head has one of, a block for each sum.
template <typename T>
__device__ void grad_heads(const Call<T>& call) {
  const int64_t parts = call.batch * call.chunks;
  const int64_t head = blockIdx.x;
  float* out = blockIdx.y == 0 ? call.grad_a_log : blockIdx.y == 1 ? call.grad_skip : call.grad_bias;
  if (!out) return;
  const float* from = call.of_heads + (blockIdx.y * call.heads + head) * parts;
  float sum = 0.0f;
  for (int64_t i = threadIdx.x; i < parts; i += blockDim.x) sum += from[i];
  sum = block_reduce<Reduce::SUM>(sum);
  if (threadIdx.x == 0) out[head] = sum;
}

// Kernels whose name ends in _any take rows of any length and place.
#define BACKWARD(T, VECTORS, NAME, BLOCKS)                                                        \
  extern "C" __global__ void __launch_bounds__(128, 4)                                            \
      ssd_grad_ends_##NAME(__grid_constant__ const Call<T, VECTORS> call) {                       \
    extern __shared__ __align__(128) char memory[];                                               \
    States<Call<T, VECTORS>, T, true>(call).run_alone(memory);                                    \
  }                                                                                               \
  extern "C" __global__ void __launch_bounds__(128, 4)                                            \
      ssd_grad_states_##NAME(__grid_constant__ const Call<T, VECTORS> call) {                     \
    extern __shared__ __align__(128) char memory[];                                               \
    States<Call<T, VECTORS>, T, true>(call).run(memory);                                          \
  }                                                                                               \
  extern "C" __global__ void __launch_bounds__(128, BLOCKS)                                       \
      ssd_grad_x_##NAME(__grid_constant__ const Call<T, VECTORS> call) {                          \
    extern __shared__ __align__(128) char memory[];                                               \
    GradX<Call<T, VECTORS>, T>(call, memory).run();                                               \
  }                                                                                               \
  extern "C" __global__ void __launch_bounds__(128, BLOCKS)                                       \
      ssd_grad_shared_##NAME(__grid_constant__ const Call<T, VECTORS> call) {                     \
    extern __shared__ __align__(128) char memory[];                                               \
    GradShared<Call<T, VECTORS>, T>(call, memory).run();                                          \
  }

#define BACKWARD_ONCE(T, NAME)                                                                    \
  extern "C" __global__ void __launch_bounds__(128)                                               \
      ssd_grad_segments_##NAME(__grid_constant__ const Call<T> call) {                            \
    States<Call<T>, T, true>(call).run_segments();                                                \
  }                                                                                               \
  extern "C" __global__ void __launch_bounds__(256)                                               \
      ssd_grad_steps_##NAME(__grid_constant__ const Call<T> call, float min_step,                 \
                            float max_step) {                                                     \
    grad_steps(call, min_step, max_step);                                                         \
  }                                                                                               \
  extern "C" __global__ void __launch_bounds__(128)                                               \
      ssd_grad_heads_##NAME(__grid_constant__ const Call<T> call) {                               \
    grad_heads(call);                                                                             \
  }

BACKWARD_ONCE(float, f32)
BACKWARD_ONCE(bf16, bf16)
BACKWARD(float, true, f32, 2)
BACKWARD(bf16, true, bf16, 3)
BACKWARD(bf16, false, bf16_any, 3)
