#pragma once

#include "causal_conv/conv.cuh"

template <typename T, int W, int V>
struct ConvForward {
  static constexpr int AHEAD = 8;  // inputs on their way at a time

  // y of a step that is not padding.
  __device__ __forceinline__ static void put(Channels<T, W, V>& of, const float (&x)[V], T* y,
                                             int64_t step) {
    float out[V];
#pragma unroll
    for (int v = 0; v < V; v++) {
      const float sum = of.weighted(x, v);
      out[v] = of.conv.silu ? sum * sigmoid<T>(sum) : sum;
    }
    of.write(y, step, out);
    of.push(x);
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
    for (int64_t first = from; first < to; first += AHEAD) {
      Pack<T, V> rows[AHEAD];
#pragma unroll
      for (int i = 0; i < AHEAD; i++) {
        rows[i] = first + i < to ? of.read(conv.x, first + i) : Pack<T, V>::zero();
      }
#pragma unroll
      for (int i = 0; i < AHEAD; i++) {
        const int64_t step = first + i;
        if (step >= to) break;
        float x[V];
        rows[i].floats(x);
        if (conv.segments) {
          const int32_t here = of.segment(step);
          if (here < 0) {
            const float zeros[V] = {};
            of.write(y, step, zeros);
            continue;
          }
          if (of.begins(here)) of.clear();
        }
        put(of, x, y, step);
      }
    }
  }

  // One step of decoding; the tail moves on.
  __device__ static void step(const Conv<T>& conv, float* tail, T* y) {
    const int64_t channel = (blockIdx.x * static_cast<int64_t>(THREADS) + threadIdx.x) * V;
    if (channel >= conv.channels) return;
    Channels<T, W, V> of(conv, channel, blockIdx.z);
    int sources[W - 1];
    of.look_back(0, sources);
    float x[V];
    of.read(conv.x, 0).floats(x);
    if (of.segment(0) < 0) {
      const float zeros[V] = {};
      of.write(y, 0, zeros);
      return;
    }
    put(of, x, y, 0);
    put_tail(of, tail);
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

#define CONV_FORWARD(T, NAME, W, V)                                                             \
  extern "C" __global__ void __launch_bounds__(THREADS)                                         \
      causal_conv_forward_##NAME##_##W##x##V(const __grid_constant__ Conv<T> conv, T* y) {      \
    ConvForward<T, W, V>::run(conv, y);                                                         \
  }                                                                                             \
  extern "C" __global__ void __launch_bounds__(THREADS)                                         \
      causal_conv_step_##NAME##_##W##x##V(const __grid_constant__ Conv<T> conv, float* tail,    \
                                          T* y) {                                               \
    ConvForward<T, W, V>::step(conv, tail, y);                                                  \
  }                                                                                             \
  extern "C" __global__ void __launch_bounds__(THREADS)                                         \
      causal_conv_tail_##NAME##_##W##x##V(const __grid_constant__ Conv<T> conv, float* tail,    \
                                          float* kept) {                                        \
    ConvForward<T, W, V>::advance_tail(conv, tail, kept);                                       \
  }
