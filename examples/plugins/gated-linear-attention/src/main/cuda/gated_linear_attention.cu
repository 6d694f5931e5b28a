// The recurrence of gated linear attention, on a GPU.
//
// Forward and backward are one recurrence over different operands:
//
//   S_t = a_t S_{t-1} + x_t y_t^T        out_t = S_t w_t
//
//             x    y    w    out    time
//   forward   v    k    q    o      forwards
//   backward  k    v    do   dq     forwards
//   backward  q    do   v    dk     backwards
//   backward  do   q    k    dv     backwards
//
// A thread has a row of S in registers, a block the rows of one head, and time goes in tiles.

#include <cuda_bf16.h>

#include <cstdint>

using bf16 = __nv_bfloat16;

constexpr int TILE = 16;
constexpr int MOST_WARPS = 4;

// Elements are computed in float, whatever they are stored as.
__device__ __forceinline__ float load(const float* p) { return *p; }
__device__ __forceinline__ float load(const bf16* p) { return __bfloat162float(*p); }
__device__ __forceinline__ void store(float* p, float value) { *p = value; }
__device__ __forceinline__ void store(bf16* p, float value) { *p = __float2bfloat16(value); }

// Distance in a state [batch, heads, keys, values] from row to row of S, and along a row.
struct StateWalk {
  int64_t row;
  int64_t column;
};

template <typename T>
struct Operands {
  const T* x;
  const T* y;
  const T* w;
  const T* decay;
  const int32_t* positions;
  const float* state_in;
  float* state_saved;
  float* state_out;
  T* out;         // null where nobody asks
  const T* with;  // dots[t] is the product of out_t and with_t, where asked for
  float* dots;
  int64_t length;
  int64_t rows;
  int64_t columns;
  StateWalk walk;
  int reversed;
};

// Grid: [tiles of rows, heads, batch].
template <typename T, int COLUMNS>
__device__ void recur(const Operands<T>& in) {
  __shared__ float s_x[TILE][32 * MOST_WARPS];
  __shared__ float s_with[TILE][32 * MOST_WARPS];
  __shared__ float s_y[TILE][COLUMNS];
  __shared__ float s_w[TILE][COLUMNS];
  __shared__ float s_decay[TILE];
  __shared__ int32_t s_position[TILE];
  __shared__ float s_dots[TILE][MOST_WARPS];

  const int64_t row = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  const bool mine = row < in.rows;
  const int64_t head = blockIdx.y;
  const int64_t heads = gridDim.y;
  const int64_t batch = blockIdx.z;
  const int64_t first = batch * in.length;
  const int64_t state_at = (batch * heads + head) * in.rows * in.columns + row * in.walk.row;

  float state[COLUMNS];
#pragma unroll
  for (int c = 0; c < COLUMNS; c++) {
    const bool there = in.state_in && mine && c < in.columns;
    state[c] = there ? in.state_in[state_at + c * in.walk.column] : 0.0f;
    if (there && in.state_saved) in.state_saved[state_at + c * in.walk.column] = state[c];
  }

  bool begun = false;
  float carried = 1.0f;
  for (int64_t from = 0; from < in.length; from += TILE) {
    const int steps = in.length - from < TILE ? static_cast<int>(in.length - from) : TILE;
    auto at = [&](int s) {
      return first + (in.reversed ? in.length - 1 - from - s : from + s);
    };
    // Unrolled, so that many loads are on their way at once.
#pragma unroll 8
    for (int i = threadIdx.x; i < steps * COLUMNS; i += blockDim.x) {
      const int s = i / COLUMNS;
      const int c = i % COLUMNS;
      const int64_t place = (at(s) * heads + head) * in.columns + c;
      s_y[s][c] = c < in.columns ? load(in.y + place) : 0.0f;
      s_w[s][c] = c < in.columns ? load(in.w + place) : 0.0f;
    }
    for (int s = threadIdx.x; s < steps; s += blockDim.x) {
      s_decay[s] = expf(load(in.decay + at(s) * heads + head));
      s_position[s] = in.positions ? in.positions[at(s)] : 1;
    }
#pragma unroll 8
    for (int s = 0; s < steps; s++) {
      const int64_t place = (at(s) * heads + head) * in.rows + row;
      s_x[s][threadIdx.x] = mine ? load(in.x + place) : 0.0f;
      s_with[s][threadIdx.x] = mine && in.dots ? load(in.with + place) : 0.0f;
    }
    __syncthreads();
#pragma unroll 1
    for (int s = 0; s < steps; s++) {
      float sum = 0.0f;
      if (s_position[s] >= 0) {
        // Backwards the first position of a document lets nothing through to the one before it.
        const bool fresh = s_position[s] == 0 && (begun || in.reversed);
        const float kept = fresh ? 0.0f : s_decay[s];
        const float factor = in.reversed ? carried : kept;
        carried = kept;
        begun = true;
        const float x = s_x[s][threadIdx.x];
        float sums[4] = {};
#pragma unroll
        for (int c = 0; c < COLUMNS; c++) {
          state[c] = fmaf(factor, state[c], x * s_y[s][c]);
          sums[c % 4] = fmaf(state[c], s_w[s][c], sums[c % 4]);
        }
        sum = (sums[0] + sums[1]) + (sums[2] + sums[3]);
      }
      const int64_t place = (at(s) * heads + head) * in.rows + row;
      if (mine && in.out) store(in.out + place, sum);
      if (in.dots) {
        float dot = sum * s_with[s][threadIdx.x];
        for (int lane = 16; lane > 0; lane /= 2) dot += __shfl_xor_sync(~0u, dot, lane);
        if (threadIdx.x % 32 == 0) s_dots[s][threadIdx.x / 32] = dot;
      }
    }
    __syncthreads();
    for (int s = threadIdx.x; in.dots && s < steps; s += blockDim.x) {
      float dot = 0.0f;
      for (int warp = 0; warp < static_cast<int>(blockDim.x) / 32; warp++) dot += s_dots[s][warp];
      in.dots[at(s) * heads + head] = dot;
    }
    // What is read here is written again only behind the barrier in the middle of the next tile.
  }
#pragma unroll
  for (int c = 0; c < COLUMNS; c++) {
    if (in.state_out && mine && c < in.columns) {
      in.state_out[state_at + c * in.walk.column] = state[c];
    }
  }
}

