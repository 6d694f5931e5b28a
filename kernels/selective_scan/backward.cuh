#pragma once

#include "selective_scan/tile.cuh"

// What a backward scan is given and writes. Gradients that are not wanted are null.
template <typename T>
struct BackwardResults {
  const T* dy;
  const float* saved;  // [tiles, batch, channels, states]: the states before each tile
  const float* ends;   // [chunks, batch, channels, states]: adjoints that chunks give, from 1 on
  const float* spans;  // [chunks, batch, channels]: sums of Δ
  T* du;
  T* ddelta;
  T* dgate;
  float* dstate;
  float* db;     // [blocks of channels, batch, length, states], to be summed
  float* dc;     // the same
  float* da;     // [chunks, batch, channels, states], to be summed
  float* dskip;  // [chunks, batch, channels], to be summed
  float* dbias;  // the same
};

// A block takes its channels back through one chunk of the length. In every tile the states are
// first computed again and kept at the beginning of each group of steps; then, from the last group
// to the first, those within the group are, and the adjoint goes back through it:
//
//   g_t = C_t·gy_t + k_{t+1}    k_t = exp(Δ_t·A)·g_t    gy_t = dy_t·SiLU(gate_t)
//   dB_t = Σ g_t·Δ_t·u_t        dC_t = Σ gy_t·h_t       dA = Σ Δ_t·k_t·h_{t−1}
//   dΔ_t = Σ A·k_t·h_{t−1} + u_t·Σ g_t·B_t              du_t = Δ_t·Σ g_t·B_t + skip·gy_t
//
// Gradients of streams take the place of the streams in shared memory.
template <typename T, int K, int STEPS>
struct Backward {
  static constexpr int STATES = LANES * K;
  static constexpr int GROUPS = STEPS / LANES;
  static constexpr int WARPS = THREADS / 32;
  static constexpr int SLICE = K < 4 ? K : 4;  // states of a lane that go through a group at once

  struct Shared {
    Tile<T, STEPS> u[2];
    Tile<T, STEPS> delta[2];
    Tile<T, STEPS> gate[2];
    Tile<T, STEPS> dy[2];
    float b[2][STEPS * STATES];
    float c[2][STEPS * STATES];
    float states[GROUPS][THREADS][K];
    float decays[GROUPS][THREADS];             // Δ of each thread's steps, or FORGET
    float weights[WARPS][2][STEPS][STATES];  // sums of dB and dC over the channels of a warp
    int marks[2][STEPS];
  };

  // A step of this lane.
  struct Step {
    float u;
    float raw;
    float gate;
    float dy;
    float delta;
    float decay;
    float entering;
    float sigmoid;
    float silu;
    float gy;
    bool there;
  };

  const Scan<T>& scan;
  const BackwardResults<T>& results;
  const Place<T> place;
  const Lane<T, K> of;
  Shared& shared;
  float bias;
  float skip;
  float adjoint[K];  // k_{t+1}
  float da[K];
  float dskip = 0.0f;
  float dbias = 0.0f;

  __device__ Backward(const Scan<T>& scan, const BackwardResults<T>& results, Shared& shared)
      : scan(scan), results(results), place(scan), of(scan), shared(shared) {
    bias = scan.bias ? scan.bias[of.channel] : 0.0f;
    skip = scan.skip ? scan.skip[of.channel] : 0.0f;
#pragma unroll
    for (int k = 0; k < K; k++) da[k] = 0.0f;
  }

  __device__ __forceinline__ void fetch(int buffer, int64_t first, Weights<T, STEPS, STATES>& b,
                                        Weights<T, STEPS, STATES>& c) {
    shared.u[buffer].fetch(scan.u, place, first);
    shared.delta[buffer].fetch(scan.delta, place, first);
    if (scan.gate) shared.gate[buffer].fetch(scan.gate, place, first);
    shared.dy[buffer].fetch(results.dy, place, first);
    b.fetch(scan.b, place, first);
    c.fetch(scan.c, place, first);
    mark<STEPS>(place, first, shared.marks[buffer]);
  }

  __device__ __forceinline__ int at(int group) const {
    return (group * LANES + of.lane) * Tile<T, STEPS>::PITCH + of.local;
  }

  // The states before every group.
  __device__ __forceinline__ void retrace(int buffer, float (&h)[K]) {
#pragma unroll 2
    for (int group = 0; group < GROUPS; group++) {
      write_states(shared.states[group][threadIdx.x], h);
      const float raw = load(shared.delta[buffer].element + at(group)) + bias;
      const int mark = shared.marks[buffer][group * LANES + of.lane];
      const float delta = mark == NOTHING ? 0.0f : scan.softplus ? softplus<T>(raw) : raw;
      const float my_decay = mark == BEGINS ? FORGET : delta;
      const float my_entering = delta * load(shared.u[buffer].element + at(group));
      shared.decays[group][threadIdx.x] = my_decay;
#pragma unroll
      for (int s = 0; s < LANES; s++) {
        const float decay = of_step(my_decay, s);
        const float entering = of_step(my_entering, s);
        float b[K];
        read_states(shared.b[buffer] + (group * LANES + s) * STATES + of.lane * K, b);
#pragma unroll
        for (int k = 0; k < K; k++) {
          h[k] = fmaf(exp2_approx(decay * of.decay[k]), h[k], entering * b[k]);
        }
      }
    }
  }

