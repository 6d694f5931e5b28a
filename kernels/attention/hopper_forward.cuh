#pragma once

#include "attention/hopper.cuh"

// GROUPS warpgroups take 64 queries each, and all of them the same tiles of KEYS keys. While one
// group's scores go through the exponential, other groups' products run: they take turns. A block
// takes tiles of queries one after another; the next one's keys arrive while the last one is
// written.
template <int WIDTH, int KEYS, int GROUPS>
struct HopperForward {
  static constexpr int QUERIES = 64 * GROUPS;
  static constexpr int COMPUTERS = 128 * GROUPS;
  static constexpr int THREADS = COPIERS + COMPUTERS;
  static constexpr int STAGES = 2;
  static constexpr float MOST_ABOVE = 8.0f;  // powers of two
  static constexpr int TILE_BYTES = KEYS * WIDTH * 2;
  static constexpr int QUERY_BYTES = QUERIES * WIDTH * 2;
  static constexpr int SHARED_BYTES = QUERY_BYTES + 2 * STAGES * TILE_BYTES + 1024;
  static constexpr int SUMS = WIDTH / 2;
  static constexpr int SCORES = KEYS / 2;

  // Whether a thread keeps its queries in registers, so that products read only keys from shared
  // memory.
  static constexpr bool KEEPS_QUERIES = WIDTH == 128;
  static constexpr int KEPT = KEEPS_QUERIES ? WIDTH / 16 : 1;

#if defined(__CUDA_ARCH_FEAT_SM90_ALL)

  struct Shared {
    uint32_t queries;
    uint32_t keys;
    uint32_t values;
    uint32_t barriers;

    __device__ uint32_t key_tile(int i) const { return keys + i % STAGES * TILE_BYTES; }
    __device__ uint32_t value_tile(int i) const { return values + i % STAGES * TILE_BYTES; }
    __device__ uint32_t queries_full() const { return barriers; }
    __device__ uint32_t queries_empty() const { return barriers + 8; }
    __device__ uint32_t work_full(int i) const { return barriers + 16 + i % 2 * 8; }
    __device__ uint32_t work_empty(int i) const { return barriers + 32 + i % 2 * 8; }
    __device__ uint32_t keys_full(int i) const { return barriers + 48 + i % STAGES * 8; }
    __device__ uint32_t keys_empty(int i) const { return keys_full(i) + 8 * STAGES; }
    __device__ uint32_t values_full(int i) const { return keys_full(i) + 16 * STAGES; }
    __device__ uint32_t values_empty(int i) const { return keys_full(i) + 24 * STAGES; }
  };

  static __device__ __forceinline__ uint32_t parity(int i) { return i / STAGES & 1; }

  // A tile of queries, and where its keys lie.
  struct Work {
    int64_t batch;
    int head;
    int first;  // query
    Seen seen;
    int last;  // tile of keys
    int count;

    template <typename Sight>
    __device__ Work(const TileOrder& order, int i, int heads, const Sight& sight) {
      const auto place = order.place(i);
      batch = place.head / heads;
      head = place.head % heads;
      first = place.tile * QUERIES;
      seen = sight.keys_of_tile(batch, first, QUERIES);
      const bool any = seen.any.from < seen.any.to;
      last = uniform(any ? (seen.any.to - 1) / KEYS : 0);
      count = uniform(any ? last - seen.any.from / KEYS + 1 : 0);
    }
  };

  // `done` tiles of keys and `turn` tiles of queries came before. `meanwhile` is called once the
  // first copies are under way.
  template <typename Meanwhile>
  static __device__ __forceinline__ void bring(const Shared& s, const Mapped& q, const Mapped& k,
                                               const Mapped& v, const Work& work, int done,
                                               int turn, Meanwhile meanwhile) {
    if (turn > 0) barrier_wait(s.queries_empty(), turn - 1 & 1);
    q.bring<QUERIES, WIDTH>(s.queries, work.first, s.queries_full());
    for (int i = 0; i <= work.count; i++) {
      const int at = done + i;
      const int from = (work.last - i) * KEYS;
      if (i < work.count) {
        if (at >= STAGES) barrier_wait(s.keys_empty(at), parity(at) ^ 1);
        k.bring<KEYS, WIDTH>(s.key_tile(at), from, s.keys_full(at));
        if (i == 0) meanwhile();
      }
      if (i > 0) {
        if (at > STAGES) barrier_wait(s.values_empty(at - 1), parity(at - 1) ^ 1);
        v.bring<KEYS, WIDTH>(s.value_tile(at - 1), from + KEYS, s.values_full(at - 1));
      }
    }
  }

