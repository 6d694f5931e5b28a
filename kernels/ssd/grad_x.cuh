#pragma once

#include "ssd/states.cuh"

// Gradients of x, of scores, and of decays within chunks, for some heads of a group one after the
// other. Everything is turned: a warp has 16 positions j of x, and i are the later ones that see
// them. With W the decays, K = (grad_y·xᵀ ∘ C·Bᵀ ∘ W)ᵀ:
// grad_x = (scores ∘ W ∘ Δ)ᵀ·grad_y + Δ·decay·B·gᵀ + skip·grad_y.
template <typename C, typename T>
struct GradX {
  static constexpr int P = PLANES<T>;
  static constexpr int THREADS = 128;
  static constexpr int TILE_BYTES = P * PANEL * ROW_BYTES;

  // Sums over positions that warps put together.
  struct alignas(16) Shared {
    Exponent<P> sums[PANEL];
    Exponent<P> keys[PANEL];
    float steps[PANEL];
    float to_end[PANEL];
    float seen[4][PANEL];  // Σ_j K·Δ_j over a warp's j, of each i
    float own[4][PANEL];   // Σ_i K·Δ, that of i = j, x·B·gᵀ·Δ·decay, and the gradient of Δ
    float skips[4];
  };

  static_assert(sizeof(Shared) == 512 * P + 2576, "as SsdCudaPlan has it");

  const C& call;
  const int64_t chunk, group, b, start;
  const int rows, tiles, depths;
  const int first;  // row of the warp
  const uint32_t base;
  Shared& shared;
  Kept<P, 8> scores;
  Sums grad_scores[8];

  __device__ GradX(const C& call, char* memory)
      : call(call),
        chunk(blockIdx.x),
        group(blockIdx.y / call.group_blocks),
        b(blockIdx.z),
        start(chunk * PANEL),
        rows(static_cast<int>(min(call.length - start, static_cast<int64_t>(PANEL)))),
        tiles(static_cast<int>(call.state_tiles)),
        depths((static_cast<int>(call.states) + 15) / 16),
        first(threadIdx.x / 32 * 16),
        base(shared_address(memory) + sizeof(Shared)),
        shared(*reinterpret_cast<Shared*>(memory)) {
#pragma unroll
    for (int j = 0; j < 8; j++) {
#pragma unroll
      for (int e = 0; e < 4; e++) grad_scores[j][e] = 0.0f;
    }
  }

  __device__ Panel panel(int which) const { return {base + which * TILE_BYTES, TILE_BYTES / P}; }
  __device__ Panel b_panel(int depth) const { return panel(depth / 4); }
  __device__ Panel after(int depth) const { return panel(tiles + depth / 4); }
  __device__ Panel x() const { return panel(2 * tiles); }
  __device__ Panel grad_y() const { return panel(2 * tiles + 1); }
  // C lies at first where gradients of states do later.
  __device__ Panel c_panel(int depth) const { return panel(tiles + depth / 4); }

  __device__ void fetch_shared(int panels, int64_t column) const {
    const T* from = call.xbc + (b * call.length + start) * call.width() + column;
    for (int i = 0; i < tiles; i++) {
      const int states = static_cast<int>(call.states) - i * PANEL;
      fetch_rows<PANEL, THREADS>(panel(panels + i), from + i * PANEL, call.width(), rows, states,
                                 call.vectors());
    }
  }

  __device__ void score() {
    fetch_shared(0, call.column_b(group));
    fetch_shared(tiles, call.column_c(group));
    fetches_end();
    await_fetches<0>();
    __syncthreads();
#pragma unroll
    for (int i = 0; i < 4; i++) {
      Sums sums[2] = {};
      if (16 * i >= first) {
        for (int depth = 0; depth < depths; depth++) {
          const int k = depth % 4 * 16;
          multiply(sums[0], sums[1], left<P>(b_panel(depth), first, k),
                   right_turned<P>(c_panel(depth), k, 16 * i));
        }
      }
      scores.put(2 * i, sums[0]);
      scores.put(2 * i + 1, sums[1]);
    }
    __syncthreads();
  }

