#pragma once

#include "ssd/states.cuh"

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
