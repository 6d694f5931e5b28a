// Products of some rows with a matrix, as decoding of many sequences needs them:
// out[m, n] = x[m, k]·W[n, k]ᵀ + bias.
//
// The matrix is small enough to be spread over the whole GPU, and what costs is waiting. A cluster
// of SLICES blocks has 64 rows and COLUMNS columns of the result; each block sums over its slice of
// k, fetches its part of W before the predecessor has ended, and sends its sums to the blocks of the
// cluster that own their rows, which add them up in the order of the slices.

#pragma once

#include "common/wgmma.cuh"
#include "common/quad.cuh"

constexpr int MOST_PARTS = 4;

// Operands as the host gives them, all of 64 bits. The result is one tensor, or lies in parts side
// by side, each with rows of its own.
struct SomeRows {
  const bf16* x;
  const bf16* w;
  const void* bias;
  int64_t m;
  int64_t n;
  int64_t k;
  int64_t half;     // whether bias and result are of BF16
  int64_t ahead;    // whether W may be read before the predecessor has ended
  int64_t vectors;  // whether all parts begin and end at four columns, and are aligned so
  int64_t parts;
  int64_t begin[MOST_PARTS + 1];  // first column of each part, and n
  void* out[MOST_PARTS];
  void* whole;  // the result once more in one piece, or null

  __device__ __forceinline__ void put(int64_t row, int64_t column, float4 v) const {
    if (row >= m || column >= n) return;
    if (vectors) {
      if (bias) v = v + load_quad(bias, column / 4, half);
      const int p = part(column);
      const int64_t width = begin[p + 1] - begin[p];
      store_quad(out[p], (row * width + column - begin[p]) / 4, half, v);
      if (whole) store_quad(whole, (row * n + column) / 4, half, v);
      return;
    }
    const float each[4] = {v.x, v.y, v.z, v.w};
#pragma unroll 1
    for (int i = 0; i < 4; i++) {
      const int64_t at = column + i;
      if (at >= n) return;
      const int p = part(at);
      const int64_t width = begin[p + 1] - begin[p];
      const float sum = each[i] + (bias ? load_one(bias, at, half) : 0.0f);
      store_one(out[p], row * width + at - begin[p], half, sum);
      if (whole) store_one(whole, row * n + at, half, sum);
    }
  }

 private:
  __device__ __forceinline__ int part(int64_t column) const {
    int p = 0;
#pragma unroll
    for (int i = 1; i < MOST_PARTS; i++) p += i < parts && column >= begin[i];
    return p;
  }
};

#if defined(__CUDA_ARCH_FEAT_SM90_ALL)

// Shared memory of another block of the cluster.
__device__ __forceinline__ uint32_t of_block(uint32_t address, int block) {
  uint32_t there;
  asm volatile("mapa.shared::cluster.u32 %0, %1, %2;" : "=r"(there) : "r"(address), "r"(block));
  return there;
}

__device__ __forceinline__ void cluster_arrive() {
  asm volatile("barrier.cluster.arrive.release.aligned;" ::: "memory");
}

__device__ __forceinline__ void cluster_wait() {
  asm volatile("barrier.cluster.wait.acquire.aligned;" ::: "memory");
}

// GROUPS warpgroups share the columns of a block. Where all stages fit at once (FLAT) they are waited
// for together.
template <int COLUMNS, int SLICES, int GROUPS, int STAGES, bool FLAT>
struct SomeRowsTile {
  static constexpr int ROWS = 64;
  static constexpr int THREADS = 128 * GROUPS;
  static constexpr int N = COLUMNS / GROUPS;  // of a warpgroup
  static constexpr int DEPTH = 64;            // elements of k a stage: 128 bytes a row
  static constexpr int X_BYTES = ROWS * 128;
  static constexpr int STAGE = X_BYTES + COLUMNS * 128;
  static constexpr int PITCH = COLUMNS + 8;  // of sums
  static constexpr int OWNED = ROWS / SLICES;
  static constexpr int SHARE = OWNED * PITCH;  // of the sums, of one owner
  static constexpr int SHARE_BYTES = SHARE * static_cast<int>(sizeof(float));

