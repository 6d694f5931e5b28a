#include <type_traits>

#include "ssd/ssd.cuh"

// One step of every row of the batch: h = decay·h + Δ·x·Bᵀ and y = h·C + skip·x. States are of S,
// F32 or BF16, whatever streams are; between load and store they are F32.

// What a step is of a head.
struct HeadStep {
  float step;
  float through;  // decay
  float skip;

  __device__ __forceinline__ HeadStep(float raw, float a_log, float skip, float min_step,
                                      float max_step)
      : skip(skip) {
    step = fminf(fmaxf(fmaxf(raw, 0.0f) + log1pf(expf(-fabsf(raw))), min_step), max_step);
    through = expf(-step * expf(a_log));
  }
};

constexpr int STEP_THREADS = 128;

// What is made of y where an RMS norm of y·SiLU(z) stands behind, as the host gives it: that times
// the weight. The factor of a row is left to who reads it.
template <typename T>
struct Gate {
  const T* z;
  const float* weight;
  T* out;
  float* squares;  // of each block, [batch, heads, blocks of a head]
};

// No gate.
struct Ungated {};

__device__ __forceinline__ float sum_of_step(float value) {
  __shared__ float parts[STEP_THREADS / 32];
#pragma unroll
  for (int lanes = 16; lanes > 0; lanes >>= 1) {
    value += __shfl_xor_sync(0xffffffffu, value, lanes);
  }
  if (threadIdx.x % 32 == 0) parts[threadIdx.x / 32] = value;
  __syncthreads();
  float sum = 0.0f;
#pragma unroll
  for (int warp = 0; warp < STEP_THREADS / 32; warp++) sum += parts[warp];
  return sum;
}

// Eight neighbouring states, or elements of a stream.
template <typename S>
struct EightStates {
  static constexpr int WORDS = sizeof(S) / 2;  // of 16 bytes
  uint4 word[WORDS];

  __device__ __forceinline__ void read(const S* from) {
#pragma unroll
    for (int i = 0; i < WORDS; i++) word[i] = reinterpret_cast<const uint4*>(from)[i];
  }

  __device__ __forceinline__ void floats(float (&to)[8]) const {
    const S* s = reinterpret_cast<const S*>(word);
#pragma unroll
    for (int i = 0; i < 8; i++) to[i] = load(s + i);
  }

  __device__ __forceinline__ void take(const float (&from)[8]) {
    S* s = reinterpret_cast<S*>(word);
#pragma unroll
    for (int i = 0; i < 8; i++) store(s + i, from[i]);
  }

  __device__ __forceinline__ void write(S* to) const {
#pragma unroll
    for (int i = 0; i < WORDS; i++) __stcs(reinterpret_cast<uint4*>(to) + i, word[i]);
  }
};

// The sums of neighbouring lanes, of each row, to all of them.
template <int ROWS>
__device__ __forceinline__ void sum_over_lanes(float (&sum)[ROWS], int lanes) {
#pragma unroll
  for (int other = 16; other > 0; other >>= 1) {
    if (other >= lanes) continue;
#pragma unroll
    for (int r = 0; r < ROWS; r++) sum[r] += __shfl_xor_sync(0xffffffffu, sum[r], other);
  }
}

