// A causal convolution of BF16 rows along their length, and a product of what it puts out:
//
//   u_t = silu(bias + Σ_k tap_k·x_{t−width+1+k}),  out_t = W·u_t
//
// A warp takes 32 steps. A lane convolves four of them one after another in eight neighbouring
// channels, and what comes out lies in its registers as the tensor cores want it: which step is
// which row of a fragment, and which channel which column, is free as long as W's fragments agree.
// So u goes to memory and into the product without meeting shared memory, where x, W and the taps
// arrive some stages ahead.
//
// Warps side by side along the length share a stage; GROUPS of them share out the channels, and add
// up their sums in the end, in one order.

#pragma once

#include "common/activation.cuh"

constexpr int MOST_PARTS = 4;
constexpr int BEFORE = 3;      // steps before the first that count, at most
constexpr int WARP_STEPS = 32;
constexpr int LANE_STEPS = 4;
constexpr int LANE_ROWS = LANE_STEPS + BEFORE;
constexpr int EIGHT = 8;       // elements of 16 bytes
constexpr int DEPTH = 32;      // channels that a warp takes at once

// Operands as the host gives them, all of 64 bits.
struct ConvolvedProjection {
  const bf16* x;      // [batch, length, channels]
  const float* taps;  // [channels, width]
  const float* bias;  // [channels], or null
  const bf16* w;      // [columns, channels]
  float* tail;        // [batch, width − 1, channels], or null; the last of x take its place
  bf16* u;            // [batch, length, channels]
  int64_t batch;
  int64_t length;
  int64_t channels;
  int64_t width;
  int64_t columns;
  int64_t parts;
  int64_t begin[MOST_PARTS + 1];  // first column of each part, and how many there are
  bf16* out[MOST_PARTS];          // [batch, length, columns of the part]
};

struct Asynchronous {
  __device__ __forceinline__ static void word(uint32_t to, const void* from, bool there) {
    asm volatile("cp.async.ca.shared.global [%0], [%1], 4, %2;" ::"r"(to), "l"(from),
                 "r"(there ? 4 : 0)
                 : "memory");
  }

  __device__ __forceinline__ static void eight(uint32_t to, const void* from, bool there) {
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(to), "l"(from),
                 "r"(there ? 16 : 0)
                 : "memory");
  }

  __device__ __forceinline__ static void commit() {
    asm volatile("cp.async.commit_group;" ::: "memory");
  }

  // Until all but the last PENDING groups have arrived.
  template <int PENDING>
  __device__ __forceinline__ static void wait() {
    asm volatile("cp.async.wait_group %0;" ::"n"(PENDING) : "memory");
  }
};

__device__ __forceinline__ void multiply_add(float* c, const uint32_t (&a)[4], uint32_t b0,
                                             uint32_t b1) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, "
      "{%8, %9}, {%0, %1, %2, %3};"
      : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

__device__ __forceinline__ uint32_t two(float low, float high) {
  const __nv_bfloat162 both = __floats2bfloat162_rn(low, high);
  return reinterpret_cast<const uint32_t&>(both);
}
__device__ __forceinline__ float low(uint32_t both) { return __uint_as_float(both << 16); }
__device__ __forceinline__ float high(uint32_t both) {
  return __uint_as_float(both & 0xffff0000u);
}

// Eight elements that do not lie at a multiple of 16 bytes.
__device__ __forceinline__ uint4 gather_eight(const bf16* from) {
  const uint16_t* at = reinterpret_cast<const uint16_t*>(from);
  uint32_t words[4];
#pragma unroll
  for (int i = 0; i < 4; i++) words[i] = at[2 * i] | static_cast<uint32_t>(at[2 * i + 1]) << 16;
  return make_uint4(words[0], words[1], words[2], words[3]);
}
__device__ __forceinline__ void scatter_eight(bf16* to, uint4 bits) {
  uint16_t* at = reinterpret_cast<uint16_t*>(to);
  const uint32_t words[4] = {bits.x, bits.y, bits.z, bits.w};
#pragma unroll
  for (int i = 0; i < EIGHT; i++) at[i] = static_cast<uint16_t>(words[i / 2] >> 16 * (i % 2));
}

