#pragma once

#include "attention/hopper.cuh"

// Gradients of 128 keys and values of one head, over the queries that see them, 64 at a time. Each
// of two warpgroups has the weights of 64 keys, turned so that keys are rows, and of the gradient
// of the queries half of the columns.
//
// Gradients of queries are sums over blocks. Blocks add to them one after another, from the last
// keys to the first, so that sums have one order: `turns` [heads, query tiles] holds who was last,
// and a block takes its place from `ticket`, so that whom it waits for has begun before.
struct QueryGradients {
  float* sums;  // [heads, query tiles, 2] tiles as the warpgroups' threads hold them
  int* turns;
  int* ticket;
};

template <int WIDTH>
struct HopperBackward {
  static constexpr int KEYS = 128;
  static constexpr int QUERIES = 64;
  static constexpr int STAGES = 2;
  static constexpr int BUFFERS = 2;  // of sums on their way out, and threads that see to them
  static constexpr int KEY_BYTES = KEYS * WIDTH * 2;
  static constexpr int QUERY_BYTES = QUERIES * WIDTH * 2;
  static constexpr int SLOPE_BYTES = KEYS * QUERIES * 2;
  static constexpr int SUM_BYTES = QUERIES * WIDTH * 4;
  static constexpr int SHARED_BYTES = 2 * KEY_BYTES + 2 * STAGES * QUERY_BYTES +
                                      2 * SLOPE_BYTES + BUFFERS * SUM_BYTES + 1024;
  static constexpr int SUMS = WIDTH / 2;         // of a thread, for keys and for values
  static constexpr int QUERY_SUMS = WIDTH / 4;   // and for queries
  static constexpr int SCORES = QUERIES / 2;
  static constexpr int64_t TILE_SUMS = 128 * QUERY_SUMS;

#if defined(__CUDA_ARCH_FEAT_SM90_ALL)

  struct Shared {
    uint32_t keys;
    uint32_t values;
    uint32_t queries;
    uint32_t outs;
    uint32_t slopes;
    uint32_t sums;
    uint32_t barriers;

    __device__ uint32_t query_tile(int i) const { return queries + i % STAGES * QUERY_BYTES; }
    __device__ uint32_t out_tile(int i) const { return outs + i % STAGES * QUERY_BYTES; }
    __device__ uint32_t slope_tile(int i) const { return slopes + i % 2 * SLOPE_BYTES; }
    __device__ uint32_t sum_tile(int i) const { return sums + i % BUFFERS * SUM_BYTES; }
    __device__ uint32_t keys_full() const { return barriers; }
    __device__ uint32_t full(int i) const { return barriers + 8 + i % STAGES * 8; }
    __device__ uint32_t empty(int i) const { return full(i) + 8 * STAGES; }
    __device__ uint32_t sums_full(int i) const { return full(0) + 16 * STAGES + i % BUFFERS * 8; }
    __device__ uint32_t sums_empty(int i) const { return sums_full(i) + 8 * BUFFERS; }
  };

  // What is known of a tile of queries beside their rows.
  struct Statistics {
    float log[STAGES][QUERIES];
    float delta[STAGES][QUERIES];
  };

  // The steps of a block: tiles of queries of all heads that share its keys.
  struct Steps {
    int first;  // tile
    int tiles;  // of each head
    int heads;

    __device__ int count() const { return tiles * heads; }
    __device__ int tile(int i) const { return first + i % tiles; }
    __device__ int head(int i) const { return i / tiles; }
  };

  static __device__ __forceinline__ uint32_t parity(int i) { return i / STAGES & 1; }

  // One thread has the tiles brought.
  static __device__ __forceinline__ void bring_tiles(const Shared& s, const uint8_t* maps,
                                                     int batch, int kv_head, int group,
                                                     int first_key, const Steps& steps) {
    for (int i = 0; i < 4; i++) map_acquire(maps + i * MAP_BYTES);
    const Mapped k{maps + MAP_BYTES, kv_head, batch};
    const Mapped v{maps + 2 * MAP_BYTES, kv_head, batch};
    k.template bring<KEYS, WIDTH>(s.keys, first_key, s.keys_full());
    v.template bring<KEYS, WIDTH>(s.values, first_key, s.keys_full());
    for (int i = 0; i < steps.count(); i++) {
      if (i >= STAGES) barrier_wait(s.empty(i), parity(i) ^ 1);
      const int head = kv_head * group + steps.head(i);
      const int query = steps.tile(i) * QUERIES;
      const Mapped q{maps, head, batch};
      const Mapped out{maps + 3 * MAP_BYTES, head, batch};
      q.template bring<QUERIES, WIDTH>(s.query_tile(i), query, s.full(i));
      out.template bring<QUERIES, WIDTH>(s.out_tile(i), query, s.full(i));
    }
  }

