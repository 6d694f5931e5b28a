// The product that ends a residual branch, the sum of the stream with it, and the norm of that for
// the layer behind, in one pass over memory:
//
//   s = stream + x·Wᵀ        y = s·weight / √(mean(s²) + ε)
//
// A cluster of four blocks has 128 whole rows, each block COLUMNS of their columns. One thread of a
// block has tiles brought into a ring of stages, those of x into all blocks at once, and behind them
// the stream; two warpgroups multiply 64 rows each. The sums are written from where the stream lay.
// The blocks tell each other the sums of squares of their columns.

#pragma once

#include "common/cluster.cuh"
#include "common/mapped_matrix.cuh"

struct AddedProduct {
  MatrixMap x;          // [rows, depth] of BF16, in boxes of 64 columns and 32 rows
  MatrixMap w;          // [width, depth] of BF16, in boxes of 64 columns and COLUMNS rows
  MatrixMap stream;     // [rows, width] of F32, in boxes of 32 columns and 64 rows
  MatrixMap sum;        // the same
  const float* weight;  // or null for ones
  bf16* y;
  int64_t rows;
  int64_t depth;
  float epsilon;
};

template <int COLUMNS>
struct AddedProductTile {
  static constexpr int BLOCKS = 4;
  static constexpr int ROWS = 128;
  static constexpr int GROUPS = 2;
  static constexpr int THREADS = 128 * (GROUPS + 1);
  static constexpr int DEPTH = 64;  // elements a stage: 128 bytes a row
  static constexpr int WIDTH = COLUMNS * BLOCKS;
  static constexpr int X_BYTES = ROWS * 128;
  static constexpr int STAGE = X_BYTES + COLUMNS * 128;
  static constexpr int STAGES = 200 * 1024 / STAGE;
  static constexpr int SHARED_BYTES = STAGES * STAGE;

#if defined(__CUDA_ARCH_FEAT_SM90_ALL)

  static constexpr int CHUNK = 64;  // columns of the stream that take a stage
  static constexpr int CHUNKS = COLUMNS / CHUNK;
  static constexpr int BOX = 32;              // columns of F32 in 128 bytes
  static constexpr int BOX_BYTES = 64 * 128;  // of a warpgroup's rows
  static constexpr int COLUMN_DEPTHS = 24;    // of a tile that take a nanosecond

  struct Shared {
    alignas(8) uint64_t full[STAGES];
    uint64_t empty[STAGES];
    uint64_t squares_full[2][4 * GROUPS];  // by turn and warp
    float squares[2][BLOCKS][ROWS];
  };

  const AddedProduct& of;
  Shared& shared;
  const uint32_t stages;
  const int block;  // of the cluster

  __device__ AddedProductTile(const AddedProduct& of, Shared& shared, uint32_t stages)
      : of(of), shared(shared), stages(stages), block(blockIdx.x % BLOCKS) {}

  __device__ int steps() const { return static_cast<int>((of.depth + DEPTH - 1) / DEPTH); }
  __device__ int first() const { return blockIdx.x / BLOCKS; }
  __device__ int clusters() const { return gridDim.x / BLOCKS; }
  __device__ int tiles() const { return static_cast<int>((of.rows + ROWS - 1) / ROWS); }
  __device__ uint32_t full(int stage) const { return shared_address(&shared.full[stage]); }
  __device__ uint32_t empty(int stage) const { return shared_address(&shared.empty[stage]); }

  __device__ __forceinline__ void begin() {
    if (threadIdx.x == 0) {
      for (int s = 0; s < STAGES; s++) {
        barrier_init(full(s), 1);
        barrier_init(empty(s), 4 * GROUPS * BLOCKS);
      }
      for (int i = 0; i < 2; i++) {
        for (int warp = 0; warp < 4 * GROUPS; warp++) {
          barrier_init(shared_address(&shared.squares_full[i][warp]), 1);
        }
      }
      barriers_are_made();
    }
    __syncthreads();
    cluster_arrive();
    cluster_wait();
  }

  // Clusters that have a tile less than others use the time not to write when all others do.
  __device__ __forceinline__ void begin_late() const {
    const int most = tiles() % clusters();
    if (most == 0 || first() < most || tiles() < clusters()) return;
    const int64_t tile_ns = of.depth * COLUMNS / COLUMN_DEPTHS;
    __nanosleep(static_cast<unsigned>(tile_ns * (first() - most) / (clusters() - most)));
  }