// VECTORS: whether eight elements may be read and written at once everywhere. TILES: columns of the
// product in eights. WARPS: of a group, one after the other along the length. CHUNK: channels of a
// stage.
template <bool VECTORS, int TILES, int WARPS, int GROUPS, int CHUNK, int STAGES>
struct Convolving {
  static constexpr int GROUP_THREADS = WARPS * 32;
  static constexpr int THREADS = GROUP_THREADS * GROUPS;
  static constexpr int STEPS = WARPS * WARP_STEPS;
  static constexpr int ROW_BYTES = CHUNK * 2;
  static constexpr int EIGHTS = CHUNK / EIGHT;
  static constexpr int ROWS = GROUP_THREADS / EIGHTS;  // that a group brings at once
  static constexpr int TAIL_FOURS = CHUNK / 4;
  static constexpr int X_ROWS = STEPS + BEFORE;
  static constexpr int W_ROWS = TILES * EIGHT;
  static constexpr int HALF_LINE = 64;

  // Where eight elements lie in a tile. Of x four rows keep a distance from the next, and in W
  // neighbouring rows exchange halves, so that the rows that a warp reads at once meet in no bank.
  __host__ __device__ __forceinline__ static constexpr int place_x(int row, int eight) {
    return row * ROW_BYTES + row / LANE_STEPS * HALF_LINE + eight * 16;
  }
  __device__ __forceinline__ static int place_w(int row, int eight) {
    const int place = row * ROW_BYTES + eight * 16;
    return CHUNK == DEPTH ? place : place ^ row % 2 * HALF_LINE;
  }

  // Where the parts of a stage begin, behind W.
  static constexpr int X_AT = W_ROWS * ROW_BYTES;
  static constexpr int TAPS_AT = X_AT + (place_x(X_ROWS, 0) + 127) / 128 * 128;
  static constexpr int BIAS_AT = TAPS_AT + CHUNK * 16;
  static constexpr int BEFORE_AT = BIAS_AT + CHUNK * 4;
  static constexpr int STAGE_BYTES = BEFORE_AT + BEFORE * CHUNK * 4;
  static constexpr int GROUP_BYTES = STAGES * STAGE_BYTES;
  static constexpr int SHARED_BYTES = GROUPS * GROUP_BYTES;

  // The sums of a group take the place of its stages.
  static constexpr int SUMS_ROW = TILES * EIGHT + 4;
  static_assert(STEPS * SUMS_ROW * 4 <= GROUP_BYTES, "sums need the room of stages");
  static_assert(CHUNK % DEPTH == 0, "a stage has whole parts");
  static_assert(ROWS % LANE_STEPS == 0, "rows that a thread brings must lie alike");

  const ConvolvedProjection& of;
  const int group, member, lane, warp;
  const int64_t batch;
  const int64_t first;  // step of this block
  const int length;     // from there on, as far as it matters
  const uint32_t none;  // zero, which the compiler does not know
  uint32_t base;        // of the stages of this group

  // What this thread brings next.
  int64_t coming;  // channel
  const bf16* x_from;
  const bf16* w_from;
  const float* taps_from;
  const float* bias_from;
  uint32_t x_there;  // a bit for each row of x that this thread brings, and of W
  uint32_t w_there;
  const float* tail_from;

  bf16* u_to;  // where this lane's next u goes
  float sums[2][TILES * 4];  // of even steps' pairs and of odd ones'