  const SomeRows& of;
  const uint32_t stages;  // address of the first
  float* const sums;      // [SLICES, OWNED, PITCH], by owner
  float* const mail;      // the same, of the owned rows by slice; then a barrier
  const int slice;
  const int64_t row;     // first ones of the tile
  const int64_t column;
  const int first;  // stage of k
  const int steps;

  __device__ SomeRowsTile(const SomeRows& of, uint8_t* shared)
      : of(of),
        stages(shared_address(shared)),
        sums(reinterpret_cast<float*>(shared + STAGES * STAGE)),
        mail(sums + SLICES * SHARE),
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

  __device__ void run() const {
    float d[N / 2] = {};
    let_successor_begin();
    if (!of.ahead) wait_for_predecessor();
    for (int s = 0; s < STAGES; s++) fetch_w(s);
    if (SLICES > 1) {
      if (threadIdx.x == 0) {
        barrier_init(mailed(), 1);
        barriers_are_made();
        barrier_expect(mailed(), (SLICES - 1) * SHARE_BYTES);
      }
      __syncwarp();
      cluster_arrive();
    }
    wait_for_predecessor();
    for (int s = 0; s < STAGES; s++) fetch_x(s);
    if (FLAT && steps <= STAGES) {
      arrived<0>();
      products_begin();
#pragma unroll
      for (int s = 0; s < STAGES; s++) multiply(d, s);
      products_commit();
      products_wait<0>();
    } else {
      for (int s = 0; s < steps; s++) {
        arrived<STAGES - 1>();
        products_begin();
        multiply(d, s);
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
    if (SLICES > 1) {
      fence_for_products();
      cluster_wait();  // all have begun, and wait for mail
      __syncthreads();
      send();
      barrier_wait(mailed(), 0);
    } else {
      __syncthreads();
    }
    finish();
    // What is sent must stay until it has gone.
    if (SLICES > 1) asm volatile("cp.async.bulk.wait_group.read 0;" ::: "memory");
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

  __device__ __forceinline__ void multiply(float (&d)[N / 2], int step) const {
    const TileDescriptor a(stage(step), 0);
    const TileDescriptor b(stage(step) + X_BYTES + uniform(threadIdx.x / 128) * (N * 128), 0);
#pragma unroll
    for (int i = 0; i < DEPTH / 16; i++) {
      Products<N>::template shared<0, 0>(d, a.at(i * 32), b.at(i * 32), 1);
    }
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
      asm volatile(
          "cp.async.bulk.shared::cluster.shared::cta.mbarrier::complete_tx::bytes "
          "[%0], [%1], %2, [%3];" ::"r"(of_block(shared_address(mail + slice * SHARE), to)),
          "r"(shared_address(sums + to * SHARE)),
          "r"(SHARE_BYTES), "r"(of_block(mailed(), to))
          : "memory");
    }
    asm volatile("cp.async.bulk.commit_group;" ::: "memory");
  }

  __device__ __forceinline__ void finish() const {
    for (int i = threadIdx.x; i < OWNED * (COLUMNS / 4); i += THREADS) {
      const int r = i / (COLUMNS / 4);
      const int c = i % (COLUMNS / 4) * 4;
      float4 sum = make_float4(0.0f, 0.0f, 0.0f, 0.0f);
#pragma unroll
      for (int s = 0; s < SLICES; s++) {
        const float* from = s == slice ? sums + slice * SHARE : mail + s * SHARE;
        sum = sum + *reinterpret_cast<const float4*>(from + r * PITCH + c);
      }
      of.put(row + slice * OWNED + r, column + c, sum);
    }
  }
};

#endif