  __device__ __forceinline__ Step prepare(int buffer, int group, bool plain) const {
    Step step;
    step.u = load(shared.u[buffer].element + at(group));
    step.raw = load(shared.delta[buffer].element + at(group)) + bias;
    step.dy = load(shared.dy[buffer].element + at(group));
    step.decay = shared.decays[group][threadIdx.x];
    step.delta = step.decay;
    step.there = true;
    if (!plain) {
      const int mark = shared.marks[buffer][group * LANES + of.lane];
      step.there = mark != NOTHING;
      if (mark == NOTHING) step.dy = 0.0f;
      if (mark == BEGINS) step.delta = scan.softplus ? softplus<T>(step.raw) : step.raw;
    }
    step.entering = step.delta * step.u;
    step.gate = 0.0f;
    step.sigmoid = 0.0f;
    step.silu = 1.0f;
    if (scan.gate) {
      step.gate = load(shared.gate[buffer].element + at(group));
      step.sigmoid = sigmoid<T>(step.gate);
      step.silu = step.gate * step.sigmoid;
    }
    step.gy = step.dy * step.silu;
    return step;
  }

  // Sums over the states of a channel, for each step of a group.
  struct Sums {
    float y[LANES];       // C·h
    float dentering[LANES];
    float ddecay[LANES];  // of Δ in the exponent, times log2(e)
  };

  // Some states go through a group, and back.
  template <int FIRST>
  __device__ __forceinline__ void retreat(int buffer, int group, const Step& step, Sums& sums) {
    float before[SLICE];
    float h[LANES][SLICE];
    float a[LANES][SLICE];
    read_states(shared.states[group][threadIdx.x] + FIRST, before);
    const int weights = group * LANES * STATES + of.lane * K + FIRST;
#pragma unroll
    for (int s = 0; s < LANES; s++) {
      const float decay = of_step(step.decay, s);
      const float entering = of_step(step.entering, s);
      float b[SLICE];
      float c[SLICE];
      read_states(shared.b[buffer] + weights + s * STATES, b);
      read_states(shared.c[buffer] + weights + s * STATES, c);
#pragma unroll
      for (int k = 0; k < SLICE; k++) {
        a[s][k] = exp2_approx(decay * of.decay[FIRST + k]);
        h[s][k] = fmaf(a[s][k], s == 0 ? before[k] : h[s == 0 ? 0 : s - 1][k], entering * b[k]);
        sums.y[s] = fmaf(h[s][k], c[k], sums.y[s]);
      }
    }
    float dweights[LANES * 2 * SLICE];
#pragma unroll
    for (int i = 0; i < LANES; i++) {
      const int s = LANES - 1 - i;
      const float delta = of_step(step.delta, s);
      const float entering = of_step(step.entering, s);
      const float gy = of_step(step.gy, s);
      float b[SLICE];
      float c[SLICE];
      read_states(shared.b[buffer] + weights + s * STATES, b);
      read_states(shared.c[buffer] + weights + s * STATES, c);
#pragma unroll
      for (int k = 0; k < SLICE; k++) {
        const float g = fmaf(c[k], gy, adjoint[FIRST + k]);
        dweights[s * 2 * SLICE + k] = g * entering;
        dweights[(s * 2 + 1) * SLICE + k] = gy * h[s][k];
        sums.dentering[s] = fmaf(g, b[k], sums.dentering[s]);
        adjoint[FIRST + k] = a[s][k] * g;
        const float q = adjoint[FIRST + k] * (s == 0 ? before[k] : h[s == 0 ? 0 : s - 1][k]);
        sums.ddecay[s] = fmaf(of.decay[FIRST + k], q, sums.ddecay[s]);
        da[FIRST + k] = fmaf(delta, q, da[FIRST + k]);
      }
    }
    // Over the channels of the warp: a lane ends with dB or dC of one step.
    sum_over_lanes<LANES, 16, LANES * 2 * SLICE>(dweights);
    const int place = threadIdx.x % 32 / LANES;
    float* to = &shared.weights[threadIdx.x / 32][place % 2][group * LANES + place / 2]
                               [of.lane * K + FIRST];
#pragma unroll
    for (int k = 0; k < SLICE; k++) to[k] = dweights[k];
  }