  __device__ void fetch(int64_t tiled_head) const {
    const int64_t column = call.column(tiled_head);
    const int channels = call.channels(tiled_head);
    const int64_t row = b * call.length + start;
    fetch_rows<PANEL, THREADS>(x(), call.xbc + row * call.width() + column, call.width(), rows,
                               channels, call.vectors());
    fetch_rows<PANEL, THREADS>(grad_y(), call.grad_y + row * call.inner() + column, call.inner(),
                               rows, channels, call.vectors());
    for (int i = 0; i < tiles; i++) {
      fetch_tile<P, THREADS>(panel(tiles + i), call.after + call.tile(b, chunk, tiled_head, i));
    }
    const int64_t at = call.of_head(b, chunk, call.head_of(tiled_head)) * PANEL;
    fetch_line<sizeof(shared.sums), THREADS>(shared_address(shared.sums), call.sums + at);
    fetch_line<sizeof(shared.keys), THREADS>(shared_address(shared.keys), call.keys + at);
    fetch_line<sizeof(shared.steps), THREADS>(shared_address(shared.steps), call.steps + at);
    fetch_line<sizeof(shared.to_end), THREADS>(shared_address(shared.to_end), call.to_end + at);
    fetches_end();
  }

  // Δ·decay·B·gᵀ, and its product with x.
  __device__ void from_next_state(Sums (&grad)[8]) {
#pragma unroll 4
    for (int depth = 0; depth < depths; depth++) {
      const int k = depth % 4 * 16;
      const Factor<P> a = left<P>(b_panel(depth), first, k);
#pragma unroll
      for (int j = 0; j < 8; j += 2) {
        multiply(grad[j], grad[j + 1], a, right_turned<P>(after(depth), k, 8 * j));
      }
    }
#pragma unroll
    for (int half = 0; half < 2; half++) {
      const int row = first + row_of(half);
      const float share = shared.to_end[row];
      float product = 0.0f;
#pragma unroll
      for (int j = 0; j < 8; j++) {
        const float2 two = two_of<P>(x(), row, column_of(j));
        product = fmaf(two.x, grad[j][2 * half], fmaf(two.y, grad[j][2 * half + 1], product));
        grad[j][2 * half] *= share;
        grad[j][2 * half + 1] *= share;
      }
      product = sum_of_row(product);
      if (threadIdx.x % 4 == 0) shared.own[2][row] = share * product;
    }
  }

  // What 8 positions i do to this lane's j; products become the weights of their gradients of y.
  // The warp's own positions reach beyond the diagonal.
  template <bool OWN>
  __device__ void weigh(Sums& products, int eight, const Exponent<P> (&keys)[2], float (&all)[2],
                        float& skips) {
    const int column = column_of(eight);
    const float2 of_half[2] = {scores.get(eight, 0), scores.get(eight, 1)};
    float seen[2];
#pragma unroll
    for (int e = 0; e < 2; e++) {
      const Exponent<P> sum = shared.sums[column + e];
      seen[e] = 0.0f;
#pragma unroll
      for (int half = 0; half < 2; half++) {
        float& product = products[2 * half + e];
        float weight = decay(keys[half], sum);
        const int row = first + row_of(half);
        if (OWN && column + e < row) weight = 0.0f;
        const float score = e == 0 ? of_half[half].x : of_half[half].y;
        const float gradient = product * weight;
        grad_scores[eight][2 * half + e] += gradient;
        const float k = gradient * score;
        all[half] += k;
        if (OWN && column + e == row) {
          shared.own[1][row] = k;
          if (sum.value != -INFINITY) skips += product;
        } else {
          seen[e] += k;
        }
        product = weight * score;
      }
    }
#pragma unroll
    for (int lanes = 16; lanes >= 4; lanes >>= 1) {
      seen[0] += __shfl_xor_sync(0xffffffffu, seen[0], lanes);
      seen[1] += __shfl_xor_sync(0xffffffffu, seen[1], lanes);
    }
    if (threadIdx.x % 32 < 4) {
      shared.seen[threadIdx.x / 32][column] = seen[0];
      shared.seen[threadIdx.x / 32][column + 1] = seen[1];
    }
  }

  template <bool OWN>
  __device__ void add(Sums (&grad)[8], int i, const Factor<P> (&x)[4],
                      const Exponent<P> (&keys)[2], float (&all)[2], float& skips) {
    Sums products[2] = {};
#pragma unroll
    for (int k = 0; k < 4; k++) {
      multiply(products[0], products[1], x[k], right_turned<P>(grad_y(), 16 * k, 16 * i));
    }
    weigh<OWN>(products[0], 2 * i, keys, all, skips);
    weigh<OWN>(products[1], 2 * i + 1, keys, all, skips);
    const Factor<P> a = as_left<P>(products[0], products[1]);
#pragma unroll
    for (int j = 0; j < 8; j += 2) {
      multiply(grad[j], grad[j + 1], a, right<P>(grad_y(), 16 * i, 8 * j));
    }
  }