  // A block brings W and the stream of its columns, and its share of x to all of the cluster.
  __device__ __forceinline__ void bring() {
    constexpr int SHARE = ROWS / BLOCKS;
    const int depths = steps();
    int at = 0;
    begin_late();
    for (int tile = first(); tile < tiles(); tile += clusters()) {
      for (int k = 0; k < depths + CHUNKS; k++, at++) {
        const int stage = at % STAGES;
        if (at >= STAGES) barrier_wait(empty(stage), at / STAGES - 1 & 1);
        const uint32_t to = stages + stage * STAGE;
        if (k < depths) {
          barrier_expect(full(stage), STAGE);
          bring_matrix(to + X_BYTES, of.w, k * DEPTH, block * COLUMNS, full(stage));
          bring_matrix_to((1 << BLOCKS) - 1, to + block * SHARE * 128, of.x, k * DEPTH,
                          tile * ROWS + block * SHARE, full(stage));
        } else {
          barrier_expect(full(stage), 4 * BOX_BYTES);
          for (int i = 0; i < 4; i++) {
            bring_matrix(to + i * BOX_BYTES, of.stream,
                         block * COLUMNS + (k - depths) * CHUNK + i / 2 * BOX,
                         tile * ROWS + i % 2 * 64, full(stage));
          }
        }
      }
    }
    // A block stays until all others have told it what they have read.
    for (int i = at < STAGES ? 0 : at - STAGES; i < at; i++) {
      barrier_wait(empty(i % STAGES), i / STAGES & 1);
    }
  }

  // Tells all blocks that a warp of this one has read a stage.
  __device__ __forceinline__ void release(int at) const {
    const int to = threadIdx.x % 32;
    if (to < BLOCKS) arrive_at_block(of_block(empty(at % STAGES), to));
  }

  __device__ __forceinline__ void multiply(float (&sums)[COLUMNS / 2], int at, int group) {
    const int depths = steps();
    for (int k = 0; k < depths; k++, at++) {
      const int stage = at % STAGES;
      const uint32_t x = stages + stage * STAGE;
      barrier_wait(full(stage), at / STAGES & 1);
      products_begin();
      const TileDescriptor a(x + group * 64 * 128, 16);
      const TileDescriptor b(x + X_BYTES, 16);
#pragma unroll
      for (int i = 0; i < DEPTH / 16; i++) {
        Products<COLUMNS>::template shared<0, 0>(sums, a.at(i * 32), b.at(i * 32), k + i != 0);
      }
      products_commit();
      products_wait<1>();
      if (k > 0) release(at - 1);
    }
    products_wait<0>();
    release(at - 1);
  }

  static __device__ __forceinline__ float2 load_pair(uint32_t from) {
    float2 x;
    asm volatile("ld.shared.v2.f32 {%0, %1}, [%2];" : "=f"(x.x), "=f"(x.y) : "r"(from) : "memory");
    return x;
  }

  static __device__ __forceinline__ void store_pair(uint32_t to, float x, float y) {
    asm volatile("st.shared.v2.f32 [%0], {%1, %2};" ::"r"(to), "f"(x), "f"(y) : "memory");
  }

  // Adds 64 columns of the stream, which a stage has, and puts the sums in its place.
  static __device__ __forceinline__ void add_chunk(float* sums, uint32_t stage, int row,
                                                   float2& squares) {
    const int lane = threadIdx.x % 4;
    const uint32_t begin = stage + row * 128 + lane % 2 * 8;
#pragma unroll
    for (int j = 0; j < CHUNK / 8; j++) {
      float* s = sums + 4 * j;
      const uint32_t place =
          begin + j / 4 * 2 * BOX_BYTES + ((j % 4 * 2 + lane / 2) ^ (row % 8)) * 16;
      const float2 up = load_pair(place);
      const float2 down = load_pair(place + 8 * 128);
      s[0] += up.x;
      s[1] += up.y;
      s[2] += down.x;
      s[3] += down.y;
      store_pair(place, s[0], s[1]);
      store_pair(place + 8 * 128, s[2], s[3]);
      squares.x += s[0] * s[0] + s[1] * s[1];
      squares.y += s[2] * s[2] + s[3] * s[3];
    }
  }

  // Adds the stream and has the sum written; gives a thread's sums of squares of both rows.
  __device__ __forceinline__ float2 add(float (&sums)[COLUMNS / 2], int at, int tile, int row,
                                        int group) {
    const bool sends = threadIdx.x % 128 == 0;
    float2 squares = make_float2(0.0f, 0.0f);
#pragma unroll
    for (int chunk = 0; chunk < CHUNKS; chunk++, at++) {
      const uint32_t stage = stages + at % STAGES * STAGE;
      barrier_wait(full(at % STAGES), at / STAGES & 1);
      add_chunk(sums + chunk * CHUNK / 2, stage, row, squares);
      fence_for_products();
      threads_sync(1 + group, 128);
      if (sends) {
        for (int i = 0; i < 2; i++) {
          send_matrix(of.sum, block * COLUMNS + chunk * CHUNK + i * BOX, tile * ROWS + group * 64,
                      stage + (2 * i + group) * BOX_BYTES);
        }
        sending_ends();
        sent_groups_are_read<1>();
      }
      __syncwarp();
      if (chunk > 0) release(at - 1);
    }
    if (sends) sent_groups_are_read<0>();
    __syncwarp();
    release(at - 1);
#pragma unroll
    for (int lane = 1; lane < 4; lane <<= 1) {
      squares.x += __shfl_xor_sync(0xffffffffu, squares.x, lane);
      squares.y += __shfl_xor_sync(0xffffffffu, squares.y, lane);
    }
    return squares;
  }

