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

// Gradients of 64 states of B or C of a group, over all its heads:
// grad_C = Σ decay·grad_y·h + grad_scores·B and grad_B = Σ Δ·decay·x·g + grad_scoresᵀ·C. Blocks of
// one chunk are neighbours, since they read the same rows.
template <typename C, typename T>
struct GradShared {
  static constexpr int P = PLANES<T>;
  static constexpr int THREADS = 128;
  static constexpr int STAGES = 3;
  static constexpr int TILE_BYTES = P * PANEL * ROW_BYTES;
  static constexpr int STAGE_BYTES = 2 * TILE_BYTES + 4 * PANEL;

  const C& call;
  const int64_t chunk, state_tile, group, b, start;
  const bool of_c;
  const int rows, states;
  const int first;  // row of the warp
  const char* const memory;
  const uint32_t base;
  Sums grad[8];
  Kept<P, 8> own;  // C, where it is C's gradient

  __device__ GradShared(const C& call, const char* memory)
      : call(call),
        chunk(blockIdx.x / 2 / call.state_tiles),
        state_tile(blockIdx.x / 2 % call.state_tiles),
        group(blockIdx.y),
        b(blockIdx.z),
        start(chunk * PANEL),
        of_c(blockIdx.x % 2 == 0),
        rows(static_cast<int>(min(call.length - start, static_cast<int64_t>(PANEL)))),
        states(min(static_cast<int>(call.states - state_tile * PANEL), PANEL)),
        first(threadIdx.x / 32 * 16),
        memory(memory),
        base(shared_address(memory)) {
#pragma unroll
    for (int j = 0; j < 8; j++) {
#pragma unroll
      for (int e = 0; e < 4; e++) grad[j][e] = 0.0f;
    }
  }

  __device__ int stage(int which) const { return which * STAGE_BYTES; }

  // C's elements where this lane has sums of its gradient.
  __device__ void keep_own() {
    const Panel panel{base, TILE_BYTES / P};
    fetch_states(panel, true);
    fetches_end();
    await_fetches<0>();
    __syncthreads();
#pragma unroll
    for (int j = 0; j < 8; j++) {
      const float2 low = two_of<P>(panel, first + row_of(0), column_of(j));
      const float2 high = two_of<P>(panel, first + row_of(1), column_of(j));
      const Sums sums = {low.x, low.y, high.x, high.y};
      own.put(j, sums);
    }
    __syncthreads();
  }

  __device__ void fetch_states(Panel to, bool c) const {
    const int64_t column = (c ? call.column_c(group) : call.column_b(group)) + state_tile * PANEL;
    fetch_rows<PANEL, THREADS>(
        to, call.xbc + (b * call.length + start) * call.width() + column, call.width(), rows,
        states, call.vectors());
  }

  __device__ void fetch(int which, int64_t tiled_head) const {
    const uint32_t to = base + stage(which);
    const int64_t row = b * call.length + start;
    const int64_t stride = of_c ? call.inner() : call.width();
    const T* from = (of_c ? call.grad_y : call.xbc) + row * stride + call.column(tiled_head);
    fetch_rows<PANEL, THREADS>(Panel{to, TILE_BYTES / P}, from, stride, rows,
                               call.channels(tiled_head), call.vectors());
    fetch_tile<P, THREADS>(
        Panel{to + TILE_BYTES, TILE_BYTES / P},
        (of_c ? call.before : call.after) + call.tile(b, chunk, tiled_head, state_tile));
    const int64_t at = call.of_head(b, chunk, call.head_of(tiled_head)) * call.chunk;
    fetch_line<4 * PANEL, THREADS>(to + 2 * TILE_BYTES,
                                   (of_c ? call.from_begin : call.to_end) + at);
  }

