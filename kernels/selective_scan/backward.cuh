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
template <typename T, int K, int STEPS, int EACH>
struct Backward {
  static constexpr int STATES = LANES * K;
  static constexpr int CHANNELS = EACH * THREAD_CHANNELS;
  static constexpr int GROUPS = STEPS / LANES;
  static constexpr int WARPS = THREADS / 32;
  static constexpr int SLICE = K < 4 ? K : 4;  // states of a lane that go through a group at once

  using Stream = Tile<T, STEPS, CHANNELS>;
  using Weight = Weights<T, STEPS, STATES>;

  struct alignas(16) Shared {
    Stream u[2];
    Stream delta[2];
    Stream gate[2];
    Stream dy[2];
    float b[2][STEPS * STATES];
    float c[2][STEPS * STATES];
    float states[GROUPS][EACH][THREADS][K];
    float decays[GROUPS][EACH][THREADS];     // Δ of each thread's steps, or FORGET
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
    float decay;     // Δ, or so much that everything is forgotten
    float entering;  // Δ·u
    float sigmoid;
    float gy;
    bool there;
  };

  // Sums over the states of a channel, for each step of a group.
  struct Sums {
    float y[LANES];  // C·h
    float dentering[LANES];
    float ddecay[LANES];  // of Δ in the exponent, times log2(e)
  };

  // One of the channels of a thread.
  struct Channel {
    Lane<T, K> of;
    float bias;
    float skip;
    float adjoint[K];  // k_{t+1}
    float da[K];
    float dskip;
    float dbias;

    __device__ __forceinline__ Channel(const Scan<T>& scan, int each)
        : of(scan, static_cast<int64_t>(blockIdx.x) * CHANNELS, each * THREAD_CHANNELS),
          bias(scan.bias ? scan.bias[of.channel] : 0.0f),
          skip(scan.skip ? scan.skip[of.channel] : 0.0f),
          dskip(0.0f),
          dbias(0.0f) {
#pragma unroll
      for (int k = 0; k < K; k++) da[k] = 0.0f;
    }

    __device__ __forceinline__ int at(int group) const {
      return (group * LANES + of.lane) * Stream::PITCH + of.local;
    }
  };

  const Scan<T>& scan;
  const BackwardResults<T>& results;
  Shared& shared;
  typename Stream::Cursor stream;
  typename Weight::Cursor weight;
  Weight b;
  Weight c;
  float saved[EACH][K];  // the states before the tile that was fetched last
  bool unmarked_tile;

  __device__ __forceinline__ Backward(const Scan<T>& scan, const BackwardResults<T>& results,
                                      Shared& shared, int64_t last)
      : scan(scan),
        results(results),
        shared(shared),
        stream(scan, scan.channels, static_cast<int64_t>(blockIdx.x) * CHANNELS, last),
        weight(scan, scan.states, 0, last) {}

  __device__ __forceinline__ void fetch(const Channel (&channels)[EACH], int buffer,
                                        int64_t first) {
#pragma unroll
    for (int each = 0; each < EACH; each++) {
      const Lane<T, K>& of = channels[each].of;
      of.read(scan, results.saved, first / STEPS * gridDim.y + of.batch, saved[each]);
    }
    shared.u[buffer].fetch(scan.u, stream, scan.channel_vectors);
    shared.delta[buffer].fetch(scan.delta, stream, scan.channel_vectors);
    if (scan.gate) shared.gate[buffer].fetch(scan.gate, stream, scan.channel_vectors);
    shared.dy[buffer].fetch(results.dy, stream, scan.channel_vectors);
    b.fetch(scan.b, weight, scan.state_vectors);
    c.fetch(scan.c, weight, scan.state_vectors);
    mark<STEPS>(scan, first, shared.marks[buffer]);
  }