  static __device__ __forceinline__ void keep(uint32_t queries, uint32_t (&kept)[KEPT][4]) {
    const int row = threadIdx.x / 32 % 4 * 16 + threadIdx.x % 16;
#pragma unroll
    for (int k = 0; k < KEPT; k++) {
      const uint32_t at = queries + chunk_offset<QUERIES>(row, 2 * k + threadIdx.x % 32 / 16);
      asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared::cta.b16 {%0, %1, %2, %3}, [%4];"
                   : "=r"(kept[k][0]), "=r"(kept[k][1]), "=r"(kept[k][2]), "=r"(kept[k][3])
                   : "r"(at)
                   : "memory");
    }
  }

  // Scores of the first COUNT keys of a tile.
  template <int COUNT>
  static __device__ __forceinline__ void score(uint32_t queries, const uint32_t (&kept)[KEPT][4],
                                               uint32_t keys, float (&all)[SCORES]) {
    auto& scores = reinterpret_cast<float(&)[COUNT / 2]>(all);
    const TileDescriptor a(queries, 16);
    const TileDescriptor b(keys, 16);
#pragma unroll
    for (int k = 0; k < WIDTH / 16; k++) {
      const uint64_t part = b.at(k / 4 * KEYS * 128 + k % 4 * 32);
      if constexpr (KEEPS_QUERIES) {
        Products<COUNT>::template registers<0>(scores, kept[k], part, k != 0);
      } else {
        Products<COUNT>::template shared<0, 0>(scores, a.at(k / 4 * QUERIES * 128 + k % 4 * 32),
                                               part, k != 0);
      }
    }
    products_commit();
  }

  // Two rows of a thread, eight apart.
  struct Rows {
    Stretch sees[2];
    float most[2];
    float total[2];
  };

  // Of both rows, over all threads that have a part of them.
  static __device__ __forceinline__ void greatest_of(const float (&scores)[SCORES],
                                                     float (&greatest)[2]) {
    float most[8];  // of both rows in turn, so that none waits for the one before
#pragma unroll
    for (int i = 0; i < 8; i++) most[i] = scores[i];
#pragma unroll
    for (int i = 8; i < SCORES; i++) most[i % 8] = fmaxf(most[i % 8], scores[i]);
#pragma unroll
    for (int r = 0; r < 2; r++) {
      greatest[r] =
          fmaxf(fmaxf(most[2 * r], most[2 * r + 1]), fmaxf(most[2 * r + 4], most[2 * r + 5]));
    }
#pragma unroll
    for (int lane = 1; lane <= 2; lane++) {
#pragma unroll
      for (int r = 0; r < 2; r++) {
        greatest[r] = fmaxf(greatest[r], __shfl_xor_sync(0xffffffffu, greatest[r], lane));
      }
    }
  }

  // Turns scores into weights. They are taken relative to the greatest score so far, or to one that
  // is little less, so that what was summed before has to be shrunk only now and then; tells when.
  static __device__ __forceinline__ bool soften(float (&scores)[SCORES], Rows& rows,
                                                int first_key, bool partly, float scale_log2,
                                                float (&shrink)[2]) {
    if (partly) {
#pragma unroll
      for (int i = 0; i < SCORES; i++) {
        if (!rows.sees[i % 4 / 2].has(first_key + i / 4 * 8 + i % 2)) scores[i] = -INFINITY;
      }
    }
    float greatest[2];
    greatest_of(scores, greatest);
    const float least = fmaxf(greatest[0] - rows.most[0], greatest[1] - rows.most[1]);
    const bool moves = __any_sync(0xffffffffu, !(least * scale_log2 <= MOST_ABOVE));
    if (moves) {
#pragma unroll
      for (int r = 0; r < 2; r++) {
        const float most = fmaxf(rows.most[r], greatest[r]);
        shrink[r] = most == -INFINITY ? 1.0f : power_of_two((rows.most[r] - most) * scale_log2);
        rows.most[r] = most;
        rows.total[r] *= shrink[r];
      }
    }
#pragma unroll
    for (int r = 0; r < 2; r++) {
      const float origin = rows.most[r] == -INFINITY ? 0.0f : rows.most[r] * scale_log2;
      float total = 0.0f;
#pragma unroll
      for (int i = 0; i < SCORES / 4; i++) {
#pragma unroll
        for (int e = 0; e < 2; e++) {
          float& score = scores[4 * i + 2 * r + e];
          score = power_of_two(fmaf(score, scale_log2, -origin));
          total += score;
        }
      }
      rows.total[r] += total;
    }
    return moves;
  }

  // Tells that a warp has read what the barrier is about.
  static __device__ __forceinline__ void release(uint32_t barrier) {
    __syncwarp();
    if (threadIdx.x % 32 == 0) barrier_arrive(barrier);
  }

  // Adds all tiles of keys, from the last to the first. The group's queries see none from `end` on,
  // which may leave out half of the last tile.
  static __device__ __forceinline__ void compute(const Shared& s, const Work& work, int end,
                                                 int done, int turn, Rows& rows,
                                                 float (&sums)[SUMS], float scale_log2) {
    const int group = uniform(threadIdx.x / 128 - 1);
    const int next = group + 1 < GROUPS ? group + 1 : 0;
    const uint32_t queries = s.queries + group * 64 * 128;
    const int column = 2 * (threadIdx.x % 4);
    const Stretch all = work.seen.all;
    auto partly = [&](int from) { return from < all.from || from + KEYS > all.to; };
    float scores[SCORES];
    uint32_t weights[KEYS / 16][4];

    int from = work.last * KEYS;
    int at = done;
    const int behind = done + work.count;
    barrier_wait(s.queries_full(), turn & 1);
    uint32_t kept[KEPT][4];
    if constexpr (KEEPS_QUERIES) {
      keep(queries, kept);
      release(s.queries_empty());
    }
    float shrink[2];
    // Products of half a tile stand alone: as part of the loop they would not overlap.
    if (end <= from + KEYS / 2) {
      barrier_wait(s.keys_full(at), parity(at));
      threads_sync(1 + group, 2 * 128);
      products_begin();
      score<KEYS / 2>(queries, kept, s.key_tile(at), scores);
      threads_arrive(1 + next, 2 * 128);
      products_wait<0>();
      release(s.keys_empty(at));
      soften(scores, rows, from + column, true, scale_log2, shrink);
      pack(scores, weights);
      barrier_wait(s.values_full(at), parity(at));
      products_begin();
      weigh_first<KEYS / 32>(weights, s.value_tile(at), sums);
      products_wait<0>();
      release(s.values_empty(at));
      from -= KEYS;
      at++;
    }
    if (at < behind) {
      barrier_wait(s.keys_full(at), parity(at));
      threads_sync(1 + group, 2 * 128);
      products_begin();
      score<KEYS>(queries, kept, s.key_tile(at), scores);
      threads_arrive(1 + next, 2 * 128);
      products_wait<0>();
      release(s.keys_empty(at));
      if (soften(scores, rows, from + column, partly(from), scale_log2, shrink)) {
#pragma unroll
        for (int n = 0; n < SUMS; n++) sums[n] *= shrink[n % 4 / 2];
      }
      pack(scores, weights);
      for (at++; at < behind; at++) {
        from -= KEYS;
        barrier_wait(s.keys_full(at), parity(at));
        threads_sync(1 + group, 2 * 128);
        products_begin();
        score<KEYS>(queries, kept, s.key_tile(at), scores);
        barrier_wait(s.values_full(at - 1), parity(at - 1));
        products_begin();
        weigh(weights, s.value_tile(at - 1), sums);
        threads_arrive(1 + next, 2 * 128);
        products_wait<1>();
        release(s.keys_empty(at));
        const bool moves =
            soften(scores, rows, from + column, partly(from), scale_log2, shrink);
        products_wait<0>();
        release(s.values_empty(at - 1));
        pack(scores, weights);
        if (moves) {
#pragma unroll
          for (int n = 0; n < SUMS; n++) sums[n] *= shrink[n % 4 / 2];
        }
      }
      barrier_wait(s.values_full(at - 1), parity(at - 1));
      products_begin();
      weigh(weights, s.value_tile(at - 1), sums);
      products_wait<0>();
      release(s.values_empty(at - 1));
    }
    if constexpr (!KEEPS_QUERIES) release(s.queries_empty());
  }

  // Writes a thread's two rows; `out` is the first row of the block's head.
  static __device__ __forceinline__ void write(bf16* out, int64_t stride, int width, int count,
                                               int first, const Rows& rows,
                                               const float (&sums)[SUMS], float* logs,
                                               float scale_log2) {
    const int lane = threadIdx.x % 32;
#pragma unroll
    for (int r = 0; r < 2; r++) {
      float total = rows.total[r];
      total += __shfl_xor_sync(0xffffffffu, total, 1);
      total += __shfl_xor_sync(0xffffffffu, total, 2);
      const int row = first + 8 * r;
      const bool sees = rows.sees[r].from < rows.sees[r].to;
      const float factor = sees ? 1.0f / total : 0.0f;
      if (row >= count) continue;
      bf16* to = out + row * stride;
#pragma unroll
      for (int i = 0; i < SUMS / 4; i++) {
        const int d = 8 * i + 2 * (lane % 4);
        if (d < width) {
          const uint32_t both = sees ? packed(sums[4 * i + 2 * r] * factor,
                                              sums[4 * i + 2 * r + 1] * factor)
                                     : 0;
          *reinterpret_cast<uint32_t*>(to + d) = both;
        }
      }
      if (logs && lane % 4 == 0) {
        logs[row] = sees ? rows.most[r] * scale_log2 + log2f(total) : INFINITY;
      }
    }
  }

  // Where the rows of the output are.
  struct Output {
    bf16* out;
    float* logs;
    int heads;
    int width;
    float scale;
  };

  template <typename Sight>
  static __device__ __forceinline__ void finish(const Work& work, const Output& to,
                                                const Sight& sight, const Rows& rows,
                                                const float (&sums)[SUMS], int row,
                                                float scale_log2) {
    const int64_t stride = static_cast<int64_t>(to.heads) * to.width;
    const int64_t token = work.batch * sight.length;
    bf16* out = to.out + (token * to.heads + work.head) * to.width;
    float* logs =
        to.logs ? to.logs + (work.batch * to.heads + work.head) * sight.length : nullptr;
    write(out, stride, to.width, sight.length, row, rows, sums, logs, scale_log2);
  }

  static __device__ __forceinline__ Shared prepare(uint8_t* raw, uint64_t* barriers,
                                                   int* chosen) {
    Shared s;
    s.queries = (shared_address(raw) + 1023) / 1024 * 1024;
    s.keys = s.queries + QUERY_BYTES;
    s.values = s.keys + STAGES * TILE_BYTES;
    s.barriers = shared_address(barriers);
    if (threadIdx.x == 0) {
      barrier_init(s.queries_full(), 1);
      barrier_init(s.queries_empty(), COMPUTERS / 32);
      for (int i = 0; i < 2; i++) {
        barrier_init(s.work_full(i), 1);
        barrier_init(s.work_empty(i), COMPUTERS / 32 + 1);
      }
      for (int i = 0; i < STAGES; i++) {
        barrier_init(s.keys_full(i), 1);
        barrier_init(s.values_full(i), 1);
        barrier_init(s.keys_empty(i), COMPUTERS / 32);
        barrier_init(s.values_empty(i), COMPUTERS / 32);
      }
      barriers_are_made();
      chosen[0] = blockIdx.x;
      barrier_arrive(s.work_full(0));
    }
    __syncthreads();
    return s;
  }

  // Learns which piece of work comes next.
  static __device__ __forceinline__ int take(const Shared& s, const int* chosen, int turn) {
    barrier_wait(s.work_full(turn), turn / 2 & 1);
    const int i = uniform(chosen[turn % 2]);
    release(s.work_empty(turn));
    return i;
  }

  // One warp brings tiles of all the work, and chooses what comes next; `maps` are of queries,
  // keys and values.
  template <typename Sight>
  static __device__ __forceinline__ void bring_all(const Shared& s, int* chosen,
                                                   const uint8_t* maps, int heads, int group,
                                                   const Sight& sight, const TileOrder& order) {
    const bool asks = threadIdx.x == 0;
    if (asks) {
      for (int i = 0; i < 3; i++) map_acquire(maps + i * MAP_BYTES);
    }
    int done = 0;
    int brought = 0;
    for (int turn = 0;; turn++) {
      const int i = take(s, chosen, turn);
      if (i >= order.count()) break;
      auto choose = [&] {
        if (turn > 0) barrier_wait(s.work_empty(turn + 1), turn - 1 >> 1 & 1);
        chosen[(turn + 1) % 2] = order.next();
        barrier_arrive(s.work_full(turn + 1));
      };
      const Work work(order, i, heads, sight);
      if (asks && work.count > 0) {
        const int batch = static_cast<int>(work.batch);
        bring(s, Mapped{maps, work.head, batch},
              Mapped{maps + MAP_BYTES, work.head / group, batch},
              Mapped{maps + 2 * MAP_BYTES, work.head / group, batch}, work, done, brought, choose);
      } else if (asks) {
        choose();
      }
      __syncwarp();
      done += work.count;
      if (work.count > 0) brought++;
    }
  }

  template <typename Sight>
  static __device__ __forceinline__ void compute_all(const Shared& s, const int* chosen,
                                                     const Output& to, const Sight& sight,
                                                     const TileOrder& order) {
    const float scale_log2 = to.scale * LOG2_E;
    int done = 0;
    int brought = 0;
    if (threadIdx.x >= THREADS - 128) threads_arrive(1, 2 * 128);
    for (int turn = 0;; turn++) {
      const int i = take(s, chosen, turn);
      if (i >= order.count()) break;
      const Work work(order, i, to.heads, sight);
      const int row = work.first + (threadIdx.x - COPIERS) / 32 * 16 + threadIdx.x % 32 / 4;
      Rows rows;
#pragma unroll
      for (int r = 0; r < 2; r++) {
        rows.sees[r] = sight.keys_of(work.batch, row + 8 * r);
        rows.most[r] = -INFINITY;
        rows.total[r] = 0.0f;
      }
      float sums[SUMS];
#pragma unroll
      for (int n = 0; n < SUMS; n++) sums[n] = 0.0f;
      if (work.count > 0) {
        const int group = threadIdx.x / 128 - 1;
        const int end = uniform(
            sight.keys_of_tile(work.batch, work.first + 64 * group, 64).any.to);
        compute(s, work, end, done, brought, rows, sums, scale_log2);
        done += work.count;
        brought++;
      }
      finish(work, to, sight, rows, sums, row, scale_log2);
    }
  }

  template <typename Sight>
  static __device__ __forceinline__ void run(const uint8_t* maps, int group, const Output& to,
                                             const Sight& sight, const TileOrder& order) {
    extern __shared__ uint8_t raw[];
    __shared__ __align__(8) uint64_t barriers[6 + 4 * STAGES];
    __shared__ int chosen[2];
    const Shared s = prepare(raw, barriers, chosen);
    if (threadIdx.x < COPIERS) {
      give_registers<GROUPS == 2 ? 40 : 32>();
      if (threadIdx.x < 32) bring_all(s, chosen, maps, to.heads, group, sight, order);
    } else {
      take_registers<GROUPS == 2 ? 232 : 160>();
      compute_all(s, chosen, to, sight, order);
    }
  }

#endif
};
