// States from chunk to chunk, h = decay·h + Σ Δ·decay·x·Bᵀ, and their gradients the other way,
// g = decay·g + Σ decay·grad_y·Cᵀ. A block has one tile of one head.

#pragma once

#include "ssd/ssd.cuh"

// What is left of a segment's begin below this exponent is nothing to numbers of two planes or one.
template <int P>
constexpr float NOTHING_LEFT = P == 2 ? -40.0f : -24.0f;

template <typename C, typename T, bool BACKWARD>
struct States {
  static constexpr int P = PLANES<T>;
  static constexpr int THREADS = 128;
  static constexpr int STAGES = P == 1 && !BACKWARD ? 3 : 2;
  static constexpr int PANEL_BYTES = P * PANEL * ROW_BYTES;
  static constexpr int WEIGHTS_AT = (BACKWARD ? 3 : 2) * PANEL_BYTES;
  static constexpr int SPAN_AT = WEIGHTS_AT + 4 * PANEL;
  static constexpr int STAGE_BYTES = SPAN_AT + 128;

  const C& call;
  const int64_t state_tile, head, tiled_head, segment, b, group;
  const int channels, states;
  Sums state[8];

  __device__ explicit States(const C& call)
      : call(call),
        state_tile(blockIdx.x % call.state_tiles),
        head(call.head_of(blockIdx.x / call.state_tiles)),
        tiled_head(blockIdx.x / call.state_tiles),
        segment(blockIdx.y),
        b(blockIdx.z),
        group(call.group(head)),
        channels(call.channels(tiled_head)),
        states(min(static_cast<int>(call.states - state_tile * PANEL), PANEL)) {
    clear();
  }

  __device__ void clear() {
#pragma unroll
    for (int j = 0; j < 8; j++) {
#pragma unroll
      for (int e = 0; e < 4; e++) state[j][e] = 0.0f;
    }
  }

  __device__ int row(int half) const { return threadIdx.x / 32 * 16 + row_of(half); }

  // Moves the tile from or to memory of [batch, heads, headDim, states].
  template <bool STORE, typename M>
  __device__ void exchange(M* memory) {
    const int64_t first = (b * call.heads + head) * call.head_dim +
                          call.channel_of(tiled_head);
#pragma unroll
    for (int j = 0; j < 8; j++) {
#pragma unroll
      for (int e = 0; e < 4; e++) {
        const int p = row(e / 2);
        const int n = column_of(j) + e % 2;
        if (p < channels && n < states) {
          const int64_t at = (first + p) * call.states + state_tile * PANEL + n;
          if constexpr (STORE) memory[at] = state[j][e];
          else state[j][e] = memory[at];
        }
      }
    }
  }

  __device__ float* carried(int64_t of) const {
    return call.carried + (((b * call.segments + of) * call.tiled_heads() + tiled_head) *
                               call.state_tiles + state_tile) * TILE_ELEMENTS;
  }

  template <bool STORE>
  __device__ void exchange_carried(int64_t of) {
    float* tile = carried(of);
#pragma unroll
    for (int j = 0; j < 8; j++) {
#pragma unroll
      for (int e = 0; e < 4; e++) {
        float& there = tile[(4 * j + e) * THREADS + threadIdx.x];
        if constexpr (STORE) there = state[j][e];
        else state[j][e] = there;
      }
    }
  }

  __device__ void begin() {
    if constexpr (!BACKWARD) {
      if (call.state_in) exchange<false>(call.state_in);
    }
  }

  __device__ void end() {
    if (call.state_out) exchange<true>(call.state_out);
  }

