#pragma once

#include "selective_scan/tile.cuh"

// Chunks' states that a forward scan starts from, and what it writes.
template <typename T>
struct ForwardResults {
  float* state;        // in place; of the only chunk, or written by the last
  const float* ends;   // [chunks, batch, channels, states]: what came in, then what chunks add
  const float* spans;  // [chunks, batch, channels]: sums of Δ
  T* y;
  float* saved;  // [tiles, batch, channels, states]: the states before each tile
};

// A block takes its channels through one chunk of the length. While a tile of steps is computed,
// the next one arrives in shared memory. y takes the place of u there.
//
// Steps go in groups of eight, of which a lane prepares and finishes two neighbours. For BF16 the
// sums over states, y_t = h_t·C_t, are products on tensor cores, in TF32: they are idle otherwise,
// and what issues instructions is not. With four states a lane, so are Δ_t·u_t·B_t of all channels
// and states and what hands Δ_t on to all lanes of a channel: without them, shared memory would be
// as busy as the exponentials.
template <typename T, int K, int STEPS>
struct Forward {
  static constexpr int STATES = LANES * K;
  static constexpr int GROUP = 2 * LANES;
  static constexpr int GROUPS = STEPS / GROUP;
  static constexpr bool TENSOR_CORES = sizeof(T) == 2 && K % 2 == 0;
  static constexpr bool OUTER = TENSOR_CORES && K == 4;  // products with B as well

  using Stream = Tile<T, STEPS, THREAD_CHANNELS>;
  using Weight = Weights<T, STEPS, STATES>;

  struct alignas(16) Shared {
    Stream u[2];
    Stream delta[2];
    Stream gate[2];
    float b[2][STEPS * STATES];
    float c[2][STEPS * STATES];
    int marks[2][STEPS];
  };

  // Two steps of this lane.
  struct Steps {
    float u[2];
    float gate[2];
    float decay[2];     // Δ, or so much that everything is forgotten
    float entering[2];  // Δ·u
    bool there[2];
  };

  const Scan<T>& scan;
  Shared& shared;
  const int64_t first_channel;
  const Lane<T, K> of;
  typename Stream::Cursor stream;
  typename Weight::Cursor weight;
  Weight b;
  Weight c;
  float h[K];
  float bias;
  float skip;
  bool unmarked_tile;

  __device__ __forceinline__ Forward(const Scan<T>& scan, Shared& shared)
      : scan(scan),
        shared(shared),
        first_channel(static_cast<int64_t>(blockIdx.x) * THREAD_CHANNELS),
        of(scan, first_channel),
        stream(scan, scan.channels, first_channel, blockIdx.z * scan.chunk),
        weight(scan, scan.states, 0, blockIdx.z * scan.chunk) {
    bias = scan.bias ? scan.bias[of.channel] : 0.0f;
    skip = scan.skip ? scan.skip[of.channel] : 0.0f;
  }

  __device__ __forceinline__ void fetch(int buffer, int64_t first) {
    shared.u[buffer].fetch(scan.u, stream, scan.channel_vectors);
    shared.delta[buffer].fetch(scan.delta, stream, scan.channel_vectors);
    if (scan.gate) shared.gate[buffer].fetch(scan.gate, stream, scan.channel_vectors);
    b.fetch(scan.b, weight, scan.state_vectors);
    c.fetch(scan.c, weight, scan.state_vectors);
    mark<STEPS>(scan, first, shared.marks[buffer]);
  }

  __device__ __forceinline__ int step_of(int group, int i) const {
    return group * GROUP + of.lane * 2 + i;
  }

  __device__ __forceinline__ int at(int group, int i) const {
    return step_of(group, i) * Stream::PITCH + of.local;
  }

  // PLAIN promises softplus, a gate, and a tile without marks.
  template <bool PLAIN>
  __device__ __forceinline__ Steps prepare(int buffer, int group) const {
    Steps steps;
#pragma unroll
    for (int i = 0; i < 2; i++) {
      const int place = at(group, i);
      steps.u[i] = load(shared.u[buffer].element + place);
      steps.gate[i] = PLAIN || scan.gate ? load(shared.gate[buffer].element + place) : 0.0f;
      const float raw = load(shared.delta[buffer].element + place) + bias;
      float delta = PLAIN || scan.softplus ? softplus<T>(raw) : raw;
      steps.decay[i] = delta;
      steps.there[i] = true;
      if (!PLAIN && !unmarked_tile) {
        const int mark = shared.marks[buffer][step_of(group, i)];
        steps.there[i] = mark != NOTHING;
        delta = steps.there[i] ? delta : 0.0f;
        steps.decay[i] = mark == BEGINS ? FORGET : delta;
      }
      steps.entering[i] = OUTER ? round_to_tf32(delta * steps.u[i]) : delta * steps.u[i];
    }
    return steps;
  }