  __device__ __forceinline__ explicit Convolving(const ConvolvedProjection& of, void* shared)
      : of(of),
        group(threadIdx.x / GROUP_THREADS),
        member(threadIdx.x % GROUP_THREADS),
        lane(threadIdx.x % 32),
        warp(member / 32),
        batch(blockIdx.x % of.batch),
        first(blockIdx.x / of.batch * STEPS),
        length(static_cast<int>(min(of.length - first, static_cast<int64_t>(STEPS)))),
        none(static_cast<uint32_t>(of.length >> 62)),
        base(shared_address(shared) + group * GROUP_BYTES),
        coming(group * CHUNK) {
    const int row = member / EIGHTS;
    const int64_t at = coming + member % EIGHTS * EIGHT;
    x_from = of.x + (batch * of.length + first - BEFORE + row) * of.channels + at;
    w_from = of.w + row * of.channels + at;
    taps_from = of.taps + (coming + channel_at(member / 4)) * of.width + member % 4 - missing();
    bias_from = of.bias + coming + channel_at(member);
    x_there = w_there = 0;
#pragma unroll
    for (int i = 0; i * ROWS < X_ROWS; i++) {
      const int step = row + i * ROWS - BEFORE;
      x_there |= (first + step >= 0 && step < length ? 1u : 0u) << i;
    }
#pragma unroll
    for (int i = 0; i * ROWS < W_ROWS; i++) w_there |= (row + i * ROWS < of.columns ? 1u : 0u) << i;
    tail_from = of.tail + (batch * (of.width - 1) + member / TAIL_FOURS - missing()) * of.channels +
                coming + member % TAIL_FOURS * 4;
    const int step = warp * WARP_STEPS + lane / 4 * LANE_STEPS;
    u_to = of.u + (batch * of.length + first + step) * of.channels + coming + lane % 4 * EIGHT;
  }

  // Whether all that this block brings and puts is there.
  __device__ __forceinline__ bool whole() const {
    return first > 0 && length == STEPS && of.channels % CHUNK == 0 && of.columns == W_ROWS;
  }

  // Taps before the first, which count for nothing.
  __device__ __forceinline__ int missing() const {
    return LANE_STEPS - static_cast<int>(of.width);
  }

  // Numbers of channels lie so that lanes of a row read neighbours.
  __host__ __device__ __forceinline__ static constexpr int channel_at(int number) {
    return number / DEPTH * DEPTH + number % 4 * EIGHT + number / 4 % EIGHT;
  }

  __device__ __forceinline__ void sync_group() const {
    if constexpr (WARPS == 1) __syncwarp();
    else if constexpr (GROUPS == 1) __syncthreads();
    else asm volatile("bar.sync %0, %1;" ::"r"(1 + group), "r"(GROUP_THREADS) : "memory");
  }

  // Nothing is read where nothing is there.
  __device__ __forceinline__ static void bring_eight(uint32_t to, const bf16* from, bool there) {
    if constexpr (VECTORS) {
      Asynchronous::eight(to, from, there);
    } else {
      *static_cast<uint4*>(__cvta_shared_to_generic(to)) =
          there ? gather_eight(from) : make_uint4(0, 0, 0, 0);
    }
  }

  // Brings the next channels to a stage.
  template <bool WHOLE>
  __device__ __forceinline__ void bring(uint32_t stage) {
    const int eight = member % EIGHTS;
    const int row = member / EIGHTS;
    const bool inside = WHOLE || coming + eight * EIGHT < of.channels;
    const uint32_t x_rows = inside ? x_there : 0;
    const uint32_t w_rows = inside ? w_there : 0;
    const bf16* x = x_from;
    const uint32_t to = stage + X_AT + place_x(row, eight);
#pragma unroll
    for (int i = 0; i * ROWS < X_ROWS; i++) {
      if ((i + 1) * ROWS <= X_ROWS || row + i * ROWS < X_ROWS) {
        bring_eight(to + place_x(i * ROWS, 0), x, WHOLE || (x_rows >> i & 1));
      }
      x += ROWS * of.channels;
    }
    const bf16* w = w_from;
    const uint32_t w_to = stage + place_w(row, eight);
#pragma unroll
    for (int i = 0; i * ROWS < W_ROWS; i++) {
      if ((i + 1) * ROWS <= W_ROWS || row + i * ROWS < W_ROWS) {
        bring_eight(w_to + i * ROWS * ROW_BYTES, w, WHOLE || (w_rows >> i & 1));
      }
      w += ROWS * of.channels;
    }
    bring_numbers<WHOLE>(stage);
    if (!WHOLE && first == 0 && of.tail) bring_tail(stage);
    tail_from += GROUPS * CHUNK;
    coming += GROUPS * CHUNK;
    x_from += GROUPS * CHUNK;
    w_from += GROUPS * CHUNK;
    taps_from += GROUPS * CHUNK * of.width;
    bias_from += GROUPS * CHUNK;
  }

