// The recurrence of BF16 rows on Hopper, for heads of 64 channels and 128 states, in one pass. A
// warpgroup has a head and takes its state, in registers, from one 64 positions to the next; those
// of a block share B, C and their scores, which a warpgroup without a head has brought.

#pragma once

#include "ssd/ssd.cuh"
#include "ssd/warpgroup.cuh"

constexpr int MOST_HEADS = 3;
constexpr int STATES = 128;
constexpr int TILE = PANEL * ROW_BYTES;

#if defined(__CUDA_ARCH_FEAT_SM90_ALL)

constexpr int MOST_STAGES = 4;
constexpr int LINE = 4 * PANEL;

struct Recurrence {
  // Where what a stage holds begins; behind that, of each head 64 rows of x and lines of numbers.
  static constexpr int B_AT = 2 * TILE;
  static constexpr int SCORES_AT = 4 * TILE;
  static constexpr int HEADS_AT = 5 * TILE;
  static constexpr int HEAD_BYTES = TILE + 1024;
  static constexpr int LINES_AT = TILE;

  const Call<bf16>& call;
  const int stages;
  const int64_t group, segment, b, first_chunk, first_head;
  const int chunks, heads;
  uint32_t base;
  uint32_t barriers;

  __device__ Recurrence(const Call<bf16>& call, int stages)
      : call(call),
        stages(stages),
        group(blockIdx.x / call.group_blocks),
        segment(blockIdx.y),
        b(blockIdx.z),
        first_chunk(segment * call.segment_chunks),
        first_head(group * (call.heads / call.groups) +
                   blockIdx.x % call.group_blocks * call.block_heads),
        chunks(static_cast<int>(
            max(min(call.segment_chunks, call.chunks - first_chunk), static_cast<int64_t>(0)))),
        heads(static_cast<int>(min(call.block_heads, (group + 1) * (call.heads / call.groups) -
                                                         first_head))) {}

  __device__ uint32_t stage_bytes() const {
    return HEADS_AT + static_cast<uint32_t>(call.block_heads) * HEAD_BYTES;
  }
  __device__ uint32_t full(int stage) const { return barriers + 8 * stage; }
  __device__ uint32_t empty(int stage) const { return barriers + 8 * (MOST_STAGES + stage); }

  // Calls for each chunk, when its stage is free, with where the stage is and the barrier to tell.
  template <typename Bring>
  __device__ void bring_each(Bring bring) const {
    map_acquire(call.maps);
    int stage = 0;
    uint32_t turn = 1;
    for (int i = 0; i < chunks; i++) {
      if (i >= stages) barrier_wait(empty(stage), turn);
      bring(base + stage * stage_bytes(), full(stage), i);
      if (++stage == stages) {
        stage = 0;
        turn ^= 1;
      }
    }
  }

  // Brings B, C and scores, for one thread.
  __device__ void bring_shared() const {
    const int column_b = static_cast<int>(call.column_b(group));
    const int column_c = static_cast<int>(call.column_c(group));
    const int first_row = static_cast<int>(first_chunk) * PANEL;
    const int row_of_batch = static_cast<int>(b);
    const int64_t tile = (b * call.chunks + first_chunk) * call.groups + group;
    const bf16* scores = call.scores + tile * TILE_ELEMENTS;
    const int64_t apart = call.groups * TILE_ELEMENTS;
    bring_each([&](uint32_t to, uint32_t barrier, int i) {
      const int row = first_row + i * PANEL;
      barrier_expect(barrier, HEADS_AT);
      bring_box(to, call.maps, column_c, row, row_of_batch, barrier);
      bring_box(to + TILE, call.maps, column_c + PANEL, row, row_of_batch, barrier);
      bring_bytes(to + SCORES_AT, scores, TILE, barrier);
      bring_box(to + B_AT, call.maps, column_b, row, row_of_batch, barrier);
      bring_box(to + B_AT + TILE, call.maps, column_b + PANEL, row, row_of_batch, barrier);
      scores += apart;
    });
  }

