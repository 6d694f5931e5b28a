#include "ssd/prepare.cuh"
#include "ssd/states.cuh"

// y of a chunk, for some heads of a group one after the other:
// y = (C·Bᵀ ∘ decays)·Δx + decay·C·hᵀ + skip·x. A warp has 16 positions.
template <typename C, typename T, int POSITIONS>
struct Outputs {
  static constexpr int P = PLANES<T>;
  static constexpr int THREADS = 2 * POSITIONS;
  // The first warps see the fewest positions: what is fetched for the next head is theirs to fetch.
  static constexpr int FETCHERS = THREADS / 2;
  static constexpr int X_BYTES = P * POSITIONS * ROW_BYTES;
  static constexpr int TILE_BYTES = P * PANEL * ROW_BYTES;
  static constexpr int LINE_BYTES = 4 * P * POSITIONS;

  const C& call;
  const int64_t chunk, group, b, start;
  const int rows, tiles, depths;
  const int first;  // row of the warp
  const uint32_t base;
  Kept<P, POSITIONS / 8> scores;

  __device__ Outputs(const C& call, char* memory)
      : call(call),
        chunk(blockIdx.x),
        group(blockIdx.y / call.group_blocks),
        b(blockIdx.z),
        start(chunk * POSITIONS),
        rows(static_cast<int>(min(call.length - start, static_cast<int64_t>(POSITIONS)))),
        tiles(static_cast<int>(call.state_tiles)),
        depths((static_cast<int>(call.states) + 15) / 16),
        first(threadIdx.x / 32 * 16),
        base(shared_address(memory)) {}

  __device__ Panel c(int depth) const { return {base + depth / 4 * X_BYTES, X_BYTES / P}; }
  __device__ uint32_t stages() const { return base + tiles * X_BYTES; }
  __device__ uint32_t stage(int which) const {
    return stages() + which * (X_BYTES + tiles * TILE_BYTES + 2 * LINE_BYTES);
  }
  __device__ Panel b_panel(int depth) const { return {stages() + depth / 4 * X_BYTES, X_BYTES / P}; }
  __device__ uint32_t sums_at(int which) const {
    return stage(which) + X_BYTES + tiles * TILE_BYTES;
  }

  __device__ void fetch_shared(uint32_t to, int64_t column) const {
    const T* from = call.xbc + (b * call.length + start) * call.width() + column;
    for (int i = 0; i < tiles; i++) {
      const int states = static_cast<int>(call.states) - i * PANEL;
      fetch_rows<POSITIONS, THREADS>(Panel{to + i * X_BYTES, X_BYTES / P}, from + i * PANEL,
                                     call.width(), rows, states, call.vectors());
    }
  }

  __device__ void score() {
    fetch_shared(base, call.column_c(group));
    fetch_shared(stages(), call.column_b(group));
    fetches_end();
    await_fetches<0>();
    __syncthreads();
#pragma unroll
    for (int j = 0; j < POSITIONS / 16; j++) {
      Sums sums[2] = {};
      if (16 * j <= first) {
        for (int depth = 0; depth < depths; depth++) {
          const int k = depth % 4 * 16;
          multiply(sums[0], sums[1], left<P>(c(depth), first, k),
                   right_turned<P>(b_panel(depth), k, 16 * j));
        }
      }
      scores.put(2 * j, sums[0]);
      scores.put(2 * j + 1, sums[1]);
    }
    __syncthreads();
  }

