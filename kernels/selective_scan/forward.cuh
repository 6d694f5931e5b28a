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

// A block takes its channels, EACH a thread, through one chunk of the length. While a tile of steps
// is computed, the next one arrives in shared memory. y takes the place of u there.
//
// Steps go in groups of eight, of which a lane prepares and finishes two neighbours. For BF16 the
// sums over states, y_t = h_t·C_t, are products on tensor cores, in TF32: they are idle otherwise,
// and what issues instructions is not.
template <typename T, int K, int STEPS, int EACH>
struct Forward {
  static constexpr int STATES = LANES * K;
  static constexpr int CHANNELS = EACH * THREAD_CHANNELS;
  static constexpr int GROUP = 2 * LANES;
  static constexpr int GROUPS = STEPS / GROUP;
  static constexpr bool TENSOR_CORES = sizeof(T) == 2 && K % 2 == 0;

  using Stream = Tile<T, STEPS, CHANNELS>;
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

  // One of the channels of a thread.
  struct Channel {
    Lane<T, K> of;
    float bias;
    float skip;
    float h[K];

    __device__ __forceinline__ Channel(const Scan<T>& scan, int each)
        : of(scan, static_cast<int64_t>(blockIdx.x) * CHANNELS, each * THREAD_CHANNELS),
          bias(scan.bias ? scan.bias[of.channel] : 0.0f),
          skip(scan.skip ? scan.skip[of.channel] : 0.0f) {}
  };

  const Scan<T>& scan;
  Shared& shared;
  typename Stream::Cursor stream;
  typename Weight::Cursor weight;
  Weight b;
  Weight c;
  bool unmarked_tile;

  __device__ __forceinline__ Forward(const Scan<T>& scan, Shared& shared)
      : scan(scan),
        shared(shared),
        stream(scan, scan.channels, static_cast<int64_t>(blockIdx.x) * CHANNELS,
               blockIdx.z * scan.chunk),
        weight(scan, scan.states, 0, blockIdx.z * scan.chunk) {}

  __device__ __forceinline__ void fetch(int buffer, int64_t first) {
    shared.u[buffer].fetch(scan.u, stream, scan.channel_vectors);
    shared.delta[buffer].fetch(scan.delta, stream, scan.channel_vectors);
    if (scan.gate) shared.gate[buffer].fetch(scan.gate, stream, scan.channel_vectors);
    b.fetch(scan.b, weight, scan.state_vectors);
    c.fetch(scan.c, weight, scan.state_vectors);
    mark<STEPS>(scan, first, shared.marks[buffer]);
  }

  __device__ __forceinline__ static int step_of(int group, int i) {
    return group * GROUP + threadIdx.x % LANES * 2 + i;
  }

  __device__ __forceinline__ static int at(const Channel& channel, int group, int i) {
    return step_of(group, i) * Stream::PITCH + channel.of.local;
  }

  // PLAIN promises softplus, a gate, and a tile without marks.
  template <bool PLAIN>
  __device__ __forceinline__ Steps prepare(const Channel& channel, int buffer, int group) const {
    Steps steps;
#pragma unroll
    for (int i = 0; i < 2; i++) {
      const int place = at(channel, group, i);
      steps.u[i] = load(shared.u[buffer].element + place);
      steps.gate[i] = PLAIN || scan.gate ? load(shared.gate[buffer].element + place) : 0.0f;
      const float raw = load(shared.delta[buffer].element + place) + channel.bias;
      float delta = PLAIN || scan.softplus ? softplus<T>(raw) : raw;
      steps.decay[i] = delta;
      steps.there[i] = true;
      if (!PLAIN && !unmarked_tile) {
        const int mark = shared.marks[buffer][step_of(group, i)];
        steps.there[i] = mark != NOTHING;
        delta = steps.there[i] ? delta : 0.0f;
        steps.decay[i] = mark == BEGINS ? FORGET : delta;
      }
      steps.entering[i] = delta * steps.u[i];
    }
    return steps;
  }

  // Takes the states through one of the steps that a lane has prepared.
  __device__ __forceinline__ static void advance(Channel& channel, const Steps& steps, int owner,
                                                 int i, const float (&b)[K], float (&h)[K]) {
    const float decay = of_step(steps.decay[i], owner);
    const float entering = of_step(steps.entering[i], owner);
#pragma unroll
    for (int k = 0; k < K; k++) {
      h[k] = fmaf(exp2_approx(decay * channel.of.decay[k]), channel.h[k], entering * b[k]);
      channel.h[k] = h[k];
    }
  }

  // Takes all channels through a group; y of this lane's steps, before skip and gate.
  __device__ __forceinline__ void advance_all(Channel (&channels)[EACH], int buffer, int group,
                                              const Steps (&steps)[EACH],
                                              float (&y)[EACH][2]) const {
    const float* group_b = shared.b[buffer] + group * GROUP * STATES + threadIdx.x % LANES * K;
    const float* group_c = shared.c[buffer] + group * GROUP * STATES + threadIdx.x % LANES * K;
    float sums[EACH][GROUP];
    float column[K];
    if (TENSOR_CORES) read_states(group_c + threadIdx.x % 32 / LANES * STATES, column);
#pragma unroll
    for (int owner = 0; owner < LANES; owner++) {
      float b[2][K];
      read_states(group_b + owner * 2 * STATES, b[0]);
      read_states(group_b + (owner * 2 + 1) * STATES, b[1]);
#pragma unroll
      for (int each = 0; each < EACH; each++) {
        float h[2][K];
        advance(channels[each], steps[each], owner, 0, b[0], h[0]);
        advance(channels[each], steps[each], owner, 1, b[1], h[1]);
        if constexpr (TENSOR_CORES) {
          multiply(h, column, owner, y[each]);
        } else {
#pragma unroll
          for (int i = 0; i < 2; i++) {
            float c[K];
            read_states(group_c + (owner * 2 + i) * STATES, c);
            float& sum = sums[each][owner * 2 + i];
            sum = h[i][0] * c[0];
#pragma unroll
            for (int k = 1; k < K; k++) sum = fmaf(h[i][k], c[k], sum);
          }
        }
      }
    }
    if constexpr (!TENSOR_CORES) {
#pragma unroll
      for (int each = 0; each < EACH; each++) {
        sum_over_lanes<1, 2, GROUP>(sums[each]);
        y[each][0] = sums[each][0];
        y[each][1] = sums[each][1];
      }
    }
  }