  template <bool WHOLE>
  __device__ __forceinline__ void bring_numbers(uint32_t stage) const {
    const int number = member / 4;
    const bool counts = member % 4 >= missing();
#pragma unroll
    for (int i = 0; i * GROUP_THREADS < 4 * CHUNK; i++) {
      const int further = channel_at(i * GROUP_THREADS / 4);
      if ((i + 1) * GROUP_THREADS <= 4 * CHUNK || member + i * GROUP_THREADS < 4 * CHUNK) {
        const bool there =
            counts && (WHOLE || coming + channel_at(number) + further < of.channels);
        Asynchronous::word(stage + TAPS_AT + 4 * (member + i * GROUP_THREADS),
                           taps_from + further * of.width, there);
      }
    }
#pragma unroll
    for (int i = 0; i * GROUP_THREADS < CHUNK; i++) {
      const int further = channel_at(i * GROUP_THREADS);
      if ((i + 1) * GROUP_THREADS <= CHUNK || member + i * GROUP_THREADS < CHUNK) {
        const bool there =
            of.bias && (WHOLE || coming + channel_at(member) + further < of.channels);
        Asynchronous::word(stage + BIAS_AT + 4 * (member + i * GROUP_THREADS),
                           bias_from + further, there);
      }
    }
  }

  // Of the steps before the first.
  __device__ __forceinline__ void bring_tail(uint32_t stage) const {
#pragma unroll
    for (int i = 0; i * GROUP_THREADS < BEFORE * TAIL_FOURS; i++) {
      const int four = member + i * GROUP_THREADS;
      if (four >= BEFORE * TAIL_FOURS) return;
      const bool there =
          four / TAIL_FOURS >= missing() && coming + four % TAIL_FOURS * 4 < of.channels;
      const float* from = tail_from + i * (GROUP_THREADS / TAIL_FOURS) * of.channels;
#pragma unroll
      for (int e = 0; e < (VECTORS ? 1 : 4); e++) {
        const uint32_t to = stage + BEFORE_AT + 16 * four + 4 * e;
        if constexpr (VECTORS) Asynchronous::eight(to, from, there);
        else Asynchronous::word(to, from + e, there);
      }
    }
  }

  template <typename V>
  __device__ __forceinline__ static V shared(uint32_t at) {
    return *static_cast<const V*>(__cvta_shared_to_generic(at));
  }

  __device__ __forceinline__ static float silu(float sum) {
    const float half = 0.5f * sum;
    float tanh;
    asm("tanh.approx.f32 %0, %1;" : "=f"(tanh) : "f"(half));
    return fmaf(half, tanh, half);
  }

  __device__ __forceinline__ static float convolved(float4 taps, float bias, const float* x) {
    return silu(fmaf(taps.w, x[3], fmaf(taps.z, x[2], fmaf(taps.y, x[1],
                fmaf(taps.x, x[0], bias)))));
  }

  // u of two neighbouring channels at a lane's steps, for numbers from `stage` on.
  __device__ __forceinline__ static void convolve(uint32_t (&u)[LANE_STEPS],
                                                  const uint32_t (&x)[LANE_ROWS], uint32_t stage,
                                                  int number, bool from_tail) {
    float even[LANE_ROWS], odd[LANE_ROWS];
#pragma unroll
    for (int row = 0; row < LANE_ROWS; row++) {
      even[row] = low(x[row]);
      odd[row] = high(x[row]);
    }
    if (from_tail) {
#pragma unroll
      for (int row = 0; row < BEFORE; row++) {
        const int at = row * CHUNK + channel_at(number);
        const float2 pair = shared<float2>(stage + BEFORE_AT + 4 * at);
        even[row] = pair.x;
        odd[row] = pair.y;
      }
    }
    const float4 even_taps = shared<float4>(stage + TAPS_AT + 16 * number);
    const float4 odd_taps = shared<float4>(stage + TAPS_AT + 16 * (number + 4));
    const float even_bias = shared<float>(stage + BIAS_AT + 4 * number);
    const float odd_bias = shared<float>(stage + BIAS_AT + 4 * (number + 4));
#pragma unroll
    for (int s = 0; s < LANE_STEPS; s++) {
      u[s] = two(convolved(even_taps, even_bias, even + s), convolved(odd_taps, odd_bias, odd + s));
    }
  }