  // A warp brings what is known of each query; `logs` and `delta` are of the first head.
  static __device__ __forceinline__ void bring_statistics(const Shared& s,
                                                          Statistics& statistics,
                                                          const float* logs, const float* delta,
                                                          int length, const Steps& steps) {
    for (int i = 0; i < steps.count(); i++) {
      float log[2];
      float deltas[2];
#pragma unroll
      for (int r = 0; r < 2; r++) {
        const int row = steps.tile(i) * QUERIES + threadIdx.x % 32 + 32 * r;
        const bool there = row < length;
        const int64_t at = static_cast<int64_t>(steps.head(i)) * length + row;
        log[r] = there ? logs[at] : INFINITY;
        deltas[r] = there ? delta[at] : 0.0f;
      }
      if (i >= STAGES) barrier_wait(s.empty(i), parity(i) ^ 1);
#pragma unroll
      for (int r = 0; r < 2; r++) {
        statistics.log[i % STAGES][threadIdx.x % 32 + 32 * r] = log[r];
        statistics.delta[i % STAGES][threadIdx.x % 32 + 32 * r] = deltas[r];
      }
      barrier_arrive(s.full(i));
    }
  }

  // Keys as rows by queries as columns.
  static __device__ __forceinline__ void score(uint32_t keys, uint32_t queries,
                                               float (&scores)[SCORES]) {
    const TileDescriptor a(keys, 16);
    const TileDescriptor b(queries, 16);
#pragma unroll
    for (int k = 0; k < WIDTH / 16; k++) {
      Products<QUERIES>::template shared<0, 0>(scores, a.at(k / 4 * KEYS * 128 + k % 4 * 32),
                                               b.at(k / 4 * QUERIES * 128 + k % 4 * 32), k != 0);
    }
    products_commit();
  }

  static __device__ __forceinline__ void turn_back(uint32_t slopes, uint32_t keys,
                                                   float (&sums)[QUERY_SUMS]) {
    const TileDescriptor a(slopes, 16);
    const TileDescriptor b(keys, KEYS * 128);
#pragma unroll
    for (int k = 0; k < KEYS / 16; k++) {
      Products<WIDTH / 2>::template shared<1, 1>(sums, a.at(k * 2048), b.at(k * 2048), k != 0);
    }
    products_commit();
  }

  // Where a lane writes its row of eight slopes: of the first eight columns, or of the next.
  static __device__ __forceinline__ uint32_t slope_offset() {
    const int lane = threadIdx.x % 32;
    const int row = threadIdx.x / 32 % 4 * 16 + lane % 16;
    return chunk_offset<KEYS>((threadIdx.x / 128 - 1) * 64 + row, lane / 16);
  }

  static __device__ __forceinline__ void put_slopes(uint32_t to,
                                                    const uint32_t (&slopes)[QUERIES / 16][4]) {
#pragma unroll
    for (int k = 0; k < QUERIES / 16; k++) {
      asm volatile(
          "stmatrix.sync.aligned.m8n8.x4.shared::cta.b16 [%0], {%1, %2, %3, %4};" ::"r"(
              to ^ k << 5),
          "r"(slopes[k][0]), "r"(slopes[k][1]), "r"(slopes[k][2]), "r"(slopes[k][3])
          : "memory");
    }
  }

  // Puts sums where the copy engine takes them from.
  static __device__ __forceinline__ void put_sums(uint32_t to, const float (&sums)[QUERY_SUMS]) {
    to += threadIdx.x % 128 * 16;
#pragma unroll
    for (int i = 0; i < QUERY_SUMS; i += 4) {
      asm volatile("st.shared.v4.f32 [%0], {%1, %2, %3, %4};" ::"r"(to + i * 512), "f"(sums[i]),
                   "f"(sums[i + 1]), "f"(sums[i + 2]), "f"(sums[i + 3])
                   : "memory");
    }
  }

  struct Place {
    int key_tile;
    int query_tiles;
    int64_t first_head;  // of the queries, over all rows of the batch
    Stretch next;        // queries that the tile of keys behind this one adds to

    __device__ int64_t tile(const Steps& steps, int i) const {
      return (first_head + steps.head(i)) * query_tiles + steps.tile(i);
    }