  __device__ void add(int which, int64_t tiled_head) {
    const Panel rows_of{base + stage(which), TILE_BYTES / P};
    const Panel tile{base + stage(which) + TILE_BYTES, TILE_BYTES / P};
    const float* weights =
        reinterpret_cast<const float*>(memory + stage(which) + 2 * TILE_BYTES);
    Sums more[8] = {};
#pragma unroll
    for (int k = 0; k < PANEL; k += 16) {
      const Factor<P> a = left<P>(rows_of, first, k);
#pragma unroll
      for (int j = 0; j < 8; j += 2) {
        multiply(more[j], more[j + 1], a, right<P>(tile, k, 8 * j));
      }
    }
#pragma unroll
    for (int half = 0; half < 2; half++) {
      const int row = first + row_of(half);
      const float weight = weights[row];
#pragma unroll
      for (int j = 0; j < 8; j++) {
        grad[j][2 * half] = fmaf(weight, more[j][2 * half], grad[j][2 * half]);
        grad[j][2 * half + 1] = fmaf(weight, more[j][2 * half + 1], grad[j][2 * half + 1]);
      }
      if (of_c) {
        float product = 0.0f;
#pragma unroll
        for (int j = 0; j < 8; j++) {
          const float2 two = own.get(j, half);
          product = fmaf(two.x, more[j][2 * half], fmaf(two.y, more[j][2 * half + 1], product));
        }
        product = sum_of_row(product);
        if (threadIdx.x % 4 == 0) {
          const int64_t of = call.of_tiled_head(b, chunk, tiled_head) * call.state_tiles + state_tile;
          call.from_states[of * PANEL + row] = weight * product;
        }
      }
    }
  }

  // Adds what came through scores: their gradients of all blocks of heads, times B or C.
  __device__ void add_scores() {
    const Panel scores{base + stage(0), TILE_BYTES / P};
    const Panel other{base + stage(0) + TILE_BYTES, TILE_BYTES / P};
    fetch_states(other, !of_c);
    fetches_end();
    const float* from =
        call.grad_scores +
        ((b * call.chunks + chunk) * call.groups + group) * call.group_blocks * TILE_ELEMENTS;
    constexpr int EACH = TILE_ELEMENTS / 4 / THREADS;
    float4 sums[EACH] = {};
    for (int64_t block = 0; block < call.group_blocks; block++, from += TILE_ELEMENTS) {
#pragma unroll
      for (int i = 0; i < EACH; i++) {
        const float4 four = reinterpret_cast<const float4*>(from)[i * THREADS + threadIdx.x];
        sums[i].x += four.x;
        sums[i].y += four.y;
        sums[i].z += four.z;
        sums[i].w += four.w;
      }
    }
#pragma unroll
    for (int i = 0; i < EACH; i++) {
      const int at = 4 * (i * THREADS + threadIdx.x);
      put_two<P>(scores, at / PANEL, at % PANEL, make_float2(sums[i].x, sums[i].y));
      put_two<P>(scores, at / PANEL, at % PANEL + 2, make_float2(sums[i].z, sums[i].w));
    }
    await_fetches<0>();
    __syncthreads();
#pragma unroll
    for (int k = 0; k < PANEL; k += 16) {
      const Factor<P> a = of_c ? left_turned<P>(scores, first, k) : left<P>(scores, first, k);
#pragma unroll
      for (int j = 0; j < 8; j += 2) {
        multiply(grad[j], grad[j + 1], a, right<P>(other, k, 8 * j));
      }
    }
  }

  __device__ void put() const {
    if (!call.grad_xbc) return;
    const int64_t column =
        (of_c ? call.column_c(group) : call.column_b(group)) + state_tile * PANEL;
#pragma unroll
    for (int half = 0; half < 2; half++) {
      const int row = first + row_of(half);
      float2 twos[8];
#pragma unroll
      for (int j = 0; j < 8; j++) {
        twos[j] = make_float2(grad[j][2 * half], grad[j][2 * half + 1]);
      }
      T* out = call.grad_xbc + (b * call.length + start + row) * call.width() + column;
      store_row(out, row < rows, twos, states, call.vectors());
    }
  }

