// Products of some rows with a matrix, as decoding of many sequences needs them:
// out[m, n] = x[m, k]·W[n, k]ᵀ + bias.
//
// The matrix is small enough to be spread over the whole GPU, and what costs is waiting. A cluster
// of SLICES blocks has 64 rows and COLUMNS columns of the result; each block sums over its slice of
// k, fetches its part of W before the predecessor has ended, and sends its sums to the blocks of the
// cluster that own their rows, which add them up in the order of the slices.

#pragma once

#include "common/cluster.cuh"
#include "common/wgmma.cuh"
#include "some_rows/endings.cuh"
#include "some_rows/operands.cuh"
#include "some_rows/stage.cuh"

#if defined(__CUDA_ARCH_FEAT_SM90_ALL)

// GROUPS warpgroups share the columns of a block. Where all stages fit at once (FLAT) they are waited
// for together.
template <int COLUMNS, int SLICES, int GROUPS, int STAGES, bool FLAT, typename Ending>
struct SomeRowsTile : SomeRowsStage<COLUMNS, GROUPS> {
  using Stage = SomeRowsStage<COLUMNS, GROUPS>;
  using Stage::DEPTH, Stage::N, Stage::ROWS, Stage::STAGE, Stage::THREADS, Stage::X_BYTES;
  static constexpr int PITCH = COLUMNS + 8;  // of sums
  static constexpr int OWNED = ROWS / SLICES;
  static constexpr int SHARE = OWNED * PITCH;  // of the sums, of one owner
  static constexpr int SHARE_BYTES = SHARE * static_cast<int>(sizeof(float));
  static constexpr int QUADS = COLUMNS / 4;
  static constexpr int ITEMS = (OWNED * QUADS + THREADS - 1) / THREADS;  // quads of a thread

  const SomeRows& of;
  const Ending ending;
  const uint32_t stages;  // address of the first
  float* const sums;      // [SLICES, OWNED, PITCH], by owner
  float* const mail;      // the same, of the owned rows by slice; then a barrier
  float* const scales;    // of the owned rows
  const int slice;
  const int64_t row;     // first ones of the tile
  const int64_t column;
  const int first;  // stage of k
  const int steps;

  __device__ SomeRowsTile(const SomeRows& of, const Ending& ending, uint8_t* shared)
      : of(of),
        ending(ending),
        stages(shared_address(shared)),
        sums(reinterpret_cast<float*>(shared + STAGES * STAGE)),
        mail(sums + SLICES * SHARE),
        scales(mail + SLICES * SHARE + 4),
        slice(blockIdx.x % SLICES),
        row(static_cast<int64_t>(blockIdx.y) * ROWS),
        column(static_cast<int64_t>(blockIdx.x / SLICES) * COLUMNS),
        first(depths() * slice / SLICES),
        steps(depths() * (slice + 1) / SLICES - first) {}

  __device__ int depths() const { return static_cast<int>((of.k + DEPTH - 1) / DEPTH); }

  // Zeros where there is nothing, also in stages beyond the last step.
  template <int COUNT>
  __device__ __forceinline__ void fetch(uint32_t to, const bf16* from, int64_t first_row,
                                        int64_t rows, int step) const {
#pragma unroll
    for (int i = threadIdx.x; i < COUNT * 8; i += THREADS) {
      const int64_t r = first_row + i / 8;
      const int64_t at = static_cast<int64_t>(first + step) * DEPTH + i % 8 * 8;
      const bool there = r < rows && at < of.k && step < steps;
      const bf16* source = there ? from + r * of.k + at : from;
      copy_chunk(to + chunk_offset<COUNT>(i / 8, i % 8), source, there);
    }
  }

  __device__ __forceinline__ uint32_t stage(int step) const {
    return stages + step % STAGES * STAGE;
  }
  __device__ __forceinline__ void fetch_w(int step) const {
    if (step >= steps && step >= STAGES) return;
    fetch<COLUMNS>(stage(step) + X_BYTES, of.w, column, of.n, step);
  }
  __device__ __forceinline__ void fetch_x(int step) const {
    if (step < steps || step < STAGES) fetch<ROWS>(stage(step), of.x, row, of.m, step);
    asm volatile("cp.async.commit_group;" ::: "memory");
  }

  // Has the GPU's cache bring what a kernel behind reads, while memory has little else to do; earlier
  // it would be in the way of what this one waits for.
  __device__ __forceinline__ void bring_what_comes_soon() const {
    constexpr int PIECE = 8192;
    if (threadIdx.x != THREADS - 1) return;
    const int64_t blocks = static_cast<int64_t>(gridDim.x) * gridDim.y;
    const int64_t block = static_cast<int64_t>(blockIdx.y) * gridDim.x + blockIdx.x;
    for (int64_t at = block * PIECE; at < of.soon_bytes; at += blocks * PIECE) {
      const int bytes = static_cast<int>(min(of.soon_bytes - at, static_cast<int64_t>(PIECE)));
      asm volatile("cp.async.bulk.prefetch.L2.global [%0], %1;" ::"l"(of.soon + at), "r"(bytes)
                   : "memory");
    }
  }