    // Whether nobody adds to a tile of queries before.
    __device__ bool begins(int query) const {
      return query >= next.to || query + QUERIES <= next.from;
    }
  };

  // A thread for each buffer has the copy engine add to tiles of the queries' gradients, or begin
  // them, when it is the block's turn, and passes the turn on.
  static __device__ __forceinline__ void add_tiles(const Shared& s, const Place& place,
                                                   const Steps& steps, const QueryGradients& of_q,
                                                   int buffer) {
    for (int i = buffer; i < steps.count(); i += BUFFERS) {
      const int64_t tile = place.tile(steps, i);
      const bool begins = place.begins(steps.tile(i) * QUERIES);
      float* to = of_q.sums + tile * 2 * TILE_SUMS;
      if (!begins) turn_wait(of_q.turns + tile, place.key_tile + 2);
      barrier_wait(s.sums_full(i), i / BUFFERS & 1);
      if (begins) {
        copy_out<SUM_BYTES>(to, s.sum_tile(i));
      } else {
        add_out<SUM_BYTES>(to, s.sum_tile(i));
      }
      copies_wait_read();
      barrier_arrive(s.sums_empty(i));
      copies_wait();
      turn_pass(of_q.turns + tile, place.key_tile + 1);
    }
  }

  static __device__ __forceinline__ void read_row(const float* from,
                                                  float2 (&to)[QUERIES / 8]) {
#pragma unroll
    for (int c = 0; c < QUERIES / 8; c++) {
      to[c] = *reinterpret_cast<const float2*>(from + threadIdx.x % 4 * 2 + 8 * c);
    }
  }

  // Scores of the two key rows of a thread become weights.
  static __device__ __forceinline__ void soften(float (&scores)[SCORES],
                                                const float2 (&logs)[QUERIES / 8],
                                                const Stretch (&sees)[2], int query, bool partly,
                                                float scale_log2) {
#pragma unroll
    for (int c = 0; c < QUERIES / 8; c++) {
#pragma unroll
      for (int r = 0; r < 2; r++) {
        float& first = scores[4 * c + 2 * r];
        float& second = scores[4 * c + 2 * r + 1];
        first = power_of_two(fmaf(first, scale_log2, -logs[c].x));
        second = power_of_two(fmaf(second, scale_log2, -logs[c].y));
      }
    }
    if (partly) {
#pragma unroll
      for (int i = 0; i < SCORES; i++) {
        if (!sees[i % 4 / 2].has(query + threadIdx.x % 4 * 2 + i / 4 * 8 + i % 2)) scores[i] = 0.0f;
      }
    }
  }

  static __device__ __forceinline__ void compute(const Shared& s, const Statistics& statistics,
                                                 const Steps& steps, const Stretch (&sees)[2],
                                                 const Stretch& all, float scale_log2,
                                                 float (&of_k)[SUMS], float (&of_v)[SUMS]) {
    const int group = uniform(threadIdx.x / 128 - 1);
    const uint32_t slope_at = slope_offset();
    const uint32_t keys = s.keys + group * 64 * 128;
    const uint32_t values = s.values + group * 64 * 128;
    const uint32_t half = s.keys + (WIDTH == 128 ? group * KEYS * 128 : group * 64);
    barrier_wait(s.keys_full(), 0);
    const int begin = steps.first * QUERIES;
    const int end = begin + steps.tiles * QUERIES;
    const int count = steps.count();
    int query = begin;
    float weights[SCORES];
    barrier_wait(s.full(0), 0);
    products_begin();
    score(keys, s.query_tile(0), weights);
    products_wait<0>();
    for (int i = 0; i < count; i++) {
      float slopes[SCORES];
      products_begin();
      score(values, s.out_tile(i), slopes);
      float2 row[QUERIES / 8];
      read_row(statistics.log[i % STAGES], row);
      soften(weights, row, sees, query, query < all.from || query + QUERIES > all.to, scale_log2);
      uint32_t halves[QUERIES / 16][4];
      pack(weights, halves);
      products_begin();
      weigh(halves, s.out_tile(i), of_v);
      read_row(statistics.delta[i % STAGES], row);
      products_wait<1>();
#pragma unroll
      for (int c = 0; c < SCORES / 4; c++) {
#pragma unroll
        for (int r = 0; r < 2; r++) {
          const int at = 4 * c + 2 * r;
          // The rounded weights: there are no registers for others.
          const uint32_t both = halves[c / 2][c % 2 * 2 + r];
          slopes[at] = __uint_as_float(both << 16) * (slopes[at] - row[c].x);
          slopes[at + 1] = __uint_as_float(both & 0xffff0000u) * (slopes[at + 1] - row[c].y);
        }
      }
      uint32_t half_slopes[QUERIES / 16][4];
      pack(slopes, half_slopes);
      put_slopes(s.slope_tile(i) + slope_at, half_slopes);
      products_wait<0>();
      fence_for_products();
      threads_sync(1, COMPUTERS);
      float of_queries[QUERY_SUMS];
      products_begin();
      weigh(half_slopes, s.query_tile(i), of_k);
      turn_back(s.slope_tile(i), half, of_queries);
      // The next scores, or behind the last tile those of an old one, are found meanwhile.
      if (i + 1 < count) barrier_wait(s.full(i + 1), parity(i + 1));
      products_begin();
      score(keys, s.query_tile(i + 1), weights);
      products_wait<1>();
      barrier_arrive(s.empty(i));  // every lane has read statistics
      if (i >= BUFFERS) barrier_wait(s.sums_empty(i), i / BUFFERS - 1 & 1);
      put_sums(s.sum_tile(i) + group * (SUM_BYTES / 2), of_queries);
      fence_for_products();
      __syncwarp();
      if (threadIdx.x % 32 == 0) barrier_arrive(s.sums_full(i));
      query = query + QUERIES < end ? query + QUERIES : begin;
      products_wait<0>();
    }
  }