  // B of a tile where OUTER, in the order in which lanes need it: [group][lane][odd step][tile of
  // states], for the steps of owner lane % 4. Columns 2c and 2c + 1 of the tiles are lane c's states.
  __device__ __forceinline__ void put_columns(float* tile) const {
#pragma unroll
    for (int e = 0; e < Weight::Cursor::EACH; e++) {
      const int step = weight.row + e * Weight::Cursor::ROWS;
      const float4 four = b.next[e].floats();
      const int lane = weight.column / K * 2 * LANES + step % GROUP / 2;
      float* to = tile + (step / GROUP * 32 + lane) * 4 + step % 2 * 2;
      *reinterpret_cast<float2*>(to) = make_float2(four.x, four.z);
      *reinterpret_cast<float2*>(to + LANES * 4) = make_float2(four.y, four.w);
    }
  }

  // Δ of all steps of a group for all lanes of a channel, by products with ones. Δ is the sum of two
  // numbers that TF32 holds.
  __device__ __forceinline__ void hand_out(const Steps& steps, float (&delta)[GROUP]) const {
    float high[2], low[2];
#pragma unroll
    for (int i = 0; i < 2; i++) {
      high[i] = __uint_as_float(__float_as_uint(steps.decay[i]) & 0xffffe000u);
      low[i] = steps.decay[i] - high[i];
    }
#pragma unroll
    for (int half = 0; half < 2; half++) {
      const float pick = of.lane == half * 2 + threadIdx.x / LANES % 2 ? 1.0f : 0.0f;
      float sum[4] = {};
      multiply_tf32(sum, high[0], high[1], low[0], low[1], pick, pick);
#pragma unroll
      for (int s = 0; s < 4; s++) delta[half * 4 + s] = sum[s % 2 * 2 + s / 2];
    }
  }

  // Δ·u·B at both steps of two neighbouring owners: [odd step][tile of states], as outer_tf32 gives
  // them.
  __device__ __forceinline__ void enter(const Steps& steps, const float (&columns)[4], int owner,
                                        float (&products)[2][2][4]) const {
#pragma unroll
    for (int odd = 0; odd < 2; odd++) {
      const float here = of.lane == owner ? steps.entering[odd] : 0.0f;
      const float next = of.lane == owner + 1 ? steps.entering[odd] : 0.0f;
#pragma unroll
      for (int tile = 0; tile < 2; tile++) {
        outer_tf32(products[odd][tile], here, next, columns[odd * 2 + tile]);
      }
    }
  }

  // Takes the states through a group where OUTER; y of this lane's steps, before skip and gate.
  __device__ __forceinline__ void advance_by_products(int buffer, int group, const Steps& steps,
                                                      float (&y)[2]) {
    float column[K], columns[4], delta[GROUP];
    read_states(shared.c[buffer] + weight_at(group, threadIdx.x % 32 / LANES), column);
    read_states(shared.b[buffer] + (group * 32 + threadIdx.x % 32) * 4, columns);
    hand_out(steps, delta);
#pragma unroll
    for (int first = 0; first < LANES; first += 2) {
      float products[2][2][4];
      enter(steps, columns, first, products);
#pragma unroll
      for (int owner = first; owner < first + 2; owner++) {
        float after[2][K];
#pragma unroll
        for (int i = 0; i < 2; i++) {
#pragma unroll
          for (int k = 0; k < K; k++) {
            const float a = exp2_approx(delta[owner * 2 + i] * of.decay[k]);
            h[k] = fmaf(a, h[k], products[i][k / 2][(owner - first) * 2 + k % 2]);
            after[i][k] = h[k];
          }
        }
        multiply(after, column, owner, y);
      }
    }
  }

  // Takes the states through one of the steps that a lane has prepared.
  __device__ __forceinline__ void advance(const Steps& steps, int owner, int i, int buffer,
                                          int group, float (&after)[K]) {
    const float decay = of_step(steps.decay[i], owner);
    const float entering = of_step(steps.entering[i], owner);
    float b[K];
    read_states(shared.b[buffer] + weight_at(group, owner * 2 + i), b);
#pragma unroll
    for (int k = 0; k < K; k++) {
      h[k] = fmaf(exp2_approx(decay * of.decay[k]), h[k], entering * b[k]);
      after[k] = h[k];
    }
  }

  // Where the lane's states of B or C lie.
  __device__ __forceinline__ int weight_at(int group, int step) const {
    return (group * GROUP + step) * STATES + of.lane * K;
  }