  // Puts out the tile as it is at a chunk's edge. Backward also sums its product with the state
  // before the chunk, a part a warp.
  __device__ void keep(int64_t chunk, Panel before) {
    bf16* out = (BACKWARD ? call.after : call.before) + call.tile(b, chunk, tiled_head, state_tile);
    float product = 0.0f;
#pragma unroll
    for (int half = 0; half < 2; half++) {
      uint32_t words[P][8];
#pragma unroll
      for (int j = 0; j < 8; j++) {
        const float2 two = make_float2(state[j][2 * half], state[j][2 * half + 1]);
        uint32_t planes[P];
        split<P>(two, planes);
#pragma unroll
        for (int p = 0; p < P; p++) words[p][j] = planes[p];
        if constexpr (BACKWARD) {
          const float2 other = two_of<P>(before, row(half), column_of(j));
          product = fmaf(other.x, two.x, fmaf(other.y, two.y, product));
        }
      }
#pragma unroll
      for (int p = 0; p < P; p++) {
        store_words(out + p * TILE_ELEMENTS + row(half) * PANEL, true, words[p], PANEL);
      }
    }
    if constexpr (BACKWARD) {
#pragma unroll
      for (int lane = 16; lane > 0; lane >>= 1) {
        product += __shfl_xor_sync(0xffffffffu, product, lane);
      }
      if (threadIdx.x % 32 == 0) {
        const int64_t at = call.of_tiled_head(b, chunk, tiled_head) * call.state_tiles + state_tile;
        call.flow[at * 4 + threadIdx.x / 32] = product;
      }
    }
  }

  // What a stage holds: 64 positions of x and B, or of the gradient of y and C, and their weights:
  // from x to the last of them, or from the first of them to y.
  template <bool BEFORE>
  __device__ void fetch(uint32_t stage, int64_t tile) const {
    const int64_t t = tile * PANEL;
    const int rows = static_cast<int>(min(call.length - t, static_cast<int64_t>(PANEL)));
    const int64_t row = b * call.length + t;
    const T* x = BACKWARD ? call.grad_y + row * call.inner() : call.xbc + row * call.width();
    const int64_t shared =
        (BACKWARD ? call.column_c(group) : call.column_b(group)) + state_tile * PANEL;
    fetch_rows<PANEL, THREADS>(Panel{stage, PANEL_BYTES / P}, x + call.column(tiled_head),
                               BACKWARD ? call.inner() : call.width(), rows, channels,
                               call.vectors());
    fetch_rows<PANEL, THREADS>(Panel{stage + PANEL_BYTES, PANEL_BYTES / P},
                               call.xbc + row * call.width() + shared, call.width(), rows, states,
                               call.vectors());
    const int64_t chunk = call.chunk_of(tile);
    if constexpr (BEFORE) {
      fetch_tile<P, THREADS>(Panel{stage + 2 * PANEL_BYTES, PANEL_BYTES / P},
                             call.before + call.tile(b, chunk, tiled_head, state_tile));
    }
    const int64_t at = call.of_head(b, chunk, head) * call.chunk_tiles() + call.in_chunk(tile);
    fetch_line<4 * PANEL, THREADS>(stage + WEIGHTS_AT,
                                   (BACKWARD ? call.from_begin : call.to_end) + at * PANEL);
    if (threadIdx.x == 0) fetch_word(stage + SPAN_AT, call.spans + at);
  }

  __device__ static float span(const char* stage) {
    return *reinterpret_cast<const float*>(stage + SPAN_AT);
  }

  // Adds what 64 positions give, times a factor.
  __device__ void add(const char* stage, uint32_t stage_at, float factor) {
    const float* weights = reinterpret_cast<const float*>(stage + WEIGHTS_AT);
    const Panel x{stage_at, PANEL_BYTES / P};
    const Panel shared{stage_at + PANEL_BYTES, PANEL_BYTES / P};
#pragma unroll
    for (int k = 0; k < PANEL; k += 16) {
      const int at = k + 2 * (threadIdx.x & 3);
      float2 low = *reinterpret_cast<const float2*>(weights + at);
      float2 high = *reinterpret_cast<const float2*>(weights + at + 8);
      low = make_float2(low.x * factor, low.y * factor);
      high = make_float2(high.x * factor, high.y * factor);
      const Factor<P> a = scaled(left_turned<P>(x, threadIdx.x / 32 * 16, k), low, high);
#pragma unroll
      for (int j = 0; j < 8; j += 2) {
        multiply(state[j], state[j + 1], a, right<P>(shared, k, 8 * j));
      }
    }
  }