  // DEPTH channels of a stage.
  template <bool WHOLE>
  __device__ __forceinline__ void take(uint32_t stage, int64_t channel, int part) {
    const int row = lane / 4;
    const int eight = part * (DEPTH / EIGHT) + lane % 4;
    const int step = warp * WARP_STEPS + row * LANE_STEPS;
    const uint32_t x_at = stage + X_AT + place_x(step, eight);
    uint32_t x[4][LANE_ROWS];
#pragma unroll
    for (int i = 0; i < LANE_ROWS; i++) {
      const uint4 bits = shared<uint4>(x_at + place_x(i, 0));
      x[0][i] = bits.x;
      x[1][i] = bits.y;
      x[2][i] = bits.z;
      x[3][i] = bits.w;
    }
    const bool from_tail = !WHOLE && first == 0 && of.tail && step == 0;
    uint32_t u[4][LANE_STEPS];
#pragma unroll
    for (int pair = 0; pair < 4; pair++) {
      convolve(u[pair], x[pair], stage, part * DEPTH + pair * 8 + lane % 4, from_tail);
    }
    // Words of their own: of those that are stored the compiler would make copies for each product.
    uint32_t left[2][2][4];
#pragma unroll
    for (int half = 0; half < 2; half++) {
#pragma unroll
      for (int i = 0; i < 8; i++) {
        left[half][i / 4][i % 4] = u[i / 2][2 * half + i % 2] | none;
      }
    }
    multiply(left, stage, row, eight);
    put_u<WHOLE>(u, step, channel + eight * EIGHT, part);
  }

  __device__ __forceinline__ void multiply(const uint32_t (&left)[2][2][4], uint32_t stage, int row,
                                           int eight) {
    const uint32_t w_at = stage + place_w(row, eight);
#pragma unroll
    for (int i = 0; i < TILES; i++) {
      const uint4 w = shared<uint4>(w_at + i * EIGHT * ROW_BYTES);
      multiply_add(&sums[0][4 * i], left[0][0], w.x, w.y);
      multiply_add(&sums[1][4 * i], left[1][0], w.x, w.y);
      multiply_add(&sums[0][4 * i], left[0][1], w.z, w.w);
      multiply_add(&sums[1][4 * i], left[1][1], w.z, w.w);
    }
  }

  template <bool WHOLE>
  __device__ __forceinline__ void put_u(const uint32_t (&u)[4][LANE_STEPS], int step,
                                        int64_t channel, int part) const {
    bf16* to = u_to + part * DEPTH;
#pragma unroll
    for (int s = 0; s < LANE_STEPS; s++) {
      if (WHOLE || (step + s < length && channel < of.channels)) {
        const uint4 bits = make_uint4(u[0][s], u[1][s], u[2][s], u[3][s]);
        if constexpr (VECTORS) __stcs(reinterpret_cast<uint4*>(to), bits);
        else scatter_eight(to, bits);
      }
      to += of.channels;
    }
  }

  template <bool WHOLE>
  __device__ __forceinline__ void convolve_all() {
#pragma unroll
    for (int half = 0; half < 2; half++) {
#pragma unroll
      for (int i = 0; i < 4 * TILES; i++) sums[half][i] = 0.0f;
    }
    const int all = static_cast<int>((of.channels + CHUNK - 1) / CHUNK);
    const int chunks = (all - group + GROUPS - 1) / GROUPS;
    int64_t channel = group * CHUNK;
    uint32_t here = base, to = base;
    for (int i = 1 - STAGES; i < chunks; i++) {
      if (i >= 0) {
        Asynchronous::wait<STAGES - 2>();
        sync_group();
      }
      if (i + STAGES - 1 < chunks) bring<WHOLE>(to);
      Asynchronous::commit();
      to = next(to);
      if (i < 0) continue;
#pragma unroll
      for (int part = 0; part < CHUNK / DEPTH; part++) take<WHOLE>(here, channel, part);
      channel += GROUPS * CHUNK;
      u_to += GROUPS * CHUNK;
      here = next(here);
    }
  }

  __device__ __forceinline__ uint32_t next(uint32_t stage) const {
    return stage == base + (STAGES - 1) * STAGE_BYTES ? base : stage + STAGE_BYTES;
  }

