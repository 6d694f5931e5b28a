#include "ssd/states.cuh"

// Gradients of x, of scores, and of decays within chunks, for some heads of a group one after the
// other. Everything is turned: a warp has 16 positions j of x, and i are the later ones that see
// them. With W the decays, K = (grad_y·xᵀ ∘ C·Bᵀ ∘ W)ᵀ:
// grad_x = (scores ∘ W ∘ Δ)ᵀ·grad_y + Δ·decay·B·gᵀ + skip·grad_y.
template <typename T>
struct GradX {
  static constexpr int P = PLANES<T>;
  static constexpr int THREADS = 128;
  static constexpr int TILE_BYTES = P * PANEL * ROW_BYTES;

  // Sums over positions that warps put together.
  struct alignas(16) Shared {
    float2 sums[PANEL];
    float steps[PANEL];
    float seen[4][PANEL];  // Σ_j K·Δ_j over a warp's j, of each i
    float own[3][PANEL];   // Σ_i K with and without i = j, and x·B·gᵀ
    float skips[4];
  };

  static_assert(sizeof(Shared) == 2576, "as SsdCudaPlan has it");

  const Call<T>& call;
  const int64_t chunk, group, b, start;
  const int rows, tiles, depths;
  const int first;  // row of the warp
  const uint32_t base;
  Shared& shared;
  Sums scores[8];
  Sums grad_scores[8];

  __device__ GradX(const Call<T>& call, char* memory)
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
      for (int e = 0; e < 4; e++) scores[j][e] = grad_scores[j][e] = 0.0f;
    }
  }

  __device__ Panel panel(int which) const { return {base + which * TILE_BYTES, TILE_BYTES / P}; }
  __device__ Panel b_panel(int depth) const { return panel(depth / 4); }
  __device__ Panel x() const { return panel(tiles); }
  __device__ Panel grad_y() const { return panel(tiles + 1); }
  __device__ Panel after(int depth) const { return panel(tiles + 2 + depth / 4); }
  // Where B and x lie, C does at first.
  __device__ Panel c_panel(int depth) const { return panel(tiles + depth / 4); }

  __device__ void fetch_shared(int panels, int64_t column) const {
    const T* from = call.xbc + (b * call.length + start) * call.width() + column;
    for (int i = 0; i < tiles; i++) {
      const int states = static_cast<int>(call.states) - i * PANEL;
      fetch_rows<PANEL, THREADS>(panel(panels + i), from + i * PANEL, call.width(), rows, states,
                                 call.vectors);
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
      if (16 * i >= first) {
        for (int depth = 0; depth < depths; depth++) {
          const int k = depth % 4 * 16;
          multiply(scores[2 * i], scores[2 * i + 1], left<P>(b_panel(depth), first, k),
                   right_turned<P>(c_panel(depth), k, 16 * i));
        }
      }
    }
    __syncthreads();
  }

  __device__ void fetch(int64_t tiled_head) const {
    const int64_t column = call.column(tiled_head);
    const int channels = call.channels(tiled_head);
    const int64_t row = b * call.length + start;
    fetch_rows<PANEL, THREADS>(x(), call.xbc + row * call.width() + column, call.width(), rows,
                               channels, call.vectors);
    fetch_rows<PANEL, THREADS>(grad_y(), call.grad_y + row * call.inner() + column, call.inner(),
                               rows, channels, call.vectors);
    for (int i = 0; i < tiles; i++) {
      fetch_tile<P, THREADS>(panel(tiles + 2 + i),
                             call.after + call.tile(b, chunk, tiled_head, i));
    }
    const int64_t at = call.of_head(b, chunk, tiled_head / call.head_tiles) * call.chunk;
    fetch_steps<PANEL>(shared_address(shared.sums), shared_address(shared.steps), call.sums + at,
                       call.steps + at);
    fetches_end();
  }

  // Δ·decay·B·gᵀ, and its product with x before it is scaled.
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
      const float share =
          fmaxf(shared.steps[row], 0.0f) * decay(shared.sums[row], shared.sums[PANEL - 1]);
      float product = 0.0f;
