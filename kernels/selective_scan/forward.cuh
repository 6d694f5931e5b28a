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
template <typename T, int K, int STEPS>
struct Forward {
  static constexpr int STATES = LANES * K;
  static constexpr int GROUPS = STEPS / LANES;

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

  // A step of this lane.
  struct Step {
    float u;
    float gate;
    float decay;     // Δ, or so much that everything is forgotten
    float entering;  // Δ·u
    bool there;
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

  __device__ __forceinline__ int at(int group) const {
    return (group * LANES + of.lane) * Stream::PITCH + of.local;
  }

  // PLAIN promises softplus, a gate, and a tile without marks.
  template <bool PLAIN>
  __device__ __forceinline__ Step prepare(int buffer, int group) const {
    Step step;
    step.u = load(shared.u[buffer].element + at(group));
    step.gate = PLAIN || scan.gate ? load(shared.gate[buffer].element + at(group)) : 0.0f;
    const float raw = load(shared.delta[buffer].element + at(group)) + bias;
    float delta = PLAIN || scan.softplus ? softplus<T>(raw) : raw;
    step.decay = delta;
    step.there = true;
    if (!PLAIN && !unmarked_tile) {
      const int mark = shared.marks[buffer][group * LANES + of.lane];
      step.there = mark != NOTHING;
      delta = step.there ? delta : 0.0f;
      step.decay = mark == BEGINS ? FORGET : delta;
    }
    step.entering = delta * step.u;
    return step;
  }

  // y of this lane's step, before skip and gate.
  __device__ __forceinline__ float advance(int buffer, int group, const Step& step) {
    float y[LANES];
#pragma unroll
    for (int s = 0; s < LANES; s++) {
      const float decay = of_step(step.decay, s);
      const float entering = of_step(step.entering, s);
      float b[K];
      float c[K];
      read_states(shared.b[buffer] + (group * LANES + s) * STATES + of.lane * K, b);
      read_states(shared.c[buffer] + (group * LANES + s) * STATES + of.lane * K, c);
#pragma unroll
      for (int k = 0; k < K; k++) {
        h[k] = fmaf(exp2_approx(decay * of.decay[k]), h[k], entering * b[k]);
        y[s] = k == 0 ? h[k] * c[k] : fmaf(h[k], c[k], y[s]);
      }
    }
    sum_over_lanes<1, 2, LANES>(y);
    return y[0];
  }

  template <bool PLAIN>
  __device__ __forceinline__ void finish(int buffer, int group, const Step& step, float sum) {
    float y = fmaf(skip, step.u, sum);
    if (PLAIN || scan.gate) y *= step.gate * sigmoid<T>(step.gate);
    store(shared.u[buffer].element + at(group), PLAIN || step.there ? y : 0.0f);
  }

  template <bool PLAIN>
  __device__ __forceinline__ void run_tile(int buffer) {
    constexpr int UNROLLED = PLAIN && K <= 4 ? GROUPS : 1;
#pragma unroll UNROLLED
    for (int group = 0; group < GROUPS; group++) {
      const Step step = prepare<PLAIN>(buffer, group);
      finish<PLAIN>(buffer, group, step, advance(buffer, group, step));
    }
  }

  __device__ __forceinline__ void start(const ForwardResults<T>& results, int64_t chunk) {
    const int64_t rows = gridDim.y;
    of.read(scan, gridDim.z == 1 ? results.state : results.ends, of.batch, h);
    for (int64_t before = 0; before < chunk; before++) {
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
    start(results, blockIdx.z);
    int buffer = 0;
    for (int64_t first = from; first < to; first += STEPS, buffer ^= 1) {
      b.put(shared.b[buffer], weight);
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