  __device__ void run() {
    const int64_t count = call.tiled_heads() / call.groups;
    const int64_t head = group * count;
    if (of_c) keep_own();
#pragma unroll
    for (int i = 0; i < STAGES - 1; i++) {
      if (i < count) fetch(i, head + i);
      fetches_end();
    }
    int which = 0;
    int next = STAGES - 1;
    for (int64_t i = 0; i < count; i++) {
      await_fetches<STAGES - 2>();
      __syncthreads();
      if (i + STAGES - 1 < count) {
        fetch(next, head + i + STAGES - 1);
      }
      fetches_end();
      add(which, head + i);
      which = which + 1 == STAGES ? 0 : which + 1;
      next = next + 1 == STAGES ? 0 : next + 1;
    }
    await_fetches<0>();
    __syncthreads();
    add_scores();
    put();
  }
};

// Gradients of step sizes of a chunk, a warp for each head: that of Δ_t·A is a sum over the pairs of
// positions between which t lies. Parts of what each head has one of are left for ssd_heads.
template <typename T>
__device__ void grad_steps(const Call<T>& call, float min_step, float max_step) {
  __shared__ int marks[PANEL];
  const int64_t chunk = blockIdx.x;
  const int64_t b = blockIdx.y;
  const int64_t start = chunk * PANEL;
  const int lane = threadIdx.x % 32;
  if (threadIdx.x < 32) {
    mark_documents(call.documents, b * call.length, call.length, start, PANEL, marks);
  }
  __syncthreads();
  for (int64_t head = threadIdx.x / 32; head < call.heads; head += blockDim.x / 32) {
    float direct[2] = {};
    float later[2] = {};
    float earlier[2] = {};
    float flow = 0.0f;
    float skips = 0.0f;
    for (int64_t tiled = head * call.head_tiles; tiled < (head + 1) * call.head_tiles; tiled++) {
      const int64_t of = call.of_tiled_head(b, chunk, tiled);
      skips += call.skips[of];
#pragma unroll
      for (int e = 0; e < 2; e++) {
        const float* row = call.of_rows + of * 3 * PANEL + 2 * lane + e;
        direct[e] += row[0];
        later[e] += row[PANEL];
        earlier[e] += row[2 * PANEL];
        for (int64_t i = 0; i < call.state_tiles; i++) {
          later[e] += call.from_states[(of * call.state_tiles + i) * PANEL + 2 * lane + e];
        }
      }
      for (int64_t i = 0; i < 4 * call.state_tiles; i++) {
        flow += call.flow[of * call.state_tiles * 4 + i];
      }
    }
    const int64_t at = call.of_head(b, chunk, head) * call.chunk;
    flow *= exp2_approx(call.spans[at / PANEL]);

    double before = static_cast<double>(earlier[0]) + earlier[1];
    double behind = static_cast<double>(later[0]) + later[1];
#pragma unroll
    for (int apart = 1; apart < 32; apart <<= 1) {
      const double more = __shfl_up_sync(0xffffffffu, before, apart);
      const double most = __shfl_down_sync(0xffffffffu, behind, apart);
      if (lane >= apart) before += more;
      if (lane + apart < 32) behind += most;
    }
    before -= static_cast<double>(earlier[0]) + earlier[1];
    const float rate = -expf(call.a_log[head]);
    float of_rate = 0.0f;
    float of_bias = 0.0f;
#pragma unroll
    for (int e = 0; e < 2; e++) {
      const int t = 2 * lane + e;
      const float step = call.steps[at + t];
      // Where nothing is left of what came before, rounding must not leave something either.
      const bool forgets = marks[t] == 1 || exp2_approx(step * rate * LOG2_E) == 0.0f;
      const float crossing = forgets ? 0.0f : static_cast<float>(before + behind) + flow;
      before += earlier[e];
      behind -= later[e];
      const bool bounded = step >= max_step || (min_step > 0.0f && step <= min_step);
      const float slope = bounded ? 0.0f : -expm1f(-step);
      const float raw = marks[t] == 2 ? 0.0f : (direct[e] + rate * crossing) * slope;
      of_rate += marks[t] == 2 ? 0.0f : step * crossing;
      of_bias += raw;
      if (call.grad_delta && start + t < call.length) {
        store(call.grad_delta + (b * call.length + start + t) * call.heads + head, raw);
      }
    }
#pragma unroll
    for (int lanes = 16; lanes > 0; lanes >>= 1) {
      of_rate += __shfl_xor_sync(0xffffffffu, of_rate, lanes);
      of_bias += __shfl_xor_sync(0xffffffffu, of_bias, lanes);
    }
    if (lane == 0) {
      const int64_t parts = call.batch * call.chunks;
      float* out = call.of_heads + head * parts + b * call.chunks + chunk;
      out[0] = rate * of_rate;
      out[call.heads * parts] = skips;
      out[2 * call.heads * parts] = of_bias;
    }
  }
}