#pragma unroll
      for (int j = 0; j < 8; j++) {
        const float2 two = two_of<P>(x(), row, column_of(j));
        product = fmaf(two.x, grad[j][2 * half], fmaf(two.y, grad[j][2 * half + 1], product));
        grad[j][2 * half] *= share;
        grad[j][2 * half + 1] *= share;
      }
      product = sum_of_row(product);
      if (threadIdx.x % 4 == 0) shared.own[2][row] = product;
    }
  }

  // What 8 positions i do to this lane's; products become the weights of their gradients of y.
  __device__ void weigh(Sums& products, int eight, float (&with)[2], float (&without)[2],
                        float& skips) {
    const int column = column_of(eight);
    float2 seen = make_float2(0.0f, 0.0f);
#pragma unroll
    for (int half = 0; half < 2; half++) {
      const int row = first + row_of(half);
      const float2 from = shared.sums[row];
      const float step = fmaxf(shared.steps[row], 0.0f);
#pragma unroll
      for (int e = 0; e < 2; e++) {
        const int i = column + e;
        float& product = products[2 * half + e];
        const bool sees = i >= row && shared.steps[i] >= 0.0f;
        const float weight = sees ? decay(from, shared.sums[i]) : 0.0f;
        if (i == row && sees) skips += product;
        const float score = scores[eight][2 * half + e];
        const float gradient = product * weight;
        const float k = gradient * score;
        grad_scores[eight][2 * half + e] = fmaf(gradient, step, grad_scores[eight][2 * half + e]);
        with[half] += k;
        const float apart = i == row ? 0.0f : k;
        without[half] += apart;
        (e == 0 ? seen.x : seen.y) += apart * step;
        product = weight * score * step;
      }
    }
#pragma unroll
    for (int lanes = 16; lanes >= 4; lanes >>= 1) {
      seen.x += __shfl_xor_sync(0xffffffffu, seen.x, lanes);
      seen.y += __shfl_xor_sync(0xffffffffu, seen.y, lanes);
    }
    if (threadIdx.x % 32 < 4) {
      shared.seen[threadIdx.x / 32][column] = seen.x;
      shared.seen[threadIdx.x / 32][column + 1] = seen.y;
    }
  }

  __device__ void from_chunk(Sums (&grad)[8]) {
    float with[2] = {};
    float without[2] = {};
    float skips = 0.0f;
#pragma unroll
    for (int i = 0; i < 4; i++) {
      if (16 * i >= first) {
        Sums products[2] = {};
#pragma unroll
        for (int k = 0; k < PANEL; k += 16) {
          multiply(products[0], products[1], left<P>(x(), first, k),
                   right_turned<P>(grad_y(), k, 16 * i));
        }
        weigh(products[0], 2 * i, with, without, skips);
        weigh(products[1], 2 * i + 1, with, without, skips);
        const Factor<P> a = as_left<P>(products[0], products[1]);
#pragma unroll
        for (int j = 0; j < 8; j += 2) {
          multiply(grad[j], grad[j + 1], a, right<P>(grad_y(), 16 * i, 8 * j));
        }
      }
    }
#pragma unroll
    for (int half = 0; half < 2; half++) {
      const float all = sum_of_row(with[half]);
      const float others = sum_of_row(without[half]);
      if (threadIdx.x % 4 == 0) {
        shared.own[0][first + row_of(half)] = all;
        shared.own[1][first + row_of(half)] = others;
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
    const float skip = call.skip ? call.skip[tiled_head / call.head_tiles] : 0.0f;
    const int channels = call.channels(tiled_head);
#pragma unroll
    for (int half = 0; half < 2; half++) {
      const int row = first + row_of(half);
      if (row < rows) {
        const bool padding = shared.steps[row] < 0.0f;
        T* out =
            call.grad_xbc + (b * call.length + start + row) * call.width() + call.column(tiled_head);
#pragma unroll
        for (int j = 0; j < 8; j++) {
          const float2 direct = two_of<P>(grad_y(), row, column_of(j));
          const float2 two = make_float2(fmaf(skip, direct.x, grad[j][2 * half]),
                                         fmaf(skip, direct.y, grad[j][2 * half + 1]));
          store_two(out, column_of(j), channels, padding ? make_float2(0.0f, 0.0f) : two,
                    call.vectors);
        }
      }
    }
  }

  // Gradients of each position's Δ, of its s, and what it adds to gradients of all later s.
  __device__ void put_rows(int64_t tiled_head) const {
    const int64_t of = call.of_tiled_head(b, chunk, tiled_head);
    const int t = threadIdx.x;
    if (t < PANEL) {
      float seen = 0.0f;
      for (int warp = 0; warp <= t / 16; warp++) seen += shared.seen[warp][t];
      const float step = fmaxf(shared.steps[t], 0.0f);
      const float to_end = decay(shared.sums[t], shared.sums[PANEL - 1]) * shared.own[2][t];
      float* out = call.of_rows + of * 3 * PANEL + t;
      out[0] = shared.own[0][t] + to_end;
      out[PANEL] = seen - step * shared.own[1][t];
      out[2 * PANEL] = step * to_end;
    }
    if (t == PANEL) {
      call.skips[of] = shared.skips[0] + shared.skips[1] + shared.skips[2] + shared.skips[3];
    }
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
    for (int64_t head = (group * heads + from) * call.head_tiles; head < end; head++) {
      fetch(head);
      await_fetches<0>();
      __syncthreads();
      Sums grad[8] = {};
      from_next_state(grad);
      from_chunk(grad);
      put(grad, head);
      __syncthreads();
      put_rows(head);
      __syncthreads();
    }
    put_scores();
  }
};

// Gradients of 64 states of B or C of a group, over all its heads:
// grad_C = Σ decay·grad_y·h + grad_scores·B and grad_B = Σ Δ·decay·x·g + grad_scoresᵀ·C.
template <typename T>
struct GradShared {
  static constexpr int P = PLANES<T>;
  static constexpr int THREADS = 128;
  static constexpr int STAGES = 3;
  static constexpr int TILE_BYTES = P * PANEL * ROW_BYTES;
  static constexpr int STAGE_BYTES = 2 * TILE_BYTES + 12 * PANEL;

  const Call<T>& call;
  const int64_t chunk, state_tile, group, b, start;
  const bool of_c;
  const int rows, states;
  const int first;  // row of the warp
  const char* const memory;
  const uint32_t base;
  Sums grad[8];

  __device__ GradShared(const Call<T>& call, const char* memory)
      : call(call),
        chunk(blockIdx.x),
        state_tile(blockIdx.y / 2 % call.state_tiles),
        group(blockIdx.y / 2 / call.state_tiles),
        b(blockIdx.z),
        start(chunk * PANEL),
        of_c(blockIdx.y % 2 == 0),
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

  // The gradient's own factor, C or B.
  __device__ Panel own() const { return {base, TILE_BYTES / P}; }
  __device__ int stage(int which) const { return TILE_BYTES + which * STAGE_BYTES; }

  __device__ void fetch_states(Panel to, bool c) const {
    const int64_t column = (c ? call.column_c(group) : call.column_b(group)) + state_tile * PANEL;
    fetch_rows<PANEL, THREADS>(
        to, call.xbc + (b * call.length + start) * call.width() + column, call.width(), rows,
        states, call.vectors);
  }

  __device__ void fetch(int which, int64_t tiled_head) const {
    const uint32_t to = base + stage(which);
    const int64_t row = b * call.length + start;
    const int64_t stride = of_c ? call.inner() : call.width();
    const T* from = (of_c ? call.grad_y : call.xbc) + row * stride + call.column(tiled_head);
    fetch_rows<PANEL, THREADS>(Panel{to, TILE_BYTES / P}, from, stride, rows,
                               call.channels(tiled_head), call.vectors);
    fetch_tile<P, THREADS>(
        Panel{to + TILE_BYTES, TILE_BYTES / P},
        (of_c ? call.before : call.after) + call.tile(b, chunk, tiled_head, state_tile));
    const int64_t at = call.of_head(b, chunk, tiled_head / call.head_tiles) * call.chunk;
    fetch_steps<PANEL>(to + 2 * TILE_BYTES, to + 2 * TILE_BYTES + 8 * PANEL, call.sums + at,
                       call.steps + at);
  }

  __device__ void add(int which, int64_t tiled_head) {
    const Panel rows_of{base + stage(which), TILE_BYTES / P};
    const Panel tile{base + stage(which) + TILE_BYTES, TILE_BYTES / P};
    const float2* sums =
        reinterpret_cast<const float2*>(memory + stage(which) + 2 * TILE_BYTES);
    const float* steps = reinterpret_cast<const float*>(sums + PANEL);
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
      const float step = steps[row];
      const float weight = step < 0.0f ? 0.0f
                           : of_c      ? decay(make_float2(0.0f, 0.0f), sums[row])
                                       : step * decay(sums[row], sums[PANEL - 1]);
      float product = 0.0f;
#pragma unroll
      for (int j = 0; j < 8; j++) {
        if (of_c) {
          const float2 two = two_of<P>(own(), row, column_of(j));
          product = fmaf(two.x, more[j][2 * half], fmaf(two.y, more[j][2 * half + 1], product));
        }
        grad[j][2 * half] = fmaf(weight, more[j][2 * half], grad[j][2 * half]);
        grad[j][2 * half + 1] = fmaf(weight, more[j][2 * half + 1], grad[j][2 * half + 1]);
      }
      if (of_c) {
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
    for (int i = threadIdx.x; i < TILE_ELEMENTS / 2; i += THREADS) {
      float2 sum = make_float2(0.0f, 0.0f);
      for (int64_t block = 0; block < call.group_blocks; block++) {
        const float2 two =
            *reinterpret_cast<const float2*>(from + block * TILE_ELEMENTS + 2 * i);
        sum.x += two.x;
        sum.y += two.y;
      }
      put_two<P>(scores, 2 * i / PANEL, 2 * i % PANEL, sum);
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
      if (row < rows) {
        T* out = call.grad_xbc + (b * call.length + start + row) * call.width() + column;
#pragma unroll
        for (int j = 0; j < 8; j++) {
          store_two(out, column_of(j), states,
                    make_float2(grad[j][2 * half], grad[j][2 * half + 1]), call.vectors);
        }
      }
    }
  }

  __device__ void run() {
    const int64_t count = call.tiled_heads() / call.groups;
    const int64_t head = group * count;
    if (of_c) fetch_states(own(), true);
#pragma unroll
    for (int i = 0; i < STAGES - 1; i++) {
      if (i < count) fetch(i, head + i);
      fetches_end();
    }
    for (int64_t i = 0; i < count; i++) {
      await_fetches<STAGES - 2>();
      __syncthreads();
      if (i + STAGES - 1 < count) {
        fetch(static_cast<int>((i + STAGES - 1) % STAGES), head + i + STAGES - 1);
      }
      fetches_end();
      add(static_cast<int>(i % STAGES), head + i);
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
    flow *= decay(make_float2(0.0f, 0.0f), call.sums[at + PANEL - 1]);

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
      const bool forgets = decay(t == 0 ? make_float2(0.0f, 0.0f) : call.sums[at + t - 1],
                                 call.sums[at + t]) == 0.0f;
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

#define BACKWARD(T, NAME, GRAD_X_BLOCKS, GRAD_SHARED_BLOCKS)                                      \
  extern "C" __global__ void __launch_bounds__(128, 4)                                            \
      ssd_grad_states_##NAME(__grid_constant__ const Call<T> call, int pass) {                    \
    extern __shared__ __align__(128) char memory[];                                               \
    States<T, true>(call).run(static_cast<Pass>(pass), memory);                                   \
  }                                                                                               \
  extern "C" __global__ void __launch_bounds__(128)                                               \
      ssd_grad_segments_##NAME(__grid_constant__ const Call<T> call) {                            \
    States<T, true>(call).run_segments();                                                         \
  }                                                                                               \
  extern "C" __global__ void __launch_bounds__(128, GRAD_X_BLOCKS)                                \
      ssd_grad_x_##NAME(__grid_constant__ const Call<T> call) {                                   \
    extern __shared__ __align__(128) char memory[];                                               \
    GradX<T>(call, memory).run();                                                                 \
  }                                                                                               \
  extern "C" __global__ void __launch_bounds__(128, GRAD_SHARED_BLOCKS)                           \
      ssd_grad_shared_##NAME(__grid_constant__ const Call<T> call) {                              \
    extern __shared__ __align__(128) char memory[];                                               \
    GradShared<T>(call, memory).run();                                                            \
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

BACKWARD(float, f32, 2, 2)
BACKWARD(bf16, bf16, 3, 3)
