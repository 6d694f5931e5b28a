// States from chunk to chunk, h = decay·h + Σ Δ·decay·x·Bᵀ, and their gradients the other way,
// g = decay·g + Σ decay·grad_y·Cᵀ. A block has one tile of one head.

#pragma once

#include "ssd/ssd.cuh"

enum class Pass { ALONE, FIRST, SECOND };

template <typename T, bool BACKWARD>
struct States {
  static constexpr int P = PLANES<T>;
  static constexpr int THREADS = 128;
  static constexpr int STAGES = P == 1 ? 3 : 2;
  static constexpr int PANEL_BYTES = P * PANEL * ROW_BYTES;
  static constexpr int SUMS_AT = 2 * PANEL_BYTES;
  static constexpr int STEPS_AT = SUMS_AT + 8 * PANEL;
  static constexpr int BEGIN_AT = STEPS_AT + 4 * PANEL;
  static constexpr int STAGE_BYTES = BEGIN_AT + 128;

  const Call<T>& call;
  const int64_t state_tile, head, tiled_head, segment, b;
  const int channels, states;
  Sums state[8];

  __device__ explicit States(const Call<T>& call)
      : call(call),
        state_tile(blockIdx.x % call.state_tiles),
        head(blockIdx.x / call.state_tiles / call.head_tiles),
        tiled_head(blockIdx.x / call.state_tiles),
        segment(blockIdx.y),
        b(blockIdx.z),
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
                          tiled_head % call.head_tiles * PANEL;
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
  __device__ void keep(int64_t chunk) {
    const int64_t tile = call.tile(b, chunk, tiled_head, state_tile);
    bf16* out = (BACKWARD ? call.after : call.before) + tile;
    float product = 0.0f;
#pragma unroll
    for (int half = 0; half < 2; half++) {
#pragma unroll
      for (int j = 0; j < 8; j++) {
        const int at = row(half) * PANEL + column_of(j);
        const float2 two = make_float2(state[j][2 * half], state[j][2 * half + 1]);
        uint32_t words[P];
        split<P>(two, words);
#pragma unroll
        for (int p = 0; p < P; p++) {
          *reinterpret_cast<uint32_t*>(out + p * TILE_ELEMENTS + at) = words[p];
          if constexpr (BACKWARD) {
            const float2 before = unpack(*reinterpret_cast<const uint32_t*>(
                call.before + tile + p * TILE_ELEMENTS + at));
            product = fmaf(before.x, two.x, fmaf(before.y, two.y, product));
          }
        }
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

  // What a stage holds: 64 positions of x and B, or of the gradient of y and C, and their decays.
  __device__ void fetch(uint32_t stage, int64_t tile) const {
    const int64_t tiles = call.chunk / PANEL;
    const int64_t t = tile * PANEL;
    const int rows = static_cast<int>(min(call.length - t, static_cast<int64_t>(PANEL)));
    const int64_t row = b * call.length + t;
    const T* x = BACKWARD ? call.grad_y + row * call.inner() : call.xbc + row * call.width();
    const int64_t group = call.group(head);
    const int64_t shared =
        (BACKWARD ? call.column_c(group) : call.column_b(group)) + state_tile * PANEL;
    fetch_rows<PANEL, THREADS>(Panel{stage, PANEL_BYTES / P}, x + call.column(tiled_head),
                               BACKWARD ? call.inner() : call.width(), rows, channels,
                               call.vectors);
    fetch_rows<PANEL, THREADS>(Panel{stage + PANEL_BYTES, PANEL_BYTES / P},
                               call.xbc + row * call.width() + shared, call.width(), rows, states,
                               call.vectors);
    const int64_t at =
        call.of_head(b, tile / tiles, head) * call.chunk + tile % tiles * PANEL;
    fetch_steps<PANEL>(stage + SUMS_AT, stage + STEPS_AT, call.sums + at, call.steps + at);
    // The sum before the tile's first position, with the one before that.
    if (threadIdx.x == 0) {
      const bool begins = tile % tiles == 0;
      fetch_words(stage + BEGIN_AT, call.sums + (begins ? at : at - 2), begins ? 0 : 16);
    }
  }

  // Weight of a position: from x to the tile's end, or from the tile's begin to y.
  __device__ static float weight(float2 begin, float2 end, float2 sum, float step) {
    if constexpr (BACKWARD) return step < 0.0f ? 0.0f : decay(begin, sum);
    else return fmaxf(step, 0.0f) * decay(sum, end);
  }

  __device__ void advance(const char* stage, uint32_t stage_at) {
    const float2* sums = reinterpret_cast<const float2*>(stage + SUMS_AT);
    const float* steps = reinterpret_cast<const float*>(stage + STEPS_AT);
    const float2 begin = reinterpret_cast<const float2*>(stage + BEGIN_AT)[1];
    const float2 end = sums[PANEL - 1];
    const float through = decay(begin, end);
#pragma unroll
    for (int j = 0; j < 8; j++) {
#pragma unroll
      for (int e = 0; e < 4; e++) state[j][e] *= through;
    }
    const Panel x{stage_at, PANEL_BYTES / P};
    const Panel shared{stage_at + PANEL_BYTES, PANEL_BYTES / P};
#pragma unroll
    for (int k = 0; k < PANEL; k += 16) {
      float weights[4];
#pragma unroll
      for (int i = 0; i < 4; i++) {
        const int at = k + 2 * (threadIdx.x & 3) + (i & 1) + 8 * (i >> 1);
        weights[i] = weight(begin, end, sums[at], steps[at]);
      }
      const Factor<P> a = scaled(left_turned<P>(x, threadIdx.x / 32 * 16, k),
                                 make_float2(weights[0], weights[1]),
                                 make_float2(weights[2], weights[3]));
#pragma unroll
      for (int j = 0; j < 8; j += 2) {
        multiply(state[j], state[j + 1], a, right<P>(shared, k, 8 * j));
      }
    }
  }

  // Log decay of a segment, and where it lies.
  __device__ void keep_decay(int64_t from, int64_t to) const {
    if (threadIdx.x != 0 || state_tile != 0 || tiled_head % call.head_tiles != 0) return;
    float sum = 0.0f;
    for (int64_t chunk = from; chunk < to; chunk++) {
      sum += call.sums[(call.of_head(b, chunk, head) + 1) * call.chunk - 1].x;
    }
    call.segment_decay[(b * call.segments + segment) * call.heads + head] = exp2_approx(sum);
  }

  __device__ void run(Pass pass, char* memory) {
    const int64_t first = segment * call.segment_chunks;
    const int64_t last = min(first + call.segment_chunks, call.chunks);
    if (pass == Pass::ALONE) begin();
    if (pass == Pass::SECOND) exchange_carried<false>(segment);
    const int64_t chunk_tiles = call.chunk / PANEL;
    const int64_t tiles = (last - first) * chunk_tiles;
    auto tile_at = [&](int64_t i) {
      return first * chunk_tiles + (BACKWARD ? tiles - 1 - i : i);
    };
    const uint32_t base = shared_address(memory);
#pragma unroll
    for (int i = 0; i < STAGES - 1; i++) {
      if (i < tiles) fetch(base + i * STAGE_BYTES, tile_at(i));
      fetches_end();
    }
    int stage = 0;
    int next = STAGES - 1;
    for (int64_t i = 0; i < tiles; i++) {
      await_fetches<STAGES - 2>();
      __syncthreads();
      if (i + STAGES - 1 < tiles) fetch(base + next * STAGE_BYTES, tile_at(i + STAGES - 1));
      fetches_end();
      const int64_t tile = tile_at(i);
      const bool edge = tile % chunk_tiles == (BACKWARD ? chunk_tiles - 1 : 0);
      if (edge && pass != Pass::FIRST) keep(tile / chunk_tiles);
      advance(memory + stage * STAGE_BYTES, base + stage * STAGE_BYTES);
      stage = stage + 1 == STAGES ? 0 : stage + 1;
      next = next + 1 == STAGES ? 0 : next + 1;
    }
    const bool ends = BACKWARD ? segment == 0 : segment == call.segments - 1;
    if (pass == Pass::FIRST) {
      exchange_carried<true>(segment);
      keep_decay(first, last);
    } else if (ends) {
      end();
    }
  }

  // States before each segment, of what the segments give by themselves.
  __device__ void run_segments() {
    begin();
    for (int64_t i = 0; i < call.segments; i++) {
      const int64_t of = BACKWARD ? call.segments - 1 - i : i;
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