#define RECURRENCE(T, NAME, COLUMNS)                                                             \
  extern "C" __global__ void __launch_bounds__(32 * MOST_WARPS)                                  \
      recurrence_##NAME##_##COLUMNS(                                                             \
          const T* x, const T* y, const T* w, const T* decay, const int32_t* positions,          \
          const float* state_in, float* state_saved, float* state_out, T* out, const T* with,    \
          float* dots, int64_t length, int64_t rows, int64_t columns, StateWalk walk,            \
          int reversed) {                                                                        \
    recur<T, COLUMNS>({x, y, w, decay, positions, state_in, state_saved, state_out, out, with,   \
                       dots, length, rows, columns, walk, reversed});                            \
  }

#define RECURRENCES(T, NAME)  \
  RECURRENCE(T, NAME, 16)     \
  RECURRENCE(T, NAME, 32)     \
  RECURRENCE(T, NAME, 64)     \
  RECURRENCE(T, NAME, 128)

RECURRENCES(float, f32)
RECURRENCES(bf16, bf16)

// The gradient of g at a position: what q.dq - k.dk sums up to from there to the document's end.
// One warp a head of a row; lane 0 has the last of 32 positions.
template <typename T>
__device__ void gather_decays(const float* entering, const float* leaving,
                              const int32_t* positions, int64_t length, int carries, T* gradient) {
  const int lane = threadIdx.x;
  const int64_t head = blockIdx.x;
  const int64_t heads = gridDim.x;
  const int64_t first = blockIdx.y * length;
  // A document that goes on from a state is the first in its row.
  int64_t goes_on = -1;
  for (int64_t from = 0; carries && goes_on < 0 && from < length; from += 32) {
    const bool text =
        from + lane < length && (!positions || positions[first + from + lane] >= 0);
    const unsigned found = __ballot_sync(~0u, text);
    if (found) goes_on = from + __ffs(found) - 1;
  }
  double rest = 0.0;
  for (int64_t end = length; end > 0; end -= 32) {
    const int64_t t = end - 1 - lane;
    const int32_t position = t < 0 ? -1 : positions ? positions[first + t] : static_cast<int>(t > 0);
    const int64_t at = (first + t) * heads + head;
    const bool fresh = position == 0 && t != goes_on;
    double sum = position < 0 ? 0.0 : static_cast<double>(entering[at]) - leaving[at];
    bool cut = __shfl_up_sync(~0u, fresh, 1) && lane > 0;
    if (lane == 0) sum += rest;
    for (int distance = 1; distance < 32; distance *= 2) {
      const double before = __shfl_up_sync(~0u, sum, distance);
      const bool cut_before = __shfl_up_sync(~0u, cut, distance);
      if (lane >= distance && !cut) {
        sum += before;
        cut = cut_before;
      }
    }
    if (t >= 0) store(gradient + at, position < 0 || fresh ? 0.0f : static_cast<float>(sum));
    rest = __shfl_sync(~0u, fresh ? 0.0 : sum, 31);
  }
}

extern "C" __global__ void decay_gradient_f32(const float* entering, const float* leaving,
                                              const int32_t* positions, int64_t length,
                                              int carries, float* gradient) {
  gather_decays(entering, leaving, positions, length, carries, gradient);
}

extern "C" __global__ void decay_gradient_bf16(const float* entering, const float* leaving,
                                               const int32_t* positions, int64_t length,
                                               int carries, bf16* gradient) {
  gather_decays(entering, leaving, positions, length, carries, gradient);
}