  // Brings x of one head, its sums, keys and shares.
  __device__ void bring_head(int mine) const {
    const int column = (static_cast<int>(first_head) + mine) * PANEL;
    const int first_row = static_cast<int>(first_chunk) * PANEL;
    const int row_of_batch = static_cast<int>(b);
    int64_t at = call.of_head(b, first_chunk, first_head + mine) * PANEL;
    const int64_t apart = call.heads * PANEL;
    bring_each([&](uint32_t stage, uint32_t barrier, int i) {
      const uint32_t to = stage + HEADS_AT + mine * HEAD_BYTES;
      barrier_expect(barrier, TILE + 3 * LINE);
      bring_bytes(to + LINES_AT, call.sums + at, LINE, barrier);
      bring_bytes(to + LINES_AT + LINE, call.keys + at, LINE, barrier);
      bring_box(to, call.maps, column, first_row + i * PANEL, row_of_batch, barrier);
      bring_bytes(to + LINES_AT + 2 * LINE, call.to_end + at, LINE, barrier);
      at += apart;
    });
  }

  // A warp brings what heads share, and one a head what it alone has.
  __device__ void bring() const {
    const int warp = threadIdx.x % 128 / 32;
    if (threadIdx.x % 32 != 0) return;
    if (warp == 0) bring_shared();
    else if (warp <= heads) bring_head(warp - 1);
  }

  template <typename V>
  __device__ static V of_shared(uint32_t at) {
    return *static_cast<const V*>(__cvta_shared_to_generic(at));
  }

  // Eight scores of a row with decays and step sizes, and what of x goes straight to y. Where the
  // diagonal meets them, those beyond it count for nothing.
  template <bool DIAGONAL>
  __device__ static void weigh_eight(uint32_t scores, uint32_t lines, uint32_t weights,
                                     int row, int eight, float skip) {
    const float sum = of_shared<float>(lines + 4 * row);
    const float4 low = of_shared<float4>(lines + LINE + 32 * eight);
    const float4 high = of_shared<float4>(lines + LINE + 32 * eight + 16);
    const float keys[8] = {low.x, low.y, low.z, low.w, high.x, high.y, high.z, high.w};
    const uint4 four = of_shared<uint4>(scores + place(row, eight));
    const uint32_t twos[4] = {four.x, four.y, four.z, four.w};
    const int own = row - 8 * eight;
    const float direct = sum == -INFINITY ? 0.0f : skip;
    uint32_t words[4];
#pragma unroll
    for (int e = 0; e < 4; e++) {
      float2 two = unpack(twos[e]);
      two.x *= exp2_approx(sum - keys[2 * e]);
      two.y *= exp2_approx(sum - keys[2 * e + 1]);
      if (DIAGONAL) {
        if (own == 2 * e) two.x += direct;
        if (own == 2 * e + 1) two.y += direct;
        if (own < 2 * e) two.x = 0.0f;
        if (own < 2 * e + 1) two.y = 0.0f;
      }
      words[e] = pack(two.x, two.y);
    }
    put_words(weights + place(row, eight), make_uint4(words[0], words[1], words[2], words[3]));
  }

  // The first 32 rows do not see the last 32 columns; those weights are zero once and for all.
  __device__ static void clear_unseen(uint32_t weights) {
    const int thread = threadIdx.x % 128;
    put_words(weights + place(thread / 4, 4 + thread % 4), make_uint4(0, 0, 0, 0));
  }

  // All other weights of x in y. A warp has eight rows before the middle and eight behind.
  __device__ static void weigh(uint32_t scores, uint32_t lines, uint32_t weights,
                               float skip) {
    const int row = threadIdx.x % 128 / 32 * 8 + threadIdx.x % 8;
    const int eight = threadIdx.x % 32 / 8;
    weigh_eight<true>(scores, lines, weights, row, eight, skip);
    weigh_eight<false>(scores, lines, weights, row + 32, eight, skip);
    weigh_eight<true>(scores, lines, weights, row + 32, eight + 4, skip);
  }

  // Moves a state from or to memory of [64 channels, 128 states].
  template <bool STORE, typename M>
  __device__ static void exchange(float (&state)[64], M* memory) {
    const int row = threadIdx.x % 128 / 32 * 16 + row_of(0);
#pragma unroll
    for (int j = 0; j < 16; j++) {
#pragma unroll
      for (int half = 0; half < 2; half++) {
        auto* two = reinterpret_cast<float2*>(
            const_cast<float*>(memory) + (row + 8 * half) * STATES + column_of(j));
        float* own = &state[4 * j + 2 * half];
        if constexpr (STORE) {
          *two = make_float2(own[0], own[1]);
        } else {
          const float2 there = *two;
          own[0] = there.x;
          own[1] = there.y;
        }
      }
    }
  }

