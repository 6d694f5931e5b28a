#include "ssd/ssd.cuh"

// One step of every row of the batch: h = decay·h + Δ·x·Bᵀ and y = h·C + skip·x. States are of S,
// F32 or BF16, whatever streams are; between load and store they are F32.

// What a step is of a head.
template <typename T>
struct HeadStep {
  float step;
  float through;  // decay
  float skip;

  __device__ HeadStep(const Call<T>& call, int64_t b, int64_t head, float bias, float a_log,
                      float skip, float min_step, float max_step)
      : skip(skip) {
    const float raw = load(call.delta + b * call.heads + head) + bias;
    step = fminf(fmaxf(fmaxf(raw, 0.0f) + log1pf(expf(-fabsf(raw))), min_step), max_step);
    through = expf(-step * expf(a_log));
  }
};

constexpr int STEP_THREADS = 128;

// Eight neighbouring states.
template <typename S>
struct EightStates {
  static constexpr int WORDS = sizeof(S) / 2;  // of 16 bytes
  uint4 word[WORDS];

  __device__ __forceinline__ void read(const S* from) {
#pragma unroll
    for (int i = 0; i < WORDS; i++) word[i] = __ldcs(reinterpret_cast<const uint4*>(from) + i);
  }

  __device__ __forceinline__ void floats(float (&to)[8]) const {
    const S* s = reinterpret_cast<const S*>(word);
#pragma unroll
    for (int i = 0; i < 8; i++) to[i] = load(s + i);
  }

  __device__ __forceinline__ void write(S* to, const float (&from)[8]) {
    S* s = reinterpret_cast<S*>(word);
#pragma unroll
    for (int i = 0; i < 8; i++) store(s + i, from[i]);
#pragma unroll
    for (int i = 0; i < WORDS; i++) __stcs(reinterpret_cast<uint4*>(to) + i, word[i]);
  }
};

// Eight neighbouring elements of a stream.
template <typename T>
__device__ __forceinline__ void load_eight(const T* from, bool vectors, float (&to)[8]) {
  alignas(16) T eight[8];
  if (vectors) {
#pragma unroll
    for (int i = 0; i < static_cast<int>(sizeof(T)) / 2; i++) {
      reinterpret_cast<uint4*>(eight)[i] = reinterpret_cast<const uint4*>(from)[i];
    }
  } else {
#pragma unroll
    for (int i = 0; i < 8; i++) eight[i] = from[i];
  }
#pragma unroll
  for (int i = 0; i < 8; i++) to[i] = load(eight + i);
}

// A channel's states lie over `lanes` neighbouring lanes, eight on each; a thread has ROWS channels.
// All its states are on their way before the predecessor has ended, if they and the parameters
// stand.
template <typename T, typename S>
__device__ __forceinline__ void step_of_eights(const Call<T>& call, S* states, float min_step,
                                               float max_step, int lanes, int ahead) {
  constexpr int ROWS = 4;
  let_successor_begin();
  if (!ahead) wait_for_predecessor();
  const int64_t b = blockIdx.x / call.heads;
  const int64_t head = blockIdx.x % call.heads;
  const int rows = STEP_THREADS / lanes;  // at a time
  const int lane = threadIdx.x % lanes;
  const int64_t first = static_cast<int64_t>(blockIdx.y) * (rows * ROWS) + threadIdx.x / lanes;
  S* mine = states + ((b * call.heads + head) * call.head_dim + first) * call.states + lane * 8;
  EightStates<S> raw[ROWS];
#pragma unroll
  for (int r = 0; r < ROWS; r++) {
    if (first + r * rows < call.head_dim) raw[r].read(mine + r * rows * call.states);
  }
  const float bias = call.bias ? call.bias[head] : 0.0f;
  const float a_log = call.a_log[head];
  const float skip = call.skip ? call.skip[head] : 0.0f;
  if (ahead) wait_for_predecessor();

  const bool padding = call.documents && call.documents[b] < 0;
  const T* row = call.xbc + b * call.width();
  const T* x = row + head * call.head_dim;
  T* y = call.y + b * call.inner() + head * call.head_dim;
  const HeadStep<T> of(call, b, head, bias, a_log, skip, min_step, max_step);
  float bb[8];
  float cc[8];
  load_eight(row + call.column_b(call.group(head)) + lane * 8, call.aligned, bb);
  load_eight(row + call.column_c(call.group(head)) + lane * 8, call.aligned, cc);
  float in[ROWS];
  float sum[ROWS] = {};
#pragma unroll
  for (int r = 0; r < ROWS; r++) {
    in[r] = first + r * rows < call.head_dim ? load(x + first + r * rows) : 0.0f;
  }
#pragma unroll
  for (int r = 0; r < ROWS; r++) {
    if (padding || first + r * rows >= call.head_dim) continue;
    float h[8];
    raw[r].floats(h);
#pragma unroll
    for (int i = 0; i < 8; i++) {
      h[i] = fmaf(of.through, h[i], of.step * in[r] * bb[i]);
      sum[r] = fmaf(h[i], cc[i], sum[r]);
    }
    raw[r].write(mine + r * rows * call.states, h);
  }
#pragma unroll
  for (int r = 0; r < ROWS; r++) {
    for (int other = lanes / 2; other > 0; other >>= 1) {
      sum[r] += __shfl_xor_sync(0xffffffffu, sum[r], other);
    }
    if (lane == 0 && first + r * rows < call.head_dim) {
      store(y + first + r * rows, padding ? 0.0f : fmaf(of.skip, in[r], sum[r]));
    }
  }
}

