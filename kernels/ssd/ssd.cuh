// What the passes of the recurrence of Mamba-2 share.
//
//   Δ_t = softplus(delta_t + bias), bounded      s_t = Σ Δ·A from the chunk's begin to t
//   h_t = exp(Δ_t·A)·h_{t−1} + Δ_t·x_t·B_tᵀ      y_t = h_t·C_t + skip·x_t
//
// Rows are cut into chunks. States are taken from chunk to chunk one after the other, a tile of
// [64 channels, 64 states] a block; what happens in a chunk is products of matrices, and all chunks
// are computed at once. Channels of a head beyond 64 count as heads of their own with the same
// decays. Documents need no care but in the decays: a document's first step forgets all.

#pragma once

#include "common/activation.cuh"
#include "ssd/panels.cuh"

// Exponent of a decay of which nothing remains, as where a document forgets the one before.
constexpr double FORGET = -256.0;

// Step size that marks padding and what lies behind the end.
constexpr float PADDING = -1.0f;

// A sum of exponents in units of ln 2. Differences of such are decays: F32 keeps what its float
// rounds away as well. BF16 does without, for which no exponent is below FORGET.
template <int P>
struct Exponent {
  float value;
};
template <>
struct __align__(8) Exponent<2> {
  float value;
  float rest;
};

constexpr int TILE_ELEMENTS = PANEL * PANEL;

// All that kernels are told; numbers first, then places. VECTORS tells that eight elements can be
// loaded at once everywhere; kernels of F32 look.
template <typename T, bool VECTORS = true>
struct Call {
  int64_t batch, length, heads, head_dim, groups, states;
  int64_t chunk;           // positions of a chunk, a multiple of 64
  int64_t chunks;          // of a row
  int64_t head_tiles;      // tiles of 64 channels a head
  int64_t state_tiles;     // tiles of 64 states
  int64_t segments;        // runs of chunks whose states are found at once
  int64_t segment_chunks;  // chunks of a segment
  int64_t block_heads;     // heads of one group that a block takes one after the other
  int64_t group_blocks;    // such blocks a group
  int64_t aligned;         // whether eight elements can be loaded at once everywhere

  const T* xbc;
  const T* delta;
  const float* a_log;
  const float* skip;
  const float* bias;
  const int32_t* documents;
  const float* state_in;
  float* state_out;
  T* y;

  // Of each position, [batch, chunks, heads, chunk]:
  float* steps;              // Δ
  Exponent<PLANES<T>>* sums;  // s, −∞ at padding
  Exponent<PLANES<T>>* keys;  // s less the exponent of Δ, ∞ at padding
  float* to_end;             // Δ times the decay to the end of its 64 positions
  float* from_begin;         // decay from the begin of its 64 positions, 0 at padding
  float* spans;              // exponents of 64 positions, [batch, chunks, heads, chunk / 64]
  bf16* before;          // states before chunks, [batch, chunks, heads·head_tiles, state_tiles] tiles
  float* carried;        // states between segments, as tiles of sums
  float* segment_decay;  // [batch, segments, heads]

  const T* grad_y;
  T* grad_xbc;
  T* grad_delta;
  float* grad_a_log;
  float* grad_skip;
  float* grad_bias;
  bf16* after;         // gradients of states behind chunks, laid out as `before`
  float* flow;         // Σ before·after: [batch, chunks, heads·head_tiles, state_tiles, 4 warps]
  float* grad_scores;  // of B·Cᵀ, [batch, chunks, groups, group_blocks] tiles
  float* of_rows;      // [batch, chunks, heads·head_tiles, 3, chunk]
  float* from_states;  // [batch, chunks, heads·head_tiles, state_tiles, chunk]
  float* skips;        // [batch, chunks, heads·head_tiles]
  float* of_heads;     // [3, heads, batch·chunks]
  bf16* scores;        // C·Bᵀ of 64 positions, [batch, chunks, groups] tiles
  uint4* maps;         // of xbc and y for the copy engine, 128 bytes each

  __device__ bool vectors() const { return PLANES<T> == 1 ? VECTORS : aligned != 0; }
  __device__ int64_t inner() const { return heads * head_dim; }
  __device__ int64_t width() const { return inner() + 2 * groups * states; }
  __device__ int64_t tiled_heads() const { return heads * head_tiles; }