  // Takes the states through a group; y of this lane's steps, before skip and gate.
  __device__ __forceinline__ void advance_all(int buffer, int group, const Steps& steps,
                                              float (&y)[2]) {
    float sums[GROUP];
    float column[K];
    if (TENSOR_CORES) {
      read_states(shared.c[buffer] + weight_at(group, threadIdx.x % 32 / LANES), column);
    }
#pragma unroll
    for (int owner = 0; owner < LANES; owner++) {
      float after[2][K];
      advance(steps, owner, 0, buffer, group, after[0]);
      advance(steps, owner, 1, buffer, group, after[1]);
      if constexpr (TENSOR_CORES) {
        multiply(after, column, owner, y);
      } else {
#pragma unroll
        for (int i = 0; i < 2; i++) {
          float c[K];
          read_states(shared.c[buffer] + weight_at(group, owner * 2 + i), c);
          float& sum = sums[owner * 2 + i];
          sum = after[i][0] * c[0];
#pragma unroll
          for (int k = 1; k < K; k++) sum = fmaf(after[i][k], c[k], sum);
        }
      }
    }
    if constexpr (!TENSOR_CORES) {
      sum_over_lanes<1, 2, GROUP>(sums);
      y[0] = sums[0];
      y[1] = sums[1];
    }
  }

  // Rows of the left matrix are the warp's channels at one step, then at the next; columns of the
  // right one are C of the group's steps, of which each lane holds its part. What is at the wrong
  // step is not used.
  __device__ __forceinline__ void multiply(const float (&after)[2][K], const float (&column)[K],
                                           int owner, float (&y)[2]) const {
    float sum[4] = {};
#pragma unroll
    for (int k = 0; k < K; k += 2) {
      multiply_tf32(sum, after[0][k], after[1][k], after[0][k + 1], after[1][k + 1], column[k],
                    column[k + 1]);
    }
    const bool mine = of.lane == owner;
    y[0] = mine ? sum[0] : y[0];
    y[1] = mine ? sum[3] : y[1];
  }

  template <bool PLAIN>
  __device__ __forceinline__ void finish(int buffer, int group, const Steps& steps,
                                         const float (&sum)[2]) {
#pragma unroll
    for (int i = 0; i < 2; i++) {
      float y = fmaf(skip, steps.u[i], sum[i]);
      if (PLAIN || scan.gate) y *= steps.gate[i] * sigmoid<T>(steps.gate[i]);
      store(shared.u[buffer].element + at(group, i), PLAIN || steps.there[i] ? y : 0.0f);
    }
  }

  template <bool PLAIN>
  __device__ __forceinline__ void run_tile(int buffer) {
    constexpr int UNROLLED = PLAIN && K <= 4 ? GROUPS : 1;
#pragma unroll UNROLLED
    for (int group = 0; group < GROUPS; group++) {
      const Steps steps = prepare<PLAIN>(buffer, group);
      float y[2] = {};
      if constexpr (OUTER) {
        advance_by_products(buffer, group, steps, y);
      } else {
        advance_all(buffer, group, steps, y);
      }
      finish<PLAIN>(buffer, group, steps, y);
    }
  }

  __device__ __forceinline__ void start(const ForwardResults<T>& results) {
    const int64_t rows = gridDim.y;
    of.read(scan, gridDim.z == 1 ? results.state : results.ends, of.batch, h);
    for (int64_t before = 0; before < blockIdx.z; before++) {
      const float span = results.spans[(before * rows + of.batch) * scan.channels + of.channel];
      float added[K];
      of.read(scan, results.ends, (before + 1) * rows + of.batch, added);
#pragma unroll
      for (int k = 0; k < K; k++) h[k] = fmaf(exp2_approx(span * of.decay[k]), h[k], added[k]);
    }
  }

  __device__ __forceinline__ void put_y(int buffer, T* y, int back) {
    typename Stream::Cursor before = stream;
    before.move(-back);
    shared.u[buffer].put(y, before, scan.channel_vectors);
  }

  __device__ __forceinline__ void run(const ForwardResults<T>& results) {
    const int64_t from = blockIdx.z * scan.chunk;
    const int64_t to = min(scan.length, from + scan.chunk);
    const bool usual = scan.gate && scan.softplus;
    fetch(0, from);
    start(results);
    int buffer = 0;
    for (int64_t first = from; first < to; first += STEPS, buffer ^= 1) {
      if constexpr (OUTER) {
        put_columns(shared.b[buffer]);
      } else {
        b.put(shared.b[buffer], weight);
      }
      c.put(shared.c[buffer], weight);
      wait_for_copies();
      __syncthreads();
      if (first > from) put_y(buffer ^ 1, results.y, STEPS);
      stream.move(STEPS);
      weight.move(STEPS);
      if (first + STEPS < to) fetch(buffer ^ 1, first + STEPS);
      if (results.saved) of.write(scan, results.saved, first / STEPS * gridDim.y + of.batch, h);
      unmarked_tile = unmarked<STEPS>(scan, first);
      if (usual && unmarked_tile) {
        run_tile<true>(buffer);
      } else {
        run_tile<false>(buffer);
      }
    }
    __syncthreads();
    put_y(buffer ^ 1, results.y, STEPS);
    if (results.state && to == scan.length) of.write(scan, results.state, of.batch, h);
  }
};