  __device__ void fetch(int which, int64_t tiled_head) const {
    if (threadIdx.x >= FETCHERS) return;
    const uint32_t to = stage(which);
    const T* x = call.xbc + (b * call.length + start) * call.width() + call.column(tiled_head);
    fetch_rows<POSITIONS, FETCHERS>(Panel{to, X_BYTES / P}, x, call.width(), rows,
                                   call.channels(tiled_head), call.vectors());
    for (int i = 0; i < tiles; i++) {
      fetch_tile<P, FETCHERS>(Panel{to + X_BYTES + i * TILE_BYTES, TILE_BYTES / P},
                             call.before + call.tile(b, chunk, tiled_head, i));
    }
    const int64_t at = call.of_head(b, chunk, call.head_of(tiled_head)) * call.chunk;
    fetch_line<LINE_BYTES, FETCHERS>(sums_at(which), call.sums + at);
    fetch_line<LINE_BYTES, FETCHERS>(sums_at(which) + LINE_BYTES, call.keys + at);
  }

  // y += decay·C·hᵀ.
  __device__ void from_state(Sums (&y)[8], int which, const Exponent<P>* sums) const {
#pragma unroll 4
    for (int depth = 0; depth < depths; depth++) {
      const int k = depth % 4 * 16;
      const Panel h{stage(which) + X_BYTES + depth / 4 * TILE_BYTES, TILE_BYTES / P};
      const Factor<P> a = left<P>(c(depth), first, k);
#pragma unroll
      for (int j = 0; j < 8; j += 2) {
        multiply(y[j], y[j + 1], a, right_turned<P>(h, k, 8 * j));
      }
    }
#pragma unroll
    for (int half = 0; half < 2; half++) {
      const float from_begin = decay(Exponent<P>{}, sums[first + row_of(half)]);
#pragma unroll
      for (int j = 0; j < 8; j++) {
        y[j][2 * half] *= from_begin;
        y[j][2 * half + 1] *= from_begin;
      }
    }
  }

  // Scores with decays and step sizes. The warp's own columns reach beyond the diagonal.
  template <bool OWN>
  __device__ void weigh(Sums& weights, int eight, const Exponent<P> (&sums)[2],
                        const Exponent<P>* keys) const {
    const int column = column_of(eight);
    const Exponent<P> low = keys[column];
    const Exponent<P> high = keys[column + 1];
#pragma unroll
    for (int half = 0; half < 2; half++) {
      const float2 score = scores.get(eight, half);
      const int row = first + row_of(half);
      weights[2 * half] = !OWN || column <= row ? score.x * decay(low, sums[half]) : 0.0f;
      weights[2 * half + 1] = !OWN || column < row ? score.y * decay(high, sums[half]) : 0.0f;
    }
  }

  template <bool OWN>
  __device__ void add(Sums (&y)[8], int k, Panel x, const Exponent<P> (&sums)[2],
                      const Exponent<P>* keys) const {
    Sums weights[2];
    weigh<OWN>(weights[0], 2 * k, sums, keys);
    weigh<OWN>(weights[1], 2 * k + 1, sums, keys);
    const Factor<P> a = as_left<P>(weights[0], weights[1]);
#pragma unroll
    for (int j = 0; j < 8; j += 2) {
      multiply(y[j], y[j + 1], a, right<P>(x, 16 * k, 8 * j));
    }
  }

  // y += (C·Bᵀ ∘ decays)·Δx.
  __device__ void from_chunk(Sums (&y)[8], Panel x, const Exponent<P>* sums,
                             const Exponent<P>* keys) const {
    const Exponent<P> own[2] = {sums[first + row_of(0)], sums[first + row_of(1)]};
#pragma unroll
    for (int k = 0; k < POSITIONS / 16; k++) {
      if (16 * k < first) add<false>(y, k, x, own, keys);
      else if (16 * k == first) add<true>(y, k, x, own, keys);
    }
  }