// A channel's states lie over `lanes` neighbouring lanes, eight on each; a thread has ROWS channels,
// several where there are many, a single one where blocks would be too few. There are no fewer lanes
// than ROWS: each of the first ones makes the end of one of the channels.
// All its states are on their way before the predecessor has ended, if they and the parameters
// stand.
template <typename T, typename S, int ROWS, typename Gating>
__device__ __forceinline__ void step_of_eights(const Call<T>& call, S* states, float min_step,
                                               float max_step, int lanes, int ahead,
                                               const Gating& gate) {
  constexpr bool GATED = !std::is_same_v<Gating, Ungated>;
  // Several channels of F32 would be in the way of what other blocks read.
  constexpr bool WRITES_LAST = ROWS > 1 && std::is_same_v<S, float>;
  let_successor_begin();
  if (!ahead) wait_for_predecessor();
  const uint32_t heads = static_cast<uint32_t>(call.heads);
  const uint32_t b = blockIdx.x / heads;
  const uint32_t head = blockIdx.x - b * heads;
  const uint32_t group = head / (heads / static_cast<uint32_t>(call.groups));
  const int rows = STEP_THREADS / lanes;  // at a time
  const int lane = threadIdx.x % lanes;
  const int first = blockIdx.y * (rows * ROWS) + threadIdx.x / lanes;
  const int channels = static_cast<int>(call.head_dim);
  S* mine = states + (static_cast<int64_t>(blockIdx.x) * channels + first) * call.states + lane * 8;
  const int64_t next = rows * call.states;
  EightStates<S> raw[ROWS];
#pragma unroll
  for (int r = 0; r < ROWS; r++) {
    if (first + r * rows < channels) raw[r].read(mine + r * next);
  }
  const float bias = call.bias ? call.bias[head] : 0.0f;
  const float a_log = call.a_log[head];
  const float skip = call.skip ? call.skip[head] : 0.0f;
  const bool ends = lane < ROWS && first + lane * rows < channels;
  const int64_t channel = static_cast<int64_t>(head) * channels + first + lane * rows;
  float weight = 0.0f;
  if constexpr (GATED) {
    if (ends) weight = gate.weight[channel];
  }
  if (ahead) wait_for_predecessor();

  // All that the predecessor wrote is asked for before any of it is used.
  const T* row = call.xbc + b * call.width();
  const T* x = row + static_cast<int64_t>(head) * channels;
  const T delta = call.delta[b * call.heads + head];
  EightStates<T> raw_b;
  EightStates<T> raw_c;
  raw_b.read(row + call.column_b(group) + lane * 8);
  raw_c.read(row + call.column_c(group) + lane * 8);
  T in[ROWS];
#pragma unroll
  for (int r = 0; r < ROWS; r++) in[r] = first + r * rows < channels ? x[first + r * rows] : x[0];
  T z = in[0];
  if constexpr (GATED) {
    if (ends) z = gate.z[b * call.inner() + channel];
  }
  const bool padding = call.documents && call.documents[b] < 0;

  const HeadStep of(load(&delta) + bias, a_log, skip, min_step, max_step);
  float bb[8];
  float cc[8];
  raw_b.floats(bb);
  raw_c.floats(cc);
  float sum[ROWS] = {};
#pragma unroll
  for (int r = 0; r < ROWS; r++) {
    if (padding || first + r * rows >= channels) continue;
    const float entering = of.step * load(&in[r]);
    float h[8];
    raw[r].floats(h);
#pragma unroll
    for (int i = 0; i < 8; i++) {
      h[i] = fmaf(of.through, h[i], entering * bb[i]);
      sum[r] = fmaf(h[i], cc[i], sum[r]);
    }
    raw[r].take(h);
    if (!WRITES_LAST) raw[r].write(mine + r * next);
  }
  sum_over_lanes(sum, lanes);
  float squares = 0.0f;
  if (ends) {
    float y = sum[0];
    T entered = in[0];
#pragma unroll
    for (int r = 1; r < ROWS; r++) {
      y = lane == r ? sum[r] : y;
      entered = lane == r ? in[r] : entered;
    }
    y = padding ? 0.0f : fmaf(of.skip, load(&entered), y);
    const int64_t at = b * call.inner() + channel;
    if constexpr (GATED) {
      const float open = load(&z);
      y *= open * sigmoid<T>(open);
      squares = y * y;
      store(gate.out + at, y * weight);
    } else {
      store(call.y + at, y);
    }
  }
  if (WRITES_LAST) {
#pragma unroll
    for (int r = 0; r < ROWS; r++) {
      if (!padding && first + r * rows < channels) raw[r].write(mine + r * next);
    }
  }
  if constexpr (GATED) {
    const float all = sum_of_step(squares);
    if (threadIdx.x == 0) {
      gate.squares[static_cast<int64_t>(blockIdx.x) * gridDim.y + blockIdx.y] = all;
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
  const HeadStep of(load(call.delta + b * call.heads + head) + (call.bias ? call.bias[head] : 0.0f),
                    call.a_log[head], call.skip ? call.skip[head] : 0.0f, min_step, max_step);
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
  sum_over_lanes(sum, 32);
#pragma unroll
  for (int r = 0; r < ROWS; r++) {
    if (lane == r && first + r < call.head_dim) {
      store(y + first + r, fmaf(of.skip, in[r], sum[r]));
    }
  }
}

#define STEP_OF_EIGHTS(T, S, NAME, ROWS)                                                  \
  extern "C" __global__ void __launch_bounds__(STEP_THREADS)                              \
      ssd_step8x##ROWS##_##NAME(__grid_constant__ const Call<T> call, S* states,          \
                                float min_step, float max_step, int lanes, int ahead) {   \
    step_of_eights<T, S, ROWS>(call, states, min_step, max_step, lanes, ahead, Ungated{}); \
  }

#define GATED_STEP(S, NAME, ROWS, BLOCKS)                                                    \
  extern "C" __global__ void __launch_bounds__(STEP_THREADS, BLOCKS)                         \
      ssd_step8x##ROWS##_gated_##NAME(__grid_constant__ const Call<bf16> call, S* states,    \
                                      float min_step, float max_step, int lanes, int ahead,  \
                                      __grid_constant__ const Gate<bf16> gate) {             \
    step_of_eights<bf16, S, ROWS>(call, states, min_step, max_step, lanes, ahead, gate);     \
  }

#define STEP(T, S, NAME)                                                                  \
  extern "C" __global__ void __launch_bounds__(STEP_THREADS)                              \
      ssd_step_##NAME(__grid_constant__ const Call<T> call, S* states, float min_step,    \
                      float max_step) {                                                   \
    step_of_any<T, S>(call, states, min_step, max_step);                                  \
  }                                                                                       \
  STEP_OF_EIGHTS(T, S, NAME, 1)                                                           \
  STEP_OF_EIGHTS(T, S, NAME, 4)

STEP(float, float, f32)
STEP(bf16, float, bf16)
STEP(float, bf16, half_f32)
STEP(bf16, bf16, half_bf16)

GATED_STEP(float, bf16, 1, 8)
GATED_STEP(float, bf16, 4, 5)
GATED_STEP(bf16, half_bf16, 1, 8)
GATED_STEP(bf16, half_bf16, 4, 8)