// The same for any number of states. A warp has ROWS channels of a head.
template <typename T, typename S>
__device__ __forceinline__ void step_of_any(const Call<T>& call, S* states, float min_step,
                                            float max_step) {
  constexpr int ROWS = 4;
  let_successor_begin();
  wait_for_predecessor();
  const int lane = threadIdx.x % 32;
  const int64_t b = blockIdx.x / call.heads;
  const int64_t head = blockIdx.x % call.heads;
  const int64_t first =
      (static_cast<int64_t>(blockIdx.y) * (STEP_THREADS / 32) + threadIdx.x / 32) * ROWS;
  const T* row = call.xbc + b * call.width();
  const T* x = row + head * call.head_dim;
  T* y = call.y + b * call.inner() + head * call.head_dim;
  if (call.documents && call.documents[b] < 0) {
    if (lane < ROWS && first + lane < call.head_dim) store(y + first + lane, 0.0f);
    return;
  }
  S* h = states + ((b * call.heads + head) * call.head_dim + first) * call.states;
  const HeadStep<T> of(call, b, head, call.bias ? call.bias[head] : 0.0f, call.a_log[head],
                       call.skip ? call.skip[head] : 0.0f, min_step, max_step);
  float in[ROWS];
  float sum[ROWS] = {};
#pragma unroll
  for (int r = 0; r < ROWS; r++) in[r] = first + r < call.head_dim ? load(x + first + r) : 0.0f;
  for (int64_t n = lane; n < call.states; n += 32) {
    const float bb = load(row + call.column_b(call.group(head)) + n);
    const float cc = load(row + call.column_c(call.group(head)) + n);
#pragma unroll
    for (int r = 0; r < ROWS; r++) {
      if (first + r >= call.head_dim) continue;
      S* at = h + r * call.states + n;
      const float next = fmaf(of.through, load(at), of.step * in[r] * bb);
      sum[r] = fmaf(next, cc, sum[r]);
      store(at, next);
    }
  }
#pragma unroll
  for (int r = 0; r < ROWS; r++) {
#pragma unroll
    for (int lanes = 16; lanes > 0; lanes >>= 1) {
      sum[r] += __shfl_xor_sync(0xffffffffu, sum[r], lanes);
    }
    if (lane == r && first + r < call.head_dim) {
      store(y + first + r, fmaf(of.skip, in[r], sum[r]));
    }
  }
}

#define STEP(T, S, NAME)                                                                  \
  extern "C" __global__ void __launch_bounds__(STEP_THREADS)                              \
      ssd_step_##NAME(__grid_constant__ const Call<T> call, S* states, float min_step,    \
                      float max_step) {                                                   \
    step_of_any<T, S>(call, states, min_step, max_step);                                  \
  }                                                                                       \
  extern "C" __global__ void __launch_bounds__(STEP_THREADS)                              \
      ssd_step8_##NAME(__grid_constant__ const Call<T> call, S* states, float min_step,   \
                       float max_step, int lanes, int ahead) {                            \
    step_of_eights<T, S>(call, states, min_step, max_step, lanes, ahead);                 \
  }

STEP(float, float, f32)
STEP(bf16, float, bf16)
STEP(float, bf16, half_f32)
STEP(bf16, bf16, half_bf16)