  __device__ void begin(float (&state)[64], int64_t head) const {
    if (call.segments > 1) {
      const float* tile = call.carried + ((b * call.segments + segment) * call.heads + head) * 2 *
                                             TILE_ELEMENTS;
#pragma unroll
      for (int e = 0; e < 64; e++) state[e] = tile[e * 128 + threadIdx.x % 128];
    } else if (call.state_in) {
      exchange<false>(state, call.state_in + (b * call.heads + head) * PANEL * STATES);
    } else {
#pragma unroll
      for (int e = 0; e < 64; e++) state[e] = 0.0f;
    }
  }

  // What a head has of a stage.
  struct Chunk {
    uint32_t tiles;  // C, then B
    uint32_t scores;
    uint32_t x;
    uint32_t lines;
  };

  __device__ Chunk chunk_at(int stage, int mine) const {
    const uint32_t tiles = base + stage * stage_bytes();
    const uint32_t own = tiles + HEADS_AT + mine * HEAD_BYTES;
    return {tiles, tiles + SCORES_AT, own, own + LINES_AT};
  }

  // Begins yᵀ = h·Cᵀ, where h is the state rounded.
  __device__ static void begin_outputs(float (&y)[32], const float (&state)[64],
                                       uint32_t (&h)[8][4], const Chunk& chunk) {
#pragma unroll
    for (int k = 0; k < 8; k++) {
#pragma unroll
      for (int e = 0; e < 4; e++) {
        h[k][e] = pack(state[8 * k + 2 * e], state[8 * k + 2 * e + 1]);
      }
    }
    const TileDescriptor c(chunk.tiles, 16);
    products_begin();
#pragma unroll
    for (int k = 0; k < 8; k++) {
      Products<64>::registers<0>(y, h[k], c.at(k / 4 * TILE + k % 4 * 32), k != 0);
    }
    products_commit();
  }

  // xᵀ as it is, and times step sizes and decays to the end.
  __device__ static void load_x(Factor<1> (&x)[4], Factor<1> (&shares)[4], const Chunk& chunk) {
#pragma unroll
    for (int k = 0; k < 4; k++) {
      x[k] = left_turned<1>(Panel{chunk.x, 0}, threadIdx.x % 128 / 32 * 16, 16 * k);
      const uint32_t at = chunk.lines + 2 * LINE + 4 * (16 * k + 2 * (threadIdx.x & 3));
      shares[k] = scaled(x[k], of_shared<float2>(at), of_shared<float2>(at + 32));
    }
  }

  // Decays what the state gives to y.
  __device__ static void decay_outputs(float (&y)[32], const Chunk& chunk) {
#pragma unroll
    for (int j = 0; j < 8; j++) {
      const float2 sums = of_shared<float2>(chunk.lines + 4 * column_of(j));
      const float low = exp2_approx(sums.x);
      const float high = exp2_approx(sums.y);
#pragma unroll
      for (int half = 0; half < 2; half++) {
        y[4 * j + 2 * half] *= low;
        y[4 * j + 2 * half + 1] *= high;
      }
    }
  }

  // Begins yᵀ += xᵀ·weightsᵀ and h += shares·B.
  __device__ static void begin_sums(float (&y)[32], float (&state)[64], const Factor<1> (&x)[4],
                                    const Factor<1> (&shares)[4], uint32_t weights,
                                    const Chunk& chunk) {
    const TileDescriptor of_x(weights, 16);
    const TileDescriptor keys(chunk.tiles + B_AT, TILE);
    products_begin();
#pragma unroll
    for (int k = 0; k < 4; k++) {
      Products<64>::registers<0>(y, x[k].words[0], of_x.at(32 * k), 1);
      Products<128>::registers<1>(state, shares[k].words[0], keys.at(2048 * k), 1);
    }
    products_commit();
  }