  // A tile's head, and where its channels begin in it. Most heads are one tile, and dividing is slow.
  __device__ int64_t head_of(int64_t tiled_head) const {
    return head_tiles == 1 ? tiled_head : tiled_head / head_tiles;
  }
  __device__ int64_t channel_of(int64_t tiled_head) const {
    return head_tiles == 1 ? 0 : tiled_head % head_tiles * PANEL;
  }
  // Column of x of a head's tile, and how many of its channels are there.
  __device__ int64_t column(int64_t tiled_head) const {
    return head_of(tiled_head) * head_dim + channel_of(tiled_head);
  }
  __device__ int channels(int64_t tiled_head) const {
    return min(static_cast<int>(head_dim - channel_of(tiled_head)), PANEL);
  }
  // Chunks are of 64 or 128 positions.
  __device__ int64_t chunk_of(int64_t tile) const { return chunk == PANEL ? tile : tile >> 1; }
  __device__ int64_t in_chunk(int64_t tile) const { return chunk == PANEL ? 0 : tile & 1; }
  __device__ int64_t chunk_tiles() const { return chunk == PANEL ? 1 : 2; }
  __device__ int64_t column_b(int64_t group) const { return inner() + group * states; }
  __device__ int64_t column_c(int64_t group) const { return inner() + (groups + group) * states; }
  __device__ int64_t group(int64_t head) const { return head / (heads / groups); }

  // Index of a chunk's part in what has one a head.
  __device__ int64_t of_head(int64_t b, int64_t c, int64_t head) const {
    return (b * chunks + c) * heads + head;
  }
  __device__ int64_t of_tiled_head(int64_t b, int64_t c, int64_t tiled_head) const {
    return (b * chunks + c) * tiled_heads() + tiled_head;
  }
  // Where a tile of states begins in `before` and `after`.
  __device__ int64_t tile(int64_t b, int64_t c, int64_t tiled_head, int64_t state_tile) const {
    return (of_tiled_head(b, c, tiled_head) * state_tiles + state_tile) * PLANES<T> *
           TILE_ELEMENTS;
  }
};

// 2^(to − from).
__device__ __forceinline__ float decay(Exponent<1> from, Exponent<1> to) {
  return exp2_approx(to.value - from.value);
}
__device__ __forceinline__ float decay(Exponent<2> from, Exponent<2> to) {
  return exp2_approx((to.value - from.value) + (to.rest - from.rest));
}

// Fetches a tile of states.
template <int P, int THREADS>
__device__ __forceinline__ void fetch_tile(Panel panel, const bf16* tile) {
#pragma unroll
  for (int p = 0; p < P; p++) {
    fetch_rows<PANEL, THREADS>(Panel{panel.at + p * panel.plane_bytes, 0},
                               tile + p * TILE_ELEMENTS, PANEL, PANEL, PANEL, true);
  }
}

// For each of some positions, a multiple of 32: 0 goes on, 1 begins another document, 2 is padding
// or lies behind the end. For one warp.
__device__ __forceinline__ void mark_documents(const int32_t* documents, int64_t row,
                                               int64_t length, int64_t start, int positions,
                                               int* marks) {
  const int lane = threadIdx.x & 31;
  int32_t last = -1;
  for (int64_t t = start; t > 0 && last < 0 && documents;) {
    t -= 32;
    const int32_t here = t + lane >= 0 ? documents[row + t + lane] : -1;
    const unsigned there = __ballot_sync(0xffffffffu, here >= 0);
    const int32_t newest = __shfl_sync(0xffffffffu, here, there ? 31 - __clz(there) : 0);
    if (there) last = newest;
  }
  for (int at = 0; at < positions; at += 32) {
    const int64_t t = start + at + lane;
    const int32_t here = t >= length ? -1 : documents ? documents[row + t] : 0;
    const unsigned there = __ballot_sync(0xffffffffu, here >= 0);
    const unsigned earlier = there & ((1u << lane) - 1u);
    const int32_t previous = __shfl_sync(0xffffffffu, here, earlier ? 31 - __clz(earlier) : 0);
    const int32_t preceding = earlier ? previous : last;
    marks[at + lane] = here < 0 ? 2 : (preceding >= 0 && preceding != here ? 1 : 0);
    const int32_t newest = __shfl_sync(0xffffffffu, here, there ? 31 - __clz(there) : 0);
    if (there) last = newest;
  }
}

// A lane's two neighbouring sums of each row and 8 columns of a tile, of which lane l has rows l/4
// and l/4 + 8.
__device__ __forceinline__ int row_of(int half) { return ((threadIdx.x & 31) >> 2) + 8 * half; }
__device__ __forceinline__ int column_of(int eight) { return 8 * eight + 2 * (threadIdx.x & 3); }

// Sum over the four lanes that share a row.
__device__ __forceinline__ float sum_of_row(float value) {
  value += __shfl_xor_sync(0xffffffffu, value, 1);
  return value + __shfl_xor_sync(0xffffffffu, value, 2);
}