  // Rows of the left matrix are the warp's channels at one step, then at the next; columns of the
  // right one are C of the group's steps, of which each lane holds its part. What is at the wrong
  // step is not used.
  __device__ __forceinline__ static void multiply(const float (&h)[2][K],
                                                  const float (&column)[K], int owner,
                                                  float (&y)[2]) {
    float sum[4] = {};
#pragma unroll
    for (int k = 0; k < K; k += 2) {
      multiply_tf32(sum, h[0][k], h[1][k], h[0][k + 1], h[1][k + 1], column[k], column[k + 1]);
    }
    const bool mine = threadIdx.x % LANES == owner;
    y[0] = mine ? sum[0] : y[0];
    y[1] = mine ? sum[3] : y[1];
  }

  template <bool PLAIN>
  __device__ __forceinline__ void finish(const Channel& channel, int buffer, int group,
                                         const Steps& steps, const float (&sum)[2]) {
#pragma unroll
    for (int i = 0; i < 2; i++) {
      float y = fmaf(channel.skip, steps.u[i], sum[i]);
      if (PLAIN || scan.gate) y *= steps.gate[i] * sigmoid<T>(steps.gate[i]);
      store(shared.u[buffer].element + at(channel, group, i),
            PLAIN || steps.there[i] ? y : 0.0f);
    }
  }

  template <bool PLAIN>
  __device__ __forceinline__ void run_tile(Channel (&channels)[EACH], int buffer) {
    constexpr int UNROLLED = !PLAIN || K > 4 ? 1 : EACH == 1 ? GROUPS : 2;
#pragma unroll UNROLLED
    for (int group = 0; group < GROUPS; group++) {
      Steps steps[EACH];
      float y[EACH][2] = {};
#pragma unroll
      for (int e = 0; e < EACH; e++) steps[e] = prepare<PLAIN>(channels[e], buffer, group);
      advance_all(channels, buffer, group, steps, y);
#pragma unroll
      for (int e = 0; e < EACH; e++) finish<PLAIN>(channels[e], buffer, group, steps[e], y[e]);
    }
  }

  __device__ __forceinline__ void start(Channel& channel, const ForwardResults<T>& results) {
    const Lane<T, K>& of = channel.of;
    const int64_t rows = gridDim.y;
    of.read(scan, gridDim.z == 1 ? results.state : results.ends, of.batch, channel.h);
    for (int64_t before = 0; before < blockIdx.z; before++) {
      const float span = results.spans[(before * rows + of.batch) * scan.channels + of.channel];
      float added[K];
      of.read(scan, results.ends, (before + 1) * rows + of.batch, added);
#pragma unroll
      for (int k = 0; k < K; k++) {
        channel.h[k] = fmaf(exp2_approx(span * of.decay[k]), channel.h[k], added[k]);
      }
    }
  }

  __device__ __forceinline__ void put_y(int buffer, T* y, int back) {
    typename Stream::Cursor before = stream;
    before.move(-back);
    shared.u[buffer].put(y, before, scan.channel_vectors);
  }

  __device__ __forceinline__ void write(const Channel (&channels)[EACH], float* to, int64_t row) {
#pragma unroll
    for (int each = 0; each < EACH; each++) {
      channels[each].of.write(scan, to, row, channels[each].h);
    }
  }

  __device__ __forceinline__ void run(Channel (&channels)[EACH],
                                      const ForwardResults<T>& results) {
    const int64_t from = blockIdx.z * scan.chunk;
    const int64_t to = min(scan.length, from + scan.chunk);
    const bool usual = scan.gate && scan.softplus;
    const int64_t batch = blockIdx.y;
    fetch(0, from);
#pragma unroll
    for (int each = 0; each < EACH; each++) start(channels[each], results);
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
      if (results.saved) write(channels, results.saved, first / STEPS * gridDim.y + batch);
      unmarked_tile = unmarked<STEPS>(scan, first);
      if (usual && unmarked_tile) {
        run_tile<true>(channels, buffer);
      } else {
        run_tile<false>(channels, buffer);
      }
    }
    __syncthreads();
    put_y(buffer ^ 1, results.y, STEPS);
    if (results.state && to == scan.length) write(channels, results.state, batch);
  }
};

template <typename T, int K, int STEPS, int EACH>
__device__ __forceinline__ void scan_forward(const Scan<T>& scan,
                                             const ForwardResults<T>& results) {
  using Kernel = Forward<T, K, STEPS, EACH>;
  __shared__ typename Kernel::Shared shared;
  Kernel kernel(scan, shared);
  if constexpr (EACH == 1) {
    typename Kernel::Channel channels[] = {{scan, 0}};
    kernel.run(channels, results);
  } else {
    typename Kernel::Channel channels[] = {{scan, 0}, {scan, 1}};
    kernel.run(channels, results);
  }
}