  __device__ void from_chunk(Sums (&grad)[8]) {
    float all[2] = {};
    float skips = 0.0f;
    const Exponent<P> keys[2] = {shared.keys[first + row_of(0)], shared.keys[first + row_of(1)]};
    Factor<P> factors[4];
#pragma unroll
    for (int k = 0; k < 4; k++) factors[k] = left<P>(x(), first, 16 * k);
#pragma unroll
    for (int i = 0; i < 4; i++) {
      if (16 * i > first) add<false>(grad, i, factors, keys, all, skips);
      else if (16 * i == first) add<true>(grad, i, factors, keys, all, skips);
    }
#pragma unroll
    for (int half = 0; half < 2; half++) {
      const float sum = sum_of_row(all[half]);
      if (threadIdx.x % 4 == 0) {
        const int row = first + row_of(half);
        const float step = shared.steps[row];
        shared.own[0][row] = sum;
        shared.own[3][row] = step > 0.0f ? (sum + shared.own[2][row]) / step : 0.0f;
      }
    }
#pragma unroll
    for (int lanes = 16; lanes > 0; lanes >>= 1) {
      skips += __shfl_xor_sync(0xffffffffu, skips, lanes);
    }
    if (threadIdx.x % 32 == 0) shared.skips[threadIdx.x / 32] = skips;
  }

  __device__ void put(const Sums (&grad)[8], int64_t tiled_head) const {
    if (!call.grad_xbc) return;
    const float skip = call.skip ? call.skip[call.head_of(tiled_head)] : 0.0f;
    const int channels = call.channels(tiled_head);
#pragma unroll
    for (int half = 0; half < 2; half++) {
      const int row = first + row_of(half);
      const bool padding = shared.steps[row] < 0.0f;
      float2 twos[8];
#pragma unroll
      for (int j = 0; j < 8; j++) {
        const float2 direct = two_of<P>(grad_y(), row, column_of(j));
        twos[j].x = padding ? 0.0f : fmaf(skip, direct.x, grad[j][2 * half]);
        twos[j].y = padding ? 0.0f : fmaf(skip, direct.y, grad[j][2 * half + 1]);
      }
      T* out =
          call.grad_xbc + (b * call.length + start + row) * call.width() + call.column(tiled_head);
      store_row(out, row < rows, twos, channels, call.vectors());
    }
  }

  // Gradients of each position's Δ, of its s, and what it adds to gradients of all later s.
  __device__ void put_rows(int64_t tiled_head) const {
    const int64_t at = call.of_tiled_head(b, chunk, tiled_head);
    const int t = threadIdx.x;
    if (t < PANEL) {
      float seen = 0.0f;
      for (int warp = 0; warp <= t / 16; warp++) seen += shared.seen[warp][t];
      float* out = call.of_rows + at * 3 * PANEL + t;
      out[0] = shared.own[3][t];
      out[PANEL] = seen - (shared.own[0][t] - shared.own[1][t]);
      out[2 * PANEL] = shared.own[2][t];
    }
    if (t == PANEL) call.skips[at] = shared.skips[0] + shared.skips[1] + shared.skips[2] + shared.skips[3];
  }

  __device__ void put_scores() const {
    float* out = call.grad_scores +
                 ((b * call.chunks + chunk) * call.groups * call.group_blocks + blockIdx.y) *
                     TILE_ELEMENTS;
#pragma unroll
    for (int half = 0; half < 2; half++) {
#pragma unroll
      for (int j = 0; j < 8; j++) {
        *reinterpret_cast<float2*>(out + (first + row_of(half)) * PANEL + column_of(j)) =
            make_float2(grad_scores[j][2 * half], grad_scores[j][2 * half + 1]);
      }
    }
  }

  __device__ void run() {
    score();
    const int64_t heads = call.heads / call.groups;
    const int64_t from = blockIdx.y % call.group_blocks * call.block_heads;
    const int64_t to = min(from + call.block_heads, heads);
    const int64_t end = (group * heads + to) * call.head_tiles;
    const int64_t begin = (group * heads + from) * call.head_tiles;
    for (int64_t head = begin; head < end; head++) {
      fetch(head);
      if (head > begin) put_rows(head - 1);
      await_fetches<0>();
      __syncthreads();
      Sums grad[8] = {};
      from_next_state(grad);
      from_chunk(grad);
      put(grad, head);
      __syncthreads();
    }
    put_rows(end - 1);
    put_scores();
  }
};