  __device__ void put(const Sums (&y)[8], Panel x, int64_t tiled_head,
                      const Exponent<P>* sums) const {
    const float skip = call.skip ? call.skip[call.head_of(tiled_head)] : 0.0f;
    const int channels = call.channels(tiled_head);
#pragma unroll
    for (int half = 0; half < 2; half++) {
      const int row = first + row_of(half);
      const bool padding = sums[row].value == -INFINITY;
      float2 twos[8];
#pragma unroll
      for (int j = 0; j < 8; j++) {
        const float2 direct = two_of<P>(x, row, column_of(j));
        twos[j].x = padding ? 0.0f : fmaf(skip, direct.x, y[j][2 * half]);
        twos[j].y = padding ? 0.0f : fmaf(skip, direct.y, y[j][2 * half + 1]);
      }
      T* out = call.y + (b * call.length + start + row) * call.inner() + call.column(tiled_head);
      store_row(out, row < rows, twos, channels, call.vectors());
    }
  }

  __device__ void run(const char* memory) {
    score();
    const int64_t heads = call.heads / call.groups;
    const int64_t from = blockIdx.y % call.group_blocks * call.block_heads;
    const int64_t to = min(from + call.block_heads, heads);
    const int64_t end = (group * heads + to) * call.head_tiles;
    int64_t tiled_head = (group * heads + from) * call.head_tiles;
    fetch(0, tiled_head);
    fetches_end();
    for (int which = 0; tiled_head < end; tiled_head++, which ^= 1) {
      await_fetches<0>();
      __syncthreads();
      if (tiled_head + 1 < end) fetch(which ^ 1, tiled_head + 1);
      fetches_end();
      const auto* sums =
          reinterpret_cast<const Exponent<P>*>(memory + (sums_at(which) - base));
      const Exponent<P>* keys = sums + POSITIONS;
      const Panel x{stage(which), X_BYTES / P};
      Sums y[8] = {};
      from_state(y, which, sums);
      from_chunk(y, x, sums, keys);
      put(y, x, tiled_head, sums);
    }
  }
};

// Kernels whose name ends in _any take rows of any length and place.
#define FORWARD(T, VECTORS, NAME, POSITIONS)                                                      \
  extern "C" __global__ void __launch_bounds__(128, 4)                                            \
      ssd_ends_##NAME(__grid_constant__ const Call<T, VECTORS> call) {                            \
    extern __shared__ __align__(128) char memory[];                                               \
    States<Call<T, VECTORS>, T, false>(call).run_alone(memory);                                   \
  }                                                                                               \
  extern "C" __global__ void __launch_bounds__(128, 4)                                            \
      ssd_states_##NAME(__grid_constant__ const Call<T, VECTORS> call) {                          \
    extern __shared__ __align__(128) char memory[];                                               \
    States<Call<T, VECTORS>, T, false>(call).run(memory);                                         \
  }                                                                                               \
  extern "C" __global__ void __launch_bounds__(2 * POSITIONS, 2)                                  \
      ssd_outputs_##NAME(__grid_constant__ const Call<T, VECTORS> call) {                         \
    extern __shared__ __align__(128) char memory[];                                               \
    Outputs<Call<T, VECTORS>, T, POSITIONS>(call, memory).run(memory);                            \
  }

#define FORWARD_ONCE(T, NAME)                                                                     \
  extern "C" __global__ void __launch_bounds__(256)                                               \
      ssd_prepare_##NAME(__grid_constant__ const Call<T> call, float min_step, float max_step) {  \
    prepare<Call<T>, T, 128, true>(call, blockIdx.x, blockIdx.y, min_step, max_step);                                                \
  }                                                                                               \
  extern "C" __global__ void __launch_bounds__(128)                                               \
      ssd_segments_##NAME(__grid_constant__ const Call<T> call) {                                 \
    States<Call<T>, T, false>(call).run_segments();                                               \
  }

FORWARD_ONCE(float, f32)
FORWARD_ONCE(bf16, bf16)
FORWARD(float, true, f32, 64)
FORWARD(bf16, true, bf16, 128)
FORWARD(bf16, false, bf16_any, 128)

extern "C" __global__ void ssd_copy_f32(const float* from, float* to, int64_t n) {
  GRID_LOOP(i, n) to[i] = from[i];
}
