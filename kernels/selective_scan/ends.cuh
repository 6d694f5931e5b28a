#pragma once

#include "selective_scan/series.cuh"

// What a chunk adds to the state behind it (or, backward, to the adjoint before it), and the sum of
// its steps, by which what came in decays on its way through. Tiles are visited from that end on,
// and what would not get there is left out: first the states that decay fast, in the end the rest
// of the chunk. A lane has one of every LANES states, so that lanes come to that together.
//
//   forward    h_t = exp(Δ_t·A)·h_{t−1} + Δ_t·u_t·B_t
//   adjoint    k_t = exp(Δ_t·A)·(k_{t+1} + C_t·SiLU(gate_t)·dy_t)
template <typename T, int K, int STEPS, bool ADJOINT>
struct Ends {
  static constexpr int STATES = LANES * K;
  static constexpr int PITCH = STATES + 4;  // spreads steps over the banks
  static constexpr int GROUPS = STEPS / LANES;
  static constexpr bool SERIES = !ADJOINT && K == 4 && sizeof(T) == 2;

  using Stream = Tile<T, STEPS, THREAD_CHANNELS>;
  using Weight = Weights<T, STEPS, STATES>;

  struct alignas(16) Shared {
    Stream delta[2];
    Stream entering[2];  // u or dy
    Stream gate[2];
    float weights[2][STEPS * PITCH];  // B or C
    int marks[2][STEPS];
  };

  const Scan<T>& scan;
  const T* entering;
  Shared& shared;
  const int64_t chunk;  // the first has no adjoint to give, the last no state
  const int64_t from;
  const int64_t tiles;
  const int64_t first_channel;
  const Lane<T, K, true> of;
  typename Stream::Cursor stream;
  typename Weight::Cursor weight;
  Weight weights;
  float bias;

  __device__ __forceinline__ Ends(const Scan<T>& scan, const T* entering, Shared& shared)
      : scan(scan),
        entering(entering),
        shared(shared),
        chunk(blockIdx.z + (ADJOINT ? 1 : 0)),
        from(chunk * scan.chunk),
        tiles((min(scan.length - from, scan.chunk) + STEPS - 1) / STEPS),
        first_channel(static_cast<int64_t>(blockIdx.x) * THREAD_CHANNELS),
        of(scan, first_channel),
        stream(scan, scan.channels, first_channel, tile(0)),
        weight(scan, scan.states, 0, tile(0)) {
    bias = scan.bias ? scan.bias[of.channel] : 0.0f;
  }

  // The first step of a tile, in the order of visits.
  __device__ __forceinline__ int64_t tile(int64_t i) const {
    return from + (ADJOINT ? i : tiles - 1 - i) * STEPS;
  }

  __device__ __forceinline__ void fetch(int buffer, int64_t first) {
    shared.delta[buffer].fetch(scan.delta, stream, scan.channel_vectors);
    shared.entering[buffer].fetch(entering, stream, scan.channel_vectors);
    if (ADJOINT && scan.gate) {
      shared.gate[buffer].fetch(scan.gate, stream, scan.channel_vectors);
    }
    weights.fetch(ADJOINT ? scan.c : scan.b, weight, scan.state_vectors);
    mark<STEPS>(scan, first, shared.marks[buffer]);
  }

  // Takes the first ALIVE states of the lane through a group; answers this lane's step.
  template <int ALIVE>
  __device__ __forceinline__ float advance(int buffer, int group, bool plain,
                                           float (&h)[K]) const {
    const int at = (group * LANES + of.lane) * Stream::PITCH + of.local;
    const float raw = load(shared.delta[buffer].element + at) + bias;
    const int mark = plain ? GOES_ON : shared.marks[buffer][group * LANES + of.lane];
    // Without a branch, which would keep steps from overlapping.
    const float soft = softplus<T>(raw);
    const float delta = mark == NOTHING ? 0.0f : scan.softplus ? soft : raw;
    const float my_decay = mark == BEGINS ? FORGET : delta;
    float my_entering = load(shared.entering[buffer].element + at);
    if (!ADJOINT) {
      my_entering *= delta;
    } else {
      if (scan.gate) {
        const float gate = load(shared.gate[buffer].element + at);
        my_entering *= gate * sigmoid<T>(gate);
      }
      if (mark == NOTHING) my_entering = 0.0f;
    }
#pragma unroll
    for (int i = 0; i < LANES; i++) {
      const int s = ADJOINT ? LANES - 1 - i : i;
      const float decay = of_step(my_decay, s);
      const float enters = of_step(my_entering, s);
      float w[ALIVE];
      read_states(shared.weights[buffer] + (group * LANES + s) * PITCH + of.lane * K, w);
#pragma unroll
      for (int k = 0; k < ALIVE; k++) {
        const float a = exp2_approx(decay * of.decay[k]);
        h[k] = ADJOINT ? a * fmaf(enters, w[k], h[k]) : fmaf(a, h[k], enters * w[k]);
      }
    }
    return my_decay;
  }