  // Of 16 rows, to the same warp of all blocks.
  __device__ __forceinline__ void tell(float2 squares, int turn, int row, int warp) {
    const int lane = threadIdx.x % 32;
    const uint32_t to = shared_address(&shared.squares[turn][block][row]);
    const uint32_t barrier = shared_address(&shared.squares_full[turn][warp]);
    if (lane == 0) barrier_expect(barrier, BLOCKS * 16 * sizeof(float));
    const int other = lane % BLOCKS;
    const uint32_t there = of_block(barrier, other);
    send_to_block(of_block(to, other), squares.x, there);
    send_to_block(of_block(to + 8 * sizeof(float), other), squares.y, there);
  }

  __device__ __forceinline__ float scale(int turn, int row) const {
    float total = shared.squares[turn][0][row];
#pragma unroll
    for (int from = 1; from < BLOCKS; from++) total += shared.squares[turn][from][row];
    return rsqrtf(total / WIDTH + of.epsilon);
  }

  struct Place {
    int64_t row;
    int column;
    bool there[2];
  };

  // Four threads have two columns each of the same eights; afterwards each has eight columns.
  static __device__ __forceinline__ uint4 exchanged(const uint32_t (&pairs)[4]) {
    const bool odd = threadIdx.x & 1;
    const bool high = threadIdx.x & 2;
    const uint32_t a = __shfl_xor_sync(0xffffffffu, odd ? pairs[0] : pairs[1], 1);
    const uint32_t b = __shfl_xor_sync(0xffffffffu, odd ? pairs[2] : pairs[3], 1);
    const uint2 low = odd ? make_uint2(a, pairs[1]) : make_uint2(pairs[0], a);
    const uint2 up = odd ? make_uint2(b, pairs[3]) : make_uint2(pairs[2], b);
    const uint32_t c = __shfl_xor_sync(0xffffffffu, high ? low.x : up.x, 2);
    const uint32_t d = __shfl_xor_sync(0xffffffffu, high ? low.y : up.y, 2);
    return high ? make_uint4(c, d, up.x, up.y) : make_uint4(low.x, low.y, c, d);
  }

  __device__ __forceinline__ void write_norm(const float (&sums)[COLUMNS / 2], const Place& place,
                                             float2 r) const {
    const int mine = threadIdx.x % 4;
    const int begin = place.column - 2 * mine;
#pragma unroll
    for (int j = 0; j < COLUMNS / 8; j += 4) {
      uint32_t up[4];
      uint32_t down[4];
#pragma unroll
      for (int i = 0; i < 4; i++) {
        const float* s = sums + 4 * (j + i);
        const float* weight = of.weight + place.column + 8 * (j + i);
        const float2 w = of.weight ? __ldg(reinterpret_cast<const float2*>(weight))
                                   : make_float2(1.0f, 1.0f);
        up[i] = packed(s[0] * r.x * w.x, s[1] * r.x * w.y);
        down[i] = packed(s[2] * r.y * w.x, s[3] * r.y * w.y);
      }
      const uint4 first = exchanged(up);
      const uint4 second = exchanged(down);
      bf16* to = of.y + place.row * WIDTH + begin + 8 * (j + mine);
      if (place.there[0]) *reinterpret_cast<uint4*>(to) = first;
      if (place.there[1]) *reinterpret_cast<uint4*>(to + 8 * WIDTH) = second;
    }
  }

  __device__ __forceinline__ void compute() {
    const int group = uniform(threadIdx.x / 128 - 1);
    const int warp = uniform(threadIdx.x / 32 - 4);
    const int row = warp * 16 + threadIdx.x % 32 / 4;
    int at = 0;
    int turn = 0;
    for (int tile = first(); tile < tiles(); tile += clusters(), turn++) {
      Place place;
      place.row = static_cast<int64_t>(tile) * ROWS + row;
      place.column = block * COLUMNS + threadIdx.x % 4 * 2;
      place.there[0] = place.row < of.rows;
      place.there[1] = place.row + 8 < of.rows;
      float sums[COLUMNS / 2];
      multiply(sums, at, group);
      at += steps();
      tell(add(sums, at, tile, row, group), turn & 1, row, warp);
      at += CHUNKS;
      barrier_wait(shared_address(&shared.squares_full[turn & 1][warp]), turn >> 1 & 1);
      write_norm(sums, place, make_float2(scale(turn & 1, row), scale(turn & 1, row + 8)));
    }
  }

  __device__ __forceinline__ void run() {
    begin();
    if (threadIdx.x < 128) {
      give_registers<40>();
      if (threadIdx.x == 0) bring();
    } else {
      take_registers<232>();
      compute();
    }
  }

#endif
};