  // The states before every group, from those before the tile.
  template <bool PLAIN>
  __device__ __forceinline__ void retrace(Channel& channel, int each, int buffer,
                                          float (&h)[K]) {
    const Lane<T, K>& of = channel.of;
#pragma unroll 2
    for (int group = 0; group < GROUPS; group++) {
      write_states(shared.states[group][each][threadIdx.x], h);
      const float raw = load(shared.delta[buffer].element + channel.at(group)) + channel.bias;
      float delta = PLAIN || scan.softplus ? softplus<T>(raw) : raw;
      float my_decay = delta;
      if (!PLAIN && !unmarked_tile) {
        const int mark = shared.marks[buffer][group * LANES + of.lane];
        delta = mark == NOTHING ? 0.0f : delta;
        my_decay = mark == BEGINS ? FORGET : delta;
      }
      const float my_entering = delta * load(shared.u[buffer].element + channel.at(group));
      shared.decays[group][each][threadIdx.x] = my_decay;
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

  template <bool PLAIN>
  __device__ __forceinline__ Step prepare(const Channel& channel, int each, int buffer,
                                          int group) const {
    const int at = channel.at(group);
    Step step;
    step.u = load(shared.u[buffer].element + at);
    step.raw = load(shared.delta[buffer].element + at) + channel.bias;
    step.dy = load(shared.dy[buffer].element + at);
    step.decay = shared.decays[group][each][threadIdx.x];
    step.delta = step.decay;
    step.there = true;
    if (!PLAIN && !unmarked_tile) {
      const int mark = shared.marks[buffer][group * LANES + channel.of.lane];
      step.there = mark != NOTHING;
      if (mark == NOTHING) step.dy = 0.0f;
      if (mark == BEGINS) step.delta = scan.softplus ? softplus<T>(step.raw) : step.raw;
    }
    step.entering = step.delta * step.u;
    step.gate = 0.0f;
    step.sigmoid = 0.0f;
    step.gy = step.dy;
    if (PLAIN || scan.gate) {
      step.gate = load(shared.gate[buffer].element + at);
      step.sigmoid = sigmoid<T>(step.gate);
      step.gy = step.dy * (step.gate * step.sigmoid);
    }
    return step;
  }

  // Some states of a channel go through a group, and back.
  template <int FIRST>
  __device__ __forceinline__ void retreat(Channel& channel, int each, int buffer, int group,
                                          const Step& step, Sums& sums,
                                          float (&dweights)[LANES * 2 * SLICE]) {
    const Lane<T, K>& of = channel.of;
    float before[SLICE];
    float h[LANES][SLICE];
    float a[LANES][SLICE];
    read_states(shared.states[group][each][threadIdx.x] + FIRST, before);
    const int weights = group * LANES * STATES + of.lane * K + FIRST;
    float entering[LANES];
#pragma unroll
    for (int s = 0; s < LANES; s++) {
      const float decay = of_step(step.decay, s);
      entering[s] = of_step(step.entering, s);
      float b[SLICE];
      read_states(shared.b[buffer] + weights + s * STATES, b);
#pragma unroll
      for (int k = 0; k < SLICE; k++) {
        a[s][k] = exp2_approx(decay * of.decay[FIRST + k]);
        h[s][k] =
            fmaf(a[s][k], s == 0 ? before[k] : h[s == 0 ? 0 : s - 1][k], entering[s] * b[k]);
      }
    }
#pragma unroll
    for (int i = 0; i < LANES; i++) {
      const int s = LANES - 1 - i;
      const float delta = of_step(step.delta, s);
      const float gy = of_step(step.gy, s);
      float b[SLICE];
      float c[SLICE];
      read_states(shared.b[buffer] + weights + s * STATES, b);
      read_states(shared.c[buffer] + weights + s * STATES, c);
#pragma unroll
      for (int k = 0; k < SLICE; k++) {
        float& db = dweights[s * 2 * SLICE + k];
        float& dc = dweights[(s * 2 + 1) * SLICE + k];
        const float g = fmaf(c[k], gy, channel.adjoint[FIRST + k]);
        db = each == 0 ? g * entering[s] : fmaf(g, entering[s], db);
        dc = each == 0 ? gy * h[s][k] : fmaf(gy, h[s][k], dc);
        sums.y[s] = fmaf(h[s][k], c[k], sums.y[s]);
        sums.dentering[s] = fmaf(g, b[k], sums.dentering[s]);
        const float next = a[s][k] * g;
        const float q = next * (s == 0 ? before[k] : h[s == 0 ? 0 : s - 1][k]);
        sums.ddecay[s] = fmaf(of.decay[FIRST + k], q, sums.ddecay[s]);
        channel.adjoint[FIRST + k] = next;
        channel.da[FIRST + k] = fmaf(delta, q, channel.da[FIRST + k]);
      }
    }
  }

  // Sums dB and dC over the channels of the warp: a lane ends with one of them for one step.
  __device__ __forceinline__ void gather(int first, int group,
                                         float (&dweights)[LANES * 2 * SLICE]) {
    sum_over_lanes<LANES, 16, LANES * 2 * SLICE>(dweights);
    const int place = threadIdx.x % 32 / LANES;
    float* to = &shared.weights[threadIdx.x / 32][place % 2][group * LANES + place / 2]
                               [threadIdx.x % LANES * K + first];
    float mine[SLICE];
#pragma unroll
    for (int k = 0; k < SLICE; k++) mine[k] = dweights[k];
    write_states(to, mine);
  }

  // The states of a channel from FIRST on, a slice after the other.
  template <int FIRST>
  __device__ __forceinline__ void retreat_all(Channel& channel, int each, int buffer, int group,
                                              const Step& step, Sums& sums,
                                              float (&dweights)[K / SLICE][LANES * 2 * SLICE]) {
    retreat<FIRST>(channel, each, buffer, group, step, sums, dweights[FIRST / SLICE]);
    if (each == EACH - 1) gather(FIRST, group, dweights[FIRST / SLICE]);
    if constexpr (FIRST + SLICE < K) {
      retreat_all<FIRST + SLICE>(channel, each, buffer, group, step, sums, dweights);
    }
  }

  template <bool PLAIN>
  __device__ __forceinline__ void finish(Channel& channel, int buffer, int group,
                                         const Step& step, Sums& sums) {
    sum_over_lanes<1, 2, LANES>(sums.y);
    sum_over_lanes<1, 2, LANES>(sums.dentering);
    sum_over_lanes<1, 2, LANES>(sums.ddecay);
    const int at = channel.at(group);
    const float y = fmaf(channel.skip, step.u, sums.y[0]);
    const float dentering = sums.dentering[0];
    float ddelta = fmaf(step.u, dentering, LN_2 * sums.ddecay[0]);
    if (PLAIN || scan.softplus) ddelta *= sigmoid<T>(step.raw);
    if (!PLAIN && !step.there) ddelta = 0.0f;
    const float du = fmaf(step.delta, dentering, channel.skip * step.gy);
    const float slope = step.sigmoid * fmaf(step.gate, 1.0f - step.sigmoid, 1.0f);
    channel.dskip = fmaf(step.gy, step.u, channel.dskip);
    channel.dbias += ddelta;
    store(shared.u[buffer].element + at, du);
    store(shared.delta[buffer].element + at, ddelta);
    if (PLAIN || scan.gate) store(shared.gate[buffer].element + at, step.dy * y * slope);
  }

  template <bool PLAIN>
  __device__ __forceinline__ void run_tile(Channel (&channels)[EACH], int buffer,
                                           float (&h)[EACH][K]) {
#pragma unroll
    for (int each = 0; each < EACH; each++) {
      retrace<PLAIN>(channels[each], each, buffer, h[each]);
    }
#pragma unroll 1
    for (int group = GROUPS - 1; group >= 0; group--) {
      float dweights[K / SLICE][LANES * 2 * SLICE];
#pragma unroll
      for (int each = 0; each < EACH; each++) {
        const Step step = prepare<PLAIN>(channels[each], each, buffer, group);
        Sums sums = {};
        retreat_all<0>(channels[each], each, buffer, group, step, sums, dweights);
        finish<PLAIN>(channels[each], buffer, group, step, sums);
      }
    }
  }

  // dB and dC of a tile, summed over the block's channels.
  __device__ __forceinline__ void put_weights(int64_t first) {
    const int64_t block = blockIdx.x * static_cast<int64_t>(gridDim.y) * scan.length * scan.states;
#pragma unroll
    for (int i = threadIdx.x; i < 2 * STEPS * STATES / 4; i += THREADS) {
      const int which = i / (STEPS * STATES / 4);
      const int step = i / (STATES / 4) % STEPS;
      const int n = i % (STATES / 4) * 4;
      if (n >= scan.states || first + step >= scan.length) continue;
      float sum[4] = {};
#pragma unroll
      for (int warp = 0; warp < WARPS; warp++) {
        float part[4];
        read_states(&shared.weights[warp][which][step][n], part);
#pragma unroll
        for (int k = 0; k < 4; k++) sum[k] += part[k];
      }
      const int64_t step_at = first + step;
      const int64_t place = scan.reversed ? scan.length - 1 - step_at : step_at;
      float* to = (which ? results.dc : results.db) + block +
                  (blockIdx.y * scan.length + place) * scan.states + n;
      if (scan.states % 4 == 0) {
        write_states(to, sum);
      } else {
#pragma unroll
        for (int k = 0; k < 4; k++) {
          if (n + k < scan.states) to[k] = sum[k];
        }
      }
    }
  }

  // The adjoint that comes from the chunks behind.
  __device__ __forceinline__ void start(Channel& channel) {
    const Lane<T, K>& of = channel.of;
    const int64_t rows = gridDim.y;
#pragma unroll
    for (int k = 0; k < K; k++) channel.adjoint[k] = 0.0f;
    for (int64_t behind = gridDim.z - 1; behind > blockIdx.z; behind--) {
      const float span = results.spans[(behind * rows + of.batch) * scan.channels + of.channel];
      float added[K];
      of.read(scan, results.ends, behind * rows + of.batch, added);
#pragma unroll
      for (int k = 0; k < K; k++) {
        channel.adjoint[k] = fmaf(exp2_approx(span * of.decay[k]), channel.adjoint[k], added[k]);
      }
    }
  }

  __device__ __forceinline__ void put_sums(const Channel& channel) {
    const Lane<T, K>& of = channel.of;
    const int64_t row = blockIdx.z * static_cast<int64_t>(gridDim.y) + of.batch;
    of.write(scan, results.da, row, channel.da);
    const float all_skip = sum_over_channel(channel.dskip);
    const float all_bias = sum_over_channel(channel.dbias);
    if (of.mine && of.lane == 0) {
      results.dskip[row * scan.channels + of.channel] = all_skip;
      results.dbias[row * scan.channels + of.channel] = all_bias;
    }
    if (results.dstate && blockIdx.z == 0) {
      of.write(scan, results.dstate, of.batch, channel.adjoint);
    }
  }

  __device__ __forceinline__ void run(Channel (&channels)[EACH], int64_t from, int64_t first) {
    const bool usual = scan.gate && scan.softplus;
    fetch(channels, 0, first);
#pragma unroll
    for (int each = 0; each < EACH; each++) start(channels[each]);
    for (int buffer = 0; first >= from; first -= STEPS, buffer ^= 1) {
      b.put(shared.b[buffer], weight);
      c.put(shared.c[buffer], weight);
      wait_for_copies();
      __syncthreads();
      typename Stream::Cursor here = stream;
      stream.move(-STEPS);
      weight.move(-STEPS);
      float h[EACH][K];
#pragma unroll
      for (int each = 0; each < EACH; each++) {
#pragma unroll
        for (int k = 0; k < K; k++) h[each][k] = saved[each][k];
      }
      if (first > from) fetch(channels, buffer ^ 1, first - STEPS);
      unmarked_tile = unmarked<STEPS>(scan, first);
      if (usual && unmarked_tile) {
        run_tile<true>(channels, buffer, h);
      } else {
        run_tile<false>(channels, buffer, h);
      }
      __syncthreads();
      const bool vectors = scan.channel_vectors;
      if (results.du) shared.u[buffer].put(results.du, here, vectors);
      if (results.ddelta) shared.delta[buffer].put(results.ddelta, here, vectors);
      if (results.dgate) shared.gate[buffer].put(results.dgate, here, vectors);
      put_weights(first);
    }
#pragma unroll
    for (int each = 0; each < EACH; each++) put_sums(channels[each]);
  }
};

template <typename T, int K, int STEPS, int EACH>
__device__ __forceinline__ void scan_backward(const Scan<T>& scan,
                                              const BackwardResults<T>& results, char* memory) {
  using Kernel = Backward<T, K, STEPS, EACH>;
  const int64_t from = blockIdx.z * scan.chunk;
  const int64_t to = min(scan.length, from + scan.chunk);
  const int64_t last = (to - 1) / STEPS * STEPS;
  Kernel kernel(scan, results, *reinterpret_cast<typename Kernel::Shared*>(memory), last);
  if constexpr (EACH == 1) {
    typename Kernel::Channel channels[] = {{scan, 0}};
    kernel.run(channels, from, last);
  } else {
    typename Kernel::Channel channels[] = {{scan, 0}, {scan, 1}};
    kernel.run(channels, from, last);
  }
}