// Adds up the parts of what each head has one of, a block for each sum.
template <typename T>
__device__ void grad_heads(const Call<T>& call) {
  const int64_t parts = call.batch * call.chunks;
  const int64_t head = blockIdx.x;
  float* out = blockIdx.y == 0 ? call.grad_a_log : blockIdx.y == 1 ? call.grad_skip : call.grad_bias;
  if (!out) return;
  const float* from = call.of_heads + (blockIdx.y * call.heads + head) * parts;
  float sum = 0.0f;
  for (int64_t i = threadIdx.x; i < parts; i += blockDim.x) sum += from[i];
  sum = block_reduce<Reduce::SUM>(sum);
  if (threadIdx.x == 0) out[head] = sum;
}

// Kernels whose name ends in _any take rows of any length and place.
#define BACKWARD(T, VECTORS, NAME, BLOCKS)                                                        \
  extern "C" __global__ void __launch_bounds__(128, 4)                                            \
      ssd_grad_ends_##NAME(__grid_constant__ const Call<T, VECTORS> call) {                       \
    extern __shared__ __align__(128) char memory[];                                               \
    States<Call<T, VECTORS>, T, true>(call).run_alone(memory);                                    \
  }                                                                                               \
  extern "C" __global__ void __launch_bounds__(128, 4)                                            \
      ssd_grad_states_##NAME(__grid_constant__ const Call<T, VECTORS> call) {                     \
    extern __shared__ __align__(128) char memory[];                                               \
    States<Call<T, VECTORS>, T, true>(call).run(memory);                                          \
  }                                                                                               \
  extern "C" __global__ void __launch_bounds__(128, BLOCKS)                                       \
      ssd_grad_x_##NAME(__grid_constant__ const Call<T, VECTORS> call) {                          \
    extern __shared__ __align__(128) char memory[];                                               \
    GradX<Call<T, VECTORS>, T>(call, memory).run();                                               \
  }                                                                                               \
  extern "C" __global__ void __launch_bounds__(128, BLOCKS)                                       \
      ssd_grad_shared_##NAME(__grid_constant__ const Call<T, VECTORS> call) {                     \
    extern __shared__ __align__(128) char memory[];                                               \
    GradShared<Call<T, VECTORS>, T>(call, memory).run();                                          \
  }

#define BACKWARD_ONCE(T, NAME)                                                                    \
  extern "C" __global__ void __launch_bounds__(128)                                               \
      ssd_grad_segments_##NAME(__grid_constant__ const Call<T> call) {                            \
    States<Call<T>, T, true>(call).run_segments();                                                \
  }                                                                                               \
  extern "C" __global__ void __launch_bounds__(256)                                               \
      ssd_grad_steps_##NAME(__grid_constant__ const Call<T> call, float min_step,                 \
                            float max_step) {                                                     \
    grad_steps(call, min_step, max_step);                                                         \
  }                                                                                               \
  extern "C" __global__ void __launch_bounds__(128)                                               \
      ssd_grad_heads_##NAME(__grid_constant__ const Call<T> call) {                               \
    grad_heads(call);                                                                             \
  }

BACKWARD_ONCE(float, f32)
BACKWARD_ONCE(bf16, bf16)
BACKWARD(float, true, f32, 2)
BACKWARD(bf16, true, bf16, 3)
BACKWARD(bf16, false, bf16_any, 3)