  // Adds what a tile gives; answers its sum of steps.
  template <int ALIVE>
  __device__ __forceinline__ float visit(int buffer, bool plain, float span,
                                         float (&sum)[K]) const {
    float h[K] = {};
    float steps = 0.0f;
#pragma unroll 2
    for (int g = 0; g < GROUPS; g++) {
      steps += advance<ALIVE>(buffer, ADJOINT ? GROUPS - 1 - g : g, plain, h);
    }
#pragma unroll
    for (int k = 0; k < ALIVE; k++) {
      sum[k] = fmaf(exp2_approx(span * of.decay[k]), h[k], sum[k]);
    }
    return sum_over_channel(steps);
  }

  __device__ __forceinline__ float visit_alive(int buffer, bool plain, float span, int count,
                                               float (&sum)[K]) const {
    if (K == 1 || count > K / 2) return visit<K>(buffer, plain, span, sum);
    if (K < 4 || count > K / 4) return visit<(K + 1) / 2>(buffer, plain, span, sum);
    return visit<(K + 3) / 4>(buffer, plain, span, sum);
  }

  // How many states of the warp's lanes, up to the last that counts, have not vanished.
  __device__ __forceinline__ int alive(float span) const {
    unsigned count = 0;
#pragma unroll
    for (int k = 0; k < K; k++) {
      if (of.decay[k] * span >= -VANISHED) count = k + 1;
    }
    return static_cast<int>(__reduce_max_sync(ALL_LANES, count));
  }

  // Whether a state that counts decays too much in a tile for a series of so many terms, and is too
  // near for that not to matter: what such a series gets wrong decays on its way to the end.
  template <int TERMS>
  __device__ __forceinline__ bool too_fast(float span, float tile_span) const {
    using Terms = SeriesTerms<TERMS>;
    const bool near = span < Terms::FAR * tile_span;
    if (!__any_sync(ALL_LANES, near)) return false;
    bool fast = false;
#pragma unroll
    for (int k = 0; k < K; k++) {
      fast |= of.decay[k] * span >= -VANISHED && of.decay[k] * tile_span < -Terms::MOST_DECAY;
    }
    return __any_sync(ALL_LANES, near && fast);
  }

  // Adds what a tile gives by a series, if that is exact enough. It is tried only where the tile
  // before makes that likely.
  __device__ __forceinline__ bool visit_by_series(int buffer, float span, float& tile_span,
                                                  float (&sum)[K]) const {
    if constexpr (SERIES) {
      if (too_fast<8>(span, 0.9f * tile_span)) return false;
      const Series<T, STEPS, Stream, PITCH> series(scan, shared.delta[buffer],
                                                   shared.entering[buffer], of, bias);
      if (!too_fast<4>(span, series.span)) {
        series.template add<4>(shared.weights[buffer], of, span, sum);
      } else if (!too_fast<8>(span, series.span)) {
        series.template add<8>(shared.weights[buffer], of, span, sum);
      } else {
        return false;
      }
      tile_span = series.span;
      return true;
    }
    return false;
  }

  __device__ __forceinline__ void run(const float* state, float* ends, float* spans) {
    fetch(0, tile(0));
    float span = 0.0f;
    float tile_span = FORGET;
    float sum[K] = {};
    int buffer = 0;
    for (int64_t i = 0; i < tiles; i++, buffer ^= 1) {
      weights.template put_apart<PITCH>(shared.weights[buffer], weight);
      wait_for_copies();
      const int count = alive(span);
      if (__syncthreads_and(count == 0)) break;
      stream.move(ADJOINT ? STEPS : -STEPS);
      weight.move(ADJOINT ? STEPS : -STEPS);
      if (i + 1 < tiles) fetch(buffer ^ 1, tile(i + 1));
      const bool plain = unmarked<STEPS>(scan, tile(i));
      if (!plain || !visit_by_series(buffer, span, tile_span, sum)) {
        tile_span = visit_alive(buffer, plain, span, count, sum);
      }
      span += tile_span;
    }
    wait_for_copies();
    const int64_t rows = gridDim.y;
    of.write(scan, ends, (chunk + (ADJOINT ? 0 : 1)) * rows + of.batch, sum);
    if (of.mine && of.lane == 0) {
      spans[(chunk * rows + of.batch) * scan.channels + of.channel] = span;
    }
    if (!ADJOINT && chunk == 0) {
      float before[K];
      of.read(scan, state, of.batch, before);
      of.write(scan, ends, of.batch, before);
    }
  }
};