  static __device__ __forceinline__ void write(bf16* to, int width, const float (&sums)[SUMS],
                                               int r, float factor, bool sees) {
#pragma unroll
    for (int i = 0; i < SUMS / 4; i++) {
      const int d = 8 * i + 2 * (threadIdx.x % 4);
      if (d < width) {
        *reinterpret_cast<uint32_t*>(to + d) =
            sees ? packed(sums[4 * i + 2 * r] * factor, sums[4 * i + 2 * r + 1] * factor) : 0;
      }
    }
  }

  // With maps of queries, keys, values, and the output's gradient.
  static __device__ __forceinline__ void run(const uint8_t* maps, const float* logs,
                                             const float* delta, const QueryGradients& of_q,
                                             bf16* of_k, bf16* of_v, const Visible& sight,
                                             int heads, int group, int width, float scale,
                                             const TileOrder& order) {
    extern __shared__ uint8_t raw[];
    __shared__ __align__(8) uint64_t barriers[1 + 2 * STAGES + 2 * BUFFERS];
    __shared__ __align__(16) Statistics statistics;
    __shared__ int place_of_block;
    Shared s;
    s.keys = (shared_address(raw) + 1023) / 1024 * 1024;
    s.values = s.keys + KEY_BYTES;
    s.queries = s.values + KEY_BYTES;
    s.outs = s.queries + STAGES * QUERY_BYTES;
    s.slopes = s.outs + STAGES * QUERY_BYTES;
    s.sums = s.slopes + 2 * SLOPE_BYTES;
    s.barriers = shared_address(barriers);
    if (threadIdx.x == 0) {
      place_of_block = atomicAdd(of_q.ticket, 1);
      barrier_init(s.keys_full(), 2);
      for (int i = 0; i < BUFFERS; i++) {
        barrier_init(s.sums_full(i), COMPUTERS / 32);
        barrier_init(s.sums_empty(i), 1);
      }
      for (int i = 0; i < STAGES; i++) {
        barrier_init(s.full(i), 2 + 32);
        barrier_init(s.empty(i), COMPUTERS);
      }
      barriers_are_made();
    }
    __syncthreads();
    const int kv_heads = heads / group;
    const auto chosen = order.place(uniform(place_of_block));
    const int64_t batch = chosen.head / kv_heads;
    const int kv_head = chosen.head % kv_heads;
    Place place;
    place.key_tile = chosen.tile;
    place.query_tiles = (sight.length + QUERIES - 1) / QUERIES;
    place.first_head = int64_t{chosen.head} * group;
    const int first = place.key_tile * KEYS;
    const int key = first + threadIdx.x;
    const Stretch none{INT32_MAX, 0};
    const bool looks = threadIdx.x < KEYS;
    place.next = seen_by_block(looks ? sight.queries_of(batch, key + KEYS) : none).any;
    const Stretch mine = looks ? sight.queries_of(batch, key) : none;
    Seen seen = seen_by_block(mine);
    const bool any = seen.any.from < seen.any.to;
    // Rows that are no keys would reach the gradients of queries.
    if (__syncthreads_or(looks && mine.from >= mine.to)) seen.all = none;
    Steps steps;
    steps.first = uniform(any ? seen.any.from / QUERIES : 0);
    steps.tiles = uniform(any ? (seen.any.to - 1) / QUERIES - steps.first + 1 : 0);
    steps.heads = group;

    if (threadIdx.x < COPIERS) {
      give_registers<24>();
      if (any && threadIdx.x == 0) {
        bring_tiles(s, maps, static_cast<int>(batch), kv_head, group, first, steps);
      } else if (any && (threadIdx.x == 32 || threadIdx.x == 64)) {
        add_tiles(s, place, steps, of_q, threadIdx.x / 32 - 1);
      } else if (any && threadIdx.x >= COPIERS - 32) {
        const int64_t rows = place.first_head * sight.length;
        bring_statistics(s, statistics, logs + rows, delta + rows, sight.length, steps);
      }
    } else {
      take_registers<240>();
      const int row = first + (threadIdx.x - COPIERS) / 32 * 16 + threadIdx.x % 32 / 4;
      const Stretch sees[2] = {sight.queries_of(batch, row), sight.queries_of(batch, row + 8)};
      float sums_k[SUMS];
      float sums_v[SUMS];
#pragma unroll
      for (int i = 0; i < SUMS; i++) {
        sums_k[i] = 0.0f;
        sums_v[i] = 0.0f;
      }
      if (any) {
        compute(s, statistics, steps, sees, seen.all, scale * LOG2_E, sums_k, sums_v);
      }
      const int64_t kv_stride = static_cast<int64_t>(kv_heads) * width;
      const int64_t kv_begin = (batch * sight.length * kv_heads + kv_head) * width;
#pragma unroll
      for (int r = 0; r < 2; r++) {
        if (row + 8 * r >= sight.length) continue;
        const bool real = sees[r].from < sees[r].to;
        const int64_t at = kv_begin + (row + 8 * r) * kv_stride;
        if (of_k) write(of_k + at, width, sums_k, r, scale, real);
        if (of_v) write(of_v + at, width, sums_v, r, 1.0f, real);
      }
    }
  }

#endif