  // Fetches the tiles that `at` numbers ahead, and does `what` with one after the other until it
  // says that it has enough.
  template <bool BEFORE, typename At, typename What>
  __device__ void walk(char* memory, int64_t tiles, At at, What what) {
    const uint32_t base = shared_address(memory);
#pragma unroll
    for (int i = 0; i < STAGES - 1; i++) {
      if (i < tiles) fetch<BEFORE>(base + i * STAGE_BYTES, at(i));
      fetches_end();
    }
    int stage = 0;
    int next = STAGES - 1;
    for (int64_t i = 0; i < tiles; i++) {
      await_fetches<STAGES - 2>();
      __syncthreads();
      if (i + STAGES - 1 < tiles) fetch<BEFORE>(base + next * STAGE_BYTES, at(i + STAGES - 1));
      fetches_end();
      if (!what(at(i), memory + stage * STAGE_BYTES, base + stage * STAGE_BYTES)) break;
      stage = stage + 1 == STAGES ? 0 : stage + 1;
      next = next + 1 == STAGES ? 0 : next + 1;
    }
    await_fetches<0>();
  }

  __device__ int64_t first_tile() const {
    return segment * call.segment_chunks * call.chunk_tiles();
  }
  __device__ int64_t tiles() const {
    const int64_t first = segment * call.segment_chunks;
    const int64_t chunks = min(call.segment_chunks, call.chunks - first);
    return max(chunks, static_cast<int64_t>(0)) * call.chunk_tiles();
  }

  // Goes over a segment with the state that comes into it.
  __device__ void run(char* memory) {
    if (call.segments == 1) begin();
    else exchange_carried<false>(segment);
    const int64_t first = first_tile();
    const int64_t count = tiles();
    walk<BACKWARD>(
        memory, count, [&](int64_t i) { return first + (BACKWARD ? count - 1 - i : i); },
        [&](int64_t tile, const char* stage, uint32_t stage_at) {
          const float through = exp2_approx(span(stage));
          if (call.in_chunk(tile) == (BACKWARD ? call.chunk_tiles() - 1 : 0)) {
            keep(call.chunk_of(tile), Panel{stage_at + 2 * PANEL_BYTES, PANEL_BYTES / P});
          }
#pragma unroll
          for (int j = 0; j < 8; j++) {
#pragma unroll
            for (int e = 0; e < 4; e++) state[j][e] *= through;
          }
          add(stage, stage_at, 1.0f);
          return true;
        });
    if (BACKWARD ? segment == 0 : segment == call.segments - 1) end();
  }

  // What a segment alone gives to the one behind it: from its end towards its begin, as far as
  // something is left of it.
  __device__ void run_alone(char* memory) {
    if (segment == (BACKWARD ? 0 : call.segments - 1)) return;
    const int64_t first = first_tile();
    const int64_t count = tiles();
    float exponent = 0.0f;
    walk<false>(
        memory, count, [&](int64_t i) { return first + (BACKWARD ? i : count - 1 - i); },
        [&](int64_t, const char* stage, uint32_t stage_at) {
          add(stage, stage_at, exp2_approx(exponent));
          exponent += span(stage);
          return exponent > NOTHING_LEFT<P>;
        });
    exchange_carried<true>(segment);
    if (threadIdx.x == 0 && state_tile == 0 && call.channel_of(tiled_head) == 0) {
      call.segment_decay[(b * call.segments + segment) * call.heads + head] =
          exponent > NOTHING_LEFT<P> ? exp2_approx(exponent) : 0.0f;
    }
  }

  // States before each segment, of what the segments give by themselves.
  __device__ void run_segments() {
    begin();
    for (int64_t i = 0; i < call.segments; i++) {
      const int64_t of = BACKWARD ? call.segments - 1 - i : i;
      if (i == call.segments - 1) {
        exchange_carried<true>(of);
        return;
      }
      const float through = call.segment_decay[(b * call.segments + of) * call.heads + head];
      float* tile = carried(of);
#pragma unroll
      for (int j = 0; j < 8; j++) {
#pragma unroll
        for (int e = 0; e < 4; e++) {
          float& there = tile[(4 * j + e) * THREADS + threadIdx.x];
          const float own = there;
          there = state[j][e];
          state[j][e] = fmaf(through, state[j][e], own);
        }
      }
    }
  }
};