  __device__ void run() const {
    float d[N / 2] = {};
    let_successor_begin();
    if (!of.ahead) wait_for_predecessor();
    for (int s = 0; s < STAGES; s++) fetch_w(s);
    expect();
    if (SLICES > 1) {
      if (threadIdx.x == 0) {
        barrier_init(mailed(), 1);
        barriers_are_made();
      }
      cluster_arrive();
    }
    wait_for_predecessor();
    for (int s = 0; s < STAGES; s++) fetch_x(s);
    if (of.squares) find_scales();
    bring_what_comes_soon();
    if (FLAT && steps <= STAGES) {
      arrived<0>();
      products_begin();
#pragma unroll
      for (int s = 0; s < STAGES; s++) Stage::multiply(d, stage(s), 1);
      products_commit();
      products_wait<0>();
    } else {
      for (int s = 0; s < steps; s++) {
        arrived<STAGES - 1>();
        products_begin();
        Stage::multiply(d, stage(s), 1);
        products_commit();
        products_wait<0>();
        if (s + STAGES < steps) {
          __syncthreads();
          fetch_w(s + STAGES);
        }
        fetch_x(s + STAGES);
      }
    }
    keep(d);
    if (SLICES > 1 && threadIdx.x == 0) barrier_expect(mailed(), (SLICES - 1) * SHARE_BYTES);
    typename Ending::Item items[ITEMS];
    if (SLICES > 1) {
      fence_for_products();
      cluster_wait();  // all have begun, and wait for mail
      __syncthreads();
      send();
      load(items);
      barrier_wait(mailed(), 0);
      cluster_arrive();
    } else {
      __syncthreads();
      load(items);
    }
    finish(items);
    if (SLICES > 1) cluster_wait();  // all have their mail, so none is on its way from here
  }

  __device__ __forceinline__ uint32_t mailed() const {
    return shared_address(mail + SLICES * SHARE);
  }

  // Waits for all but the last few copies.
  template <int PENDING>
  __device__ __forceinline__ void arrived() const {
    asm volatile("cp.async.wait_group %0;" ::"n"(PENDING) : "memory");
    fence_for_products();
    __syncthreads();
  }

  __device__ __forceinline__ void keep(const float (&d)[N / 2]) const {
    const int lane = threadIdx.x % 32;
#pragma unroll
    for (int h = 0; h < 2; h++) {
      const int r = threadIdx.x / 32 % 4 * 16 + lane / 4 + 8 * h;
      float* to = sums + r * PITCH + threadIdx.x / 128 * N + lane % 4 * 2;
#pragma unroll
      for (int j = 0; j < N / 8; j++) {
        *reinterpret_cast<float2*>(to + j * 8) =
            make_float2(d[j * 4 + h * 2], d[j * 4 + h * 2 + 1]);
      }
    }
  }

  // Every row's sums to the block that owns it.
  __device__ __forceinline__ void send() const {
    const int to = threadIdx.x;
    if (to < SLICES && to != slice) {
      copy_to_block(of_block(shared_address(mail + slice * SHARE), to),
                    shared_address(sums + to * SHARE), SHARE_BYTES, of_block(mailed(), to));
    }
  }

  // The quads of the result that this thread finishes: item, row among the owned ones, column.
  template <typename Use>
  __device__ __forceinline__ void each_owned(Use use) const {
#pragma unroll
    for (int i = 0; i < ITEMS; i++) {
      const int at = threadIdx.x + i * THREADS;
      if (at < OWNED * QUADS) use(i, at / QUADS, at % QUADS * 4);
    }
  }

  __device__ __forceinline__ int64_t row_of(int owned) const { return row + slice * OWNED + owned; }

  // Eight lanes sum up a row's squares.
  __device__ __forceinline__ void find_scales() const {
    for (int i = threadIdx.x; i < OWNED * 8; i += THREADS) {
      const int64_t r = row_of(i / 8);
      float square = 0.0f;
      for (int64_t p = i % 8; r < of.m && p < of.squared; p += 8) {
        square += of.squares[r * of.squared + p];
      }
      __syncwarp();
#pragma unroll
      for (int lanes = 4; lanes > 0; lanes >>= 1) {
        square += __shfl_xor_sync(0xffffffffu, square, lanes);
      }
      if (i % 8 == 0) scales[i / 8] = of.scale(square);
    }
  }

  __device__ __forceinline__ void expect() const {
    if (!of.vectors) return;
    each_owned([&](int, int r, int c) {
      if (row_of(r) < of.m && column + c < of.n) ending.expect(row_of(r), column + c);
    });
  }

  __device__ __forceinline__ void load(typename Ending::Item (&items)[ITEMS]) const {
    if (!of.vectors) return;
    each_owned([&](int i, int r, int c) {
      if (row_of(r) < of.m && column + c < of.n) items[i] = ending.load(row_of(r), column + c);
    });
  }

  __device__ __forceinline__ void finish(typename Ending::Item (&items)[ITEMS]) const {
    each_owned([&](int i, int r, int c) {
      float4 sum = make_float4(0.0f, 0.0f, 0.0f, 0.0f);
#pragma unroll
      for (int s = 0; s < SLICES; s++) {
        const float* from = s == slice ? sums + slice * SHARE : mail + s * SHARE;
        sum = sum + *reinterpret_cast<const float4*>(from + r * PITCH + c);
      }
      if (of.squares) sum = sum * scales[r];
      of.put(ending, items[i], row_of(r), column + c, sum);
      ending.end(items[i], row_of(r), column + c, of.m);
    });
  }
};

#endif