  // Rounds the gradients of a tile of 64 queries; a thread has 8 columns of 2 rows at a time.
  static __device__ __forceinline__ void finish(const QueryGradients& from, bf16* of_q,
                                                int length, int heads, int width, float scale) {
    const int tiles = (length + QUERIES - 1) / QUERIES;
    const int tile = blockIdx.x;
    const int64_t head = blockIdx.y;
    const int64_t batch = blockIdx.z;
    const int64_t place = (batch * heads + head) * tiles + tile;
    const bool written = from.turns[place] != 0;
    constexpr int CHUNKS = WIDTH / 8;
    for (int i = threadIdx.x; i < CHUNKS * 32; i += blockDim.x) {
      const int chunk = i % CHUNKS;
      const int quad = i / CHUNKS;
      const int group = chunk / (CHUNKS / 2);
      const float* sums = from.sums + (2 * place + group) * TILE_SUMS +
                          chunk % (CHUNKS / 2) * 512 + quad * 16;
      uint32_t low[4] = {};
      uint32_t high[4] = {};
      if (written) {
#pragma unroll
        for (int e = 0; e < 4; e++) {
          const float4 four = *reinterpret_cast<const float4*>(sums + 4 * e);
          const __nv_bfloat162 a = __floats2bfloat162_rn(four.x * scale, four.y * scale);
          const __nv_bfloat162 b = __floats2bfloat162_rn(four.z * scale, four.w * scale);
          low[e] = reinterpret_cast<const uint32_t&>(a);
          high[e] = reinterpret_cast<const uint32_t&>(b);
        }
      }
      const int row = tile * QUERIES + quad / 8 * 16 + quad % 8;
      bf16* to = of_q + ((batch * length + row) * heads + head) * width + chunk * 8;
      const int64_t eight_rows = int64_t{8} * heads * width;
      if (chunk * 8 >= width) continue;
      if (row < length) {
        *reinterpret_cast<uint4*>(to) = make_uint4(low[0], low[1], low[2], low[3]);
      }
      if (row + 8 < length) {
        *reinterpret_cast<uint4*>(to + eight_rows) =
            make_uint4(high[0], high[1], high[2], high[3]);
      }
    }
  }
};