  __device__ __forceinline__ void finish(int buffer, int group, const Step& step, Sums& sums) {
    sum_over_lanes<1, 2, LANES>(sums.y);
    sum_over_lanes<1, 2, LANES>(sums.dentering);
    sum_over_lanes<1, 2, LANES>(sums.ddecay);
    const float y = fmaf(skip, step.u, sums.y[0]);
    const float dentering = sums.dentering[0];
    float ddelta = fmaf(step.u, dentering, LN_2 * sums.ddecay[0]);
    if (scan.softplus) ddelta *= sigmoid<T>(step.raw);
    ddelta = step.there ? ddelta : 0.0f;
    const float du = fmaf(step.delta, dentering, skip * step.gy);
    const float slope = step.sigmoid * (1.0f + step.gate * (1.0f - step.sigmoid));
    dskip = fmaf(step.gy, step.u, dskip);
    dbias += ddelta;
    store(shared.u[buffer].element + at(group), du);
    store(shared.delta[buffer].element + at(group), ddelta);
    if (scan.gate) store(shared.gate[buffer].element + at(group), step.dy * y * slope);
  }

  // dB and dC of a tile, summed over the block's channels.
  __device__ __forceinline__ void put_weights(int64_t first) {
    const int64_t block = blockIdx.x * static_cast<int64_t>(gridDim.y) * scan.length;
    for (int i = threadIdx.x; i < 2 * STEPS * STATES; i += THREADS) {
      const int which = i / (STEPS * STATES);
      const int step = i / STATES % STEPS;
      const int n = i % STATES;
      float sum = 0.0f;
#pragma unroll
      for (int warp = 0; warp < WARPS; warp++) sum += shared.weights[warp][which][step][n];
      float* to = which ? results.dc : results.db;
      if (n < scan.states && first + step < scan.length) {
        to[(block + place.row(first + step)) * scan.states + n] = sum;
      }
    }
  }

  __device__ __forceinline__ void start(int64_t chunk) {
    const int64_t rows = gridDim.y;
#pragma unroll
    for (int k = 0; k < K; k++) adjoint[k] = 0.0f;
    for (int64_t behind = gridDim.z - 1; behind > chunk; behind--) {
      const float span = results.spans[(behind * rows + of.batch) * scan.channels + of.channel];
      float added[K];
      of.read(scan, results.ends, behind * rows + of.batch, added);
#pragma unroll
      for (int k = 0; k < K; k++) {
        adjoint[k] = fmaf(exp2_approx(span * of.decay[k]), adjoint[k], added[k]);
      }
    }
  }

  template <int FIRST>
  __device__ __forceinline__ void retreat_all(int buffer, int group, const Step& step,
                                              Sums& sums) {
    retreat<FIRST>(buffer, group, step, sums);
    if constexpr (FIRST + SLICE < K) retreat_all<FIRST + SLICE>(buffer, group, step, sums);
  }

  __device__ __forceinline__ void run() {
    const int64_t chunk = blockIdx.z;
    const int64_t from = chunk * scan.chunk;
    const int64_t to = min(scan.length, from + scan.chunk);
    Weights<T, STEPS, STATES> b;
    Weights<T, STEPS, STATES> c;
    int64_t first = (to - 1) / STEPS * STEPS;
    fetch(0, first, b, c);
    start(chunk);
    for (int buffer = 0; first >= from; first -= STEPS, buffer ^= 1) {
      float h[K];
      of.read(scan, results.saved, first / STEPS * gridDim.y + of.batch, h);
      b.put(shared.b[buffer]);
      c.put(shared.c[buffer]);
      wait_for_copies();
      __syncthreads();
      if (first > from) fetch(buffer ^ 1, first - STEPS, b, c);
      retrace(buffer, h);
      const bool plain = !scan.segments && first + STEPS <= scan.length;
      for (int group = GROUPS - 1; group >= 0; group--) {
        const Step step = prepare(buffer, group, plain);
        Sums sums = {};
        retreat_all<0>(buffer, group, step, sums);
        finish(buffer, group, step, sums);
      }
      __syncthreads();
      if (results.du) shared.u[buffer].put(results.du, place, first);
      if (results.ddelta) shared.delta[buffer].put(results.ddelta, place, first);
      if (results.dgate) shared.gate[buffer].put(results.dgate, place, first);
      put_weights(first);
    }
    put_sums(chunk * gridDim.y + of.batch);
    if (results.dstate && chunk == 0) of.write(scan, results.dstate, of.batch, adjoint);
  }

  __device__ __forceinline__ void put_sums(int64_t row) {
    of.write(scan, results.da, row, da);
    const float all_skip = sum_over_channel(dskip);
    const float all_bias = sum_over_channel(dbias);
    if (of.mine && of.lane == 0) {
      results.dskip[row * scan.channels + of.channel] = all_skip;
      results.dbias[row * scan.channels + of.channel] = all_bias;
    }
  }
};
