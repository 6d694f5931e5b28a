#pragma once

#include "causal_conv/conv.cuh"

template <typename T, int W, int V>
struct ConvForward {
  static constexpr int AHEAD = 4;  // rows on their way, where no documents are

  using Row = Pack<T, V>;

  // y of a step that is not padding.
  __device__ __forceinline__ static Row next(Channels<T, W, V>& of, const Row& row) {
    float x[V];
    float out[V];
    row.floats(x);
#pragma unroll
    for (int v = 0; v < V; v++) {
      const float sum = of.weighted(x, v);
      const float factor = sigmoid<T>(sum);
      out[v] = of.conv.silu ? sum * factor : sum;
    }
    of.push(x);
    return Row::of(out);
  }

  // Rows of inputs that arrive while those before are worked on.
  __device__ __forceinline__ static void fetch(Row (&rows)[AHEAD], const T* from, int64_t stride,
                                               int64_t left) {
#pragma unroll
    for (int i = 0; i < AHEAD; i++) {
      rows[i] = i < left ? Row::stream(from + i * stride) : Row::zero();
    }
  }

  __device__ __forceinline__ static void stream(Channels<T, W, V>& of, T* y, int64_t first,
                                                int64_t to) {
    const int64_t stride = of.stride();
    const T* x_at = of.conv.x + of.at(first);
    T* y_at = y + of.at(first);
    Row coming[AHEAD];
    fetch(coming, x_at, stride, to - first);
    for (int64_t left = to - first; left > 0; left -= AHEAD) {
      Row rows[AHEAD];
#pragma unroll
      for (int i = 0; i < AHEAD; i++) rows[i] = coming[i];
      x_at += AHEAD * stride;
      fetch(coming, x_at, stride, left - AHEAD);
#pragma unroll
      for (int i = 0; i < AHEAD; i++) {
        const Row out = next(of, rows[i]);
        if (i < left) out.put_stream(y_at);
        y_at += stride;
      }
    }
  }

  __device__ __forceinline__ static void packed(Channels<T, W, V>& of, T* y, int64_t from,
                                                int64_t to) {
    for (int64_t step = from; step < to; step++) {
      const int32_t here = of.segment(step);
      Row out = Row::zero();
      if (here >= 0) {
        if (of.begins(here)) of.clear();
        out = next(of, of.read(of.conv.x, step));
      }
      *reinterpret_cast<Row*>(y + of.at(step)) = out;
    }
  }

  __device__ static void run(const Conv<T>& conv, T* y) {
    const int64_t vector = blockIdx.x * static_cast<int64_t>(ROW_THREADS) + threadIdx.x % 32;
    const int64_t slice = blockIdx.y * static_cast<int64_t>(SLICE_THREADS) + threadIdx.x / 32;
    const int64_t from = slice * conv.slice;
    const int64_t to = min(conv.length, from + conv.slice);
    if (vector * V >= conv.channels || from >= to) return;
    Channels<T, W, V> of(conv, vector * V, blockIdx.z);
    int sources[W - 1];
    of.look_back(from, sources);
    if (conv.segments) {
      packed(of, y, from, to);
    } else {
      stream(of, y, from, to);
    }
  }

  // One step of decoding; the tail moves on. `ahead` tells that all but x may be read before the
  // predecessor has ended.
  __device__ static void step(const Conv<T>& conv, float* tail, T* y, int ahead) {
    let_successor_begin();
    if (!ahead) wait_for_predecessor();
    const int64_t channel = (blockIdx.x * static_cast<int64_t>(THREADS) + threadIdx.x) * V;
    if (channel >= conv.channels) {
      wait_for_predecessor();
      return;
    }
    Channels<T, W, V> of(conv, channel, blockIdx.z);
    int sources[W - 1];
    of.look_back(0, sources);
    const bool there = of.segment(0) >= 0;
    wait_for_predecessor();
    const Row out = there ? next(of, of.read(conv.x, 0)) : Row::zero();
    *reinterpret_cast<Row*>(y + of.at(0)) = out;
    if (there) put_tail(of, tail);
  }

  __device__ static void put_tail(const Channels<T, W, V>& of, float* tail) {
#pragma unroll
    for (int i = 0; i < W - 1; i++) {
      const int64_t row = of.conv.width - W + i;
      if (tail && row >= 0) {
#pragma unroll
        for (int v = 0; v < V; v++) tail[of.tail_at(row) + v] = of.history[i][v];
      }
    }
  }

  // Overwrites the tail by what lies before the next input, and keeps what came in if asked to.
  __device__ static void advance_tail(const Conv<T>& conv, float* tail, float* kept) {
    const int64_t channel = (blockIdx.x * static_cast<int64_t>(THREADS) + threadIdx.x) * V;
    if (channel >= conv.channels) return;
    Channels<T, W, V> of(conv, channel, blockIdx.z);
    for (int64_t row = 0; kept && row < conv.width - 1; row++) {
#pragma unroll
      for (int v = 0; v < V; v++) kept[of.tail_at(row) + v] = tail[of.tail_at(row) + v];
    }
    int sources[W - 1];
    of.look_back(conv.length, sources);
    put_tail(of, tail);
  }
};

#define CONV_FORWARD(T, NAME, W, V)                                                          \
  extern "C" __global__ void __launch_bounds__(THREADS, 7)                                   \
      causal_conv_forward_##NAME##_##W##x##V(const __grid_constant__ Conv<T> conv, T* y) {   \
    ConvForward<T, W, V>::run(conv, y);                                                      \
  }                                                                                          \
  extern "C" __global__ void __launch_bounds__(THREADS)                                      \
      causal_conv_step_##NAME##_##W##x##V(const __grid_constant__ Conv<T> conv, float* tail, \
                                          T* y, int ahead) {                                 \
    ConvForward<T, W, V>::step(conv, tail, y, ahead);                                        \
  }                                                                                          \
  extern "C" __global__ void __launch_bounds__(THREADS)                                      \
      causal_conv_tail_##NAME##_##W##x##V(const __grid_constant__ Conv<T> conv, float* tail, \
                                          float* kept) {                                     \
    ConvForward<T, W, V>::advance_tail(conv, tail, kept);                                    \
  }