  // Sums to where stages were, for all threads of the block.
  __device__ __forceinline__ void lay_sums() const {
    Asynchronous::wait<0>();
    sync_group();
    const int row = warp * WARP_STEPS + lane / 4 * LANE_STEPS;
#pragma unroll
    for (int s = 0; s < LANE_STEPS; s++) {
#pragma unroll
      for (int i = 0; i < TILES; i++) {
        const float* pair = &sums[s / 2][4 * i + s % 2 * 2];
        const uint32_t to = base + 4 * ((row + s) * SUMS_ROW + i * EIGHT + lane % 4 * 2);
        *static_cast<float2*>(__cvta_shared_to_generic(to)) = make_float2(pair[0], pair[1]);
      }
    }
    __syncthreads();
  }

  __device__ __forceinline__ void put_parts(const void* shared_memory) const {
    const float* all = static_cast<const float*>(shared_memory);
    const int tiles = static_cast<int>(of.columns / EIGHT);
    for (int i = threadIdx.x; i < length * tiles; i += THREADS) {
      const int row = i / tiles;
      const int column = (i - row * tiles) * EIGHT;
      const float* at = all + row * SUMS_ROW + column;
      float eight[EIGHT];
#pragma unroll
      for (int e = 0; e < EIGHT; e++) eight[e] = at[e];
#pragma unroll
      for (int other = 1; other < GROUPS; other++) {
#pragma unroll
        for (int e = 0; e < EIGHT; e++) eight[e] += at[other * (GROUP_BYTES / 4) + e];
      }
      put_eight(row, column, eight);
    }
  }

  __device__ __forceinline__ void put_eight(int row, int column,
                                            const float (&eight)[EIGHT]) const {
    int part = 0;
#pragma unroll
    for (int p = 1; p < MOST_PARTS; p++) part += p < of.parts && column >= of.begin[p];
    const int64_t width = of.begin[part + 1] - of.begin[part];
    bf16* to = of.out[part] + (batch * of.length + first + row) * width + column - of.begin[part];
    const uint4 bits = make_uint4(two(eight[0], eight[1]), two(eight[2], eight[3]),
                                  two(eight[4], eight[5]), two(eight[6], eight[7]));
    if constexpr (VECTORS) *reinterpret_cast<uint4*>(to) = bits;
    else scatter_eight(to, bits);
  }

  // The last inputs take the place of the tail. The block of the first steps does it, as nobody
  // else has read what was there.
  __device__ __forceinline__ void put_tail() const {
    if (first > 0 || !of.tail) return;
    const int64_t rows = of.width - 1;
    for (int64_t channel = threadIdx.x; channel < of.channels; channel += THREADS) {
      float* tail = of.tail + batch * rows * of.channels + channel;
      const bf16* x = of.x + batch * of.length * of.channels + channel;
      float last[BEFORE];
#pragma unroll
      for (int i = 0; i < BEFORE; i++) {
        const int64_t step = of.length - rows + i;
        if (i >= rows) continue;
        last[i] = step < 0 ? tail[(rows + step) * of.channels] : load(x + step * of.channels);
      }
#pragma unroll
      for (int i = 0; i < BEFORE; i++) {
        if (i < rows) tail[i * of.channels] = last[i];
      }
    }
  }

  __device__ __forceinline__ static void run(const ConvolvedProjection& of) {
    extern __shared__ __align__(128) unsigned char stages[];
    Convolving block(of, stages);
    wait_for_predecessor();
    if (block.whole()) block.template convolve_all<true>();
    else block.template convolve_all<false>();
    block.lay_sums();
    block.put_parts(stages);
    block.put_tail();
  }
};

#define CONVOLVED_PROJECTION(NAME, VECTORS, TILES, WARPS, GROUPS, CHUNK, STAGES, BLOCKS)          \
  extern "C" __global__ void __launch_bounds__(WARPS * GROUPS * 32, BLOCKS)                       \
      convolved_projection_##NAME(const __grid_constant__ ConvolvedProjection of) {               \
    Convolving<VECTORS, TILES, WARPS, GROUPS, CHUNK, STAGES>::run(of);                            \
  }
