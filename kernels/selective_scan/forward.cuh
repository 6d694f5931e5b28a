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

  struct Shared {
    Tile<T, STEPS> u[2];
    Tile<T, STEPS> delta[2];
    Tile<T, STEPS> gate[2];
    float b[2][STEPS * STATES];
    float c[2][STEPS * STATES];
    int marks[2][STEPS];
  };

  // A step of this lane.
  struct Step {
    float u;
    float gate;
    float decay;   // Δ, or so much that everything is forgotten
    float entering;  // Δ·u
    bool there;
  };

  const Scan<T>& scan;
  const Place<T> place;
  const Lane<T, K> of;
  Shared& shared;
  float h[K];
  float bias;
  float skip;

  __device__ Forward(const Scan<T>& scan, Shared& shared)
      : scan(scan), place(scan), of(scan), shared(shared) {
    bias = scan.bias ? scan.bias[of.channel] : 0.0f;
    skip = scan.skip ? scan.skip[of.channel] : 0.0f;
  }

  __device__ __forceinline__ void fetch(int buffer, int64_t first, Weights<T, STEPS, STATES>& b,
                                        Weights<T, STEPS, STATES>& c) {
    shared.u[buffer].fetch(scan.u, place, first);
    shared.delta[buffer].fetch(scan.delta, place, first);
    if (scan.gate) shared.gate[buffer].fetch(scan.gate, place, first);
    b.fetch(scan.b, place, first);
    c.fetch(scan.c, place, first);
    mark<STEPS>(place, first, shared.marks[buffer]);
  }

  __device__ __forceinline__ int at(int group) const {
    return (group * LANES + of.lane) * Tile<T, STEPS>::PITCH + of.local;
  }

  __device__ __forceinline__ Step prepare(int buffer, int group, bool plain) const {
    Step step;
    step.u = load(shared.u[buffer].element + at(group));
    step.gate = scan.gate ? load(shared.gate[buffer].element + at(group)) : 0.0f;
    const float raw = load(shared.delta[buffer].element + at(group)) + bias;
    float delta = scan.softplus ? softplus<T>(raw) : raw;
    step.decay = delta;
    step.there = true;
    if (!plain) {
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

  __device__ __forceinline__ void finish(int buffer, int group, const Step& step, float sum) {
    float y = fmaf(skip, step.u, sum);
    if (scan.gate) y *= step.gate * sigmoid<T>(step.gate);
    store(shared.u[buffer].element + at(group), step.there ? y : 0.0f);
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

  __device__ __forceinline__ void run(const ForwardResults<T>& results) {
    const int64_t chunk = blockIdx.z;
    const int64_t from = chunk * scan.chunk;
    const int64_t to = min(scan.length, from + scan.chunk);
    Weights<T, STEPS, STATES> b;
    Weights<T, STEPS, STATES> c;
    fetch(0, from, b, c);
    start(results, chunk);
    int buffer = 0;
    for (int64_t first = from; first < to; first += STEPS, buffer ^= 1) {
      b.put(shared.b[buffer]);
      c.put(shared.c[buffer]);
      wait_for_copies();
      __syncthreads();
      if (first > from) shared.u[buffer ^ 1].put(results.y, place, first - STEPS);
      if (first + STEPS < to) fetch(buffer ^ 1, first + STEPS, b, c);
      if (results.saved) of.write(scan, results.saved, first / STEPS * gridDim.y + of.batch, h);
      const bool plain = !scan.segments && first + STEPS <= scan.length;
      Step step = prepare(buffer, 0, plain);
#pragma unroll 2
      for (int group = 0; group < GROUPS; group++) {
        const Step next = prepare(buffer, min(group + 1, GROUPS - 1), plain);
        finish(buffer, group, step, advance(buffer, group, step));
        step = next;
      }
    }
    __syncthreads();
    shared.u[buffer ^ 1].put(results.y, place, (to - 1) / STEPS * STEPS);
    if (results.state && to == scan.length) of.write(scan, results.state, of.batch, h);
  }
};