  __device__ static void store_outputs(const float (&y)[32], uint32_t out) {
    const int warp = threadIdx.x % 128 / 32;
    const int lane = threadIdx.x % 32;
#pragma unroll
    for (int j = 0; j < 8; j += 2) {
      const uint32_t to = out + place(8 * (j + lane / 16) + lane % 8, 2 * warp + lane / 8 % 2);
      store_turned(to, pack(y[4 * j], y[4 * j + 1]), pack(y[4 * j + 2], y[4 * j + 3]),
                   pack(y[4 * j + 4], y[4 * j + 5]), pack(y[4 * j + 6], y[4 * j + 7]));
    }
  }

  // Few heads have little else to do while products run: they weigh the next chunk then.
  template <bool AHEAD>
  __device__ void compute(int mine) const {
    constexpr int BUFFERS = AHEAD ? 2 : 1;  // of weights; behind them is one of outputs
    const int64_t head = first_head + mine;
    const float skip = call.skip ? call.skip[head] : 0.0f;
    const uint32_t weights = base + stages * stage_bytes() + mine * (BUFFERS + 1) * TILE;
    const uint32_t out = weights + BUFFERS * TILE;
    const bool sends = threadIdx.x % 128 == 0;
    if (sends) map_acquire(call.maps + 8);
    float state[64];
    begin(state, head);
    for (int i = 0; i < BUFFERS; i++) clear_unseen(weights + i * TILE);
    const float* span = call.spans + call.of_head(b, first_chunk, head);
    int stage = 0;
    uint32_t turn = 0;
    Chunk chunk = chunk_at(stage, mine);
    if (AHEAD && chunks > 0) {
      barrier_wait(full(stage), turn);
      weigh(chunk.scores, chunk.lines, weights, skip);
      fence_for_products();
    }
    for (int i = 0; i < chunks; i++) {
      const float through = exp2_approx(*span);
      span += call.heads;
      if (!AHEAD) barrier_wait(full(stage), turn);
      float y[32];
      {
        uint32_t h[8][4];
        begin_outputs(y, state, h, chunk);
        if (AHEAD) {
#pragma unroll
          for (int e = 0; e < 64; e++) state[e] *= through;
        } else {
          weigh(chunk.scores, chunk.lines, weights, skip);
          fence_for_products();
        }
        if (sends) sent_is_read();
        threads_sync(1 + mine, 128);
        products_wait<0>();
      }
      Factor<1> x[4];
      Factor<1> shares[4];
      load_x(x, shares, chunk);
      decay_outputs(y, chunk);
      if (!AHEAD) {
#pragma unroll
        for (int e = 0; e < 64; e++) state[e] *= through;
      }
      begin_sums(y, state, x, shares, weights + (AHEAD ? i % 2 * TILE : 0), chunk);

      const uint32_t done = empty(stage);
      if (++stage == stages) {
        stage = 0;
        turn ^= 1;
      }
      chunk = chunk_at(stage, mine);
      if (AHEAD && i + 1 < chunks) {
        barrier_wait(full(stage), turn);
        weigh(chunk.scores, chunk.lines, weights + (i + 1) % 2 * TILE, skip);
      }
      products_wait<0>();
      __syncwarp();
      if (threadIdx.x % 32 == 0) barrier_arrive(done);
      store_outputs(y, out);
      fence_for_products();
      threads_sync(1 + mine, 128);
      if (sends) {
        const int row = (static_cast<int>(first_chunk) + i) * PANEL;
        send_box(call.maps + 8, static_cast<int>(head) * PANEL, row, static_cast<int>(b), out);
      }
    }
    if (call.state_out && segment == call.segments - 1) {
      exchange<true>(state, call.state_out + (b * call.heads + head) * PANEL * STATES);
    }
    if (sends) sent_is_read();
  }

  template <bool AHEAD>
  __device__ void run(char* raw, uint64_t* made) {
    base = (shared_address(raw) + 1023) / 1024 * 1024;
    barriers = shared_address(made);
    if (threadIdx.x == 0) {
      for (int i = 0; i < stages; i++) {
        barrier_init(full(i), 1 + heads);
        barrier_init(empty(i), 4 * heads);
      }
      barriers_are_made();
    }
    __syncthreads();
    wait_for_predecessor();
    const int mine = __shfl_sync(0xffffffffu, static_cast<int>(threadIdx.x / 128), 0);
    if (mine == call.block_heads) {
      give_registers<32>();
      bring();
    } else {
      take_registers<160>();
      if (mine < heads) compute<AHEAD>(mine);
    }
  }
};

#endif
