// A depthwise causal convolution, y_t = f(bias + Σ_k weight_k·x_{t−width+1+k}), channels last.
//
// A thread takes V neighbouring channels through some steps with the last inputs in registers. The
// threads of a warp are at the same step, so that what documents do there is the same for all.

#pragma once

#include <type_traits>

#include "common/activation.cuh"
#include "common/quad.cuh"

constexpr int ROW_THREADS = 32;    // of a block, side by side along the channels
constexpr int SLICE_THREADS = 4;   // and one after the other along the length
constexpr int THREADS = ROW_THREADS * SLICE_THREADS;

// Operands as the host gives them, all of 64 bits.
template <typename T>
struct Conv {
  const T* x;
  const float* weight;
  const float* bias;
  const float* tail;  // [batch, width − 1, channels]
  const int32_t* segments;
  int64_t length;
  int64_t channels;
  int64_t width;
  int64_t slice;  // steps a thread
  int64_t silu;
  int64_t reversed;
};

// Neighbouring elements as one load. They stay bits until they are needed: elements would be taken
// apart, and waited for, right behind the load.
template <typename T, int V>
struct Pack;

template <typename T>
struct Pack<T, 1> {
  T element;

  __device__ __forceinline__ static Pack zero() { return of({0.0f}); }

  __device__ __forceinline__ static Pack of(const float (&from)[1]) {
    Pack pack;
    store(&pack.element, from[0]);
    return pack;
  }

  __device__ __forceinline__ void floats(float (&to)[1]) const { to[0] = load(&element); }

  __device__ __forceinline__ static Pack stream(const T* from) { return {__ldcs(from)}; }

  __device__ __forceinline__ void put_stream(T* to) const { __stcs(to, element); }
};

template <typename T>
struct Pack<T, 4> {
  using Bits = std::conditional_t<sizeof(T) == 2, uint2, float4>;

  Bits bits;

  __device__ __forceinline__ static Pack zero() { return {}; }

  // What is read and written once does not push other things out of the cache.
  __device__ __forceinline__ static Pack stream(const T* from) {
    return {__ldcs(reinterpret_cast<const Bits*>(from))};
  }

  __device__ __forceinline__ void put_stream(T* to) const {
    __stcs(reinterpret_cast<Bits*>(to), bits);
  }

  __device__ __forceinline__ static Pack of(const float (&from)[4]) {
    const float4 four = make_float4(from[0], from[1], from[2], from[3]);
    if constexpr (sizeof(T) == 2) return {bits_of(four)};
    else return {four};
  }

  __device__ __forceinline__ void floats(float (&to)[4]) const {
    float4 four;
    if constexpr (sizeof(T) == 2) four = quad_of(bits);
    else four = bits;
    to[0] = four.x;
    to[1] = four.y;
    to[2] = four.z;
    to[3] = four.w;
  }
};

constexpr int NO_ROW = INT32_MIN;

// V channels of a row of the batch, and the last W − 1 inputs there, oldest first.
template <typename T, int W, int V>
struct Channels {
  const Conv<T>& conv;
  const int64_t channel;
  const int64_t batch;
  float weight[W][V];  // zeros before the real ones
  float bias[V];
  float history[W - 1][V];
  int32_t document = -1;

  __device__ Channels(const Conv<T>& conv, int64_t channel, int64_t batch)
      : conv(conv), channel(channel), batch(batch) {
    const int missing = W - static_cast<int>(conv.width);
    const bool vectors =
        W == 4 && missing == 0 && reinterpret_cast<uint64_t>(conv.weight) % 16 == 0;
#pragma unroll
    for (int v = 0; v < V; v++) {
      const float* from = conv.weight + (channel + v) * conv.width;
      if (vectors) {
        const float4 taps = *reinterpret_cast<const float4*>(from);
        weight[0][v] = taps.x;
        weight[1][v] = taps.y;
        weight[2][v] = taps.z;
        weight[3][v] = taps.w;
      } else {
#pragma unroll
        for (int k = 0; k < W; k++) weight[k][v] = k < missing ? 0.0f : from[k - missing];
      }
      bias[v] = conv.bias ? conv.bias[channel + v] : 0.0f;
    }
  }

  __device__ __forceinline__ int64_t row(int64_t step) const {
    return batch * conv.length + (conv.reversed ? conv.length - 1 - step : step);
  }

  __device__ __forceinline__ int64_t at(int64_t step) const {
    return row(step) * conv.channels + channel;
  }

  // Elements from a step to the next.
  __device__ __forceinline__ int64_t stride() const {
    return conv.reversed ? -conv.channels : conv.channels;
  }

  __device__ __forceinline__ int64_t tail_at(int64_t tail_row) const {
    return (batch * (conv.width - 1) + tail_row) * conv.channels + channel;
  }

  __device__ __forceinline__ Pack<T, V> read(const T* from, int64_t step) const {
    return *reinterpret_cast<const Pack<T, V>*>(from + at(step));
  }

  __device__ __forceinline__ void write(T* to, int64_t step, const float (&value)[V]) const {
    *reinterpret_cast<Pack<T, V>*>(to + at(step)) = Pack<T, V>::of(value);
  }

  __device__ __forceinline__ int32_t segment(int64_t step) const {
    return conv.segments ? conv.segments[row(step)] : 0;
  }

  __device__ __forceinline__ void clear() {
#pragma unroll
    for (int i = 0; i < W - 1; i++) {
#pragma unroll
      for (int v = 0; v < V; v++) history[i][v] = 0.0f;
    }
  }

  // Looks back from a step over padding, as far as its document or the tail goes. Sources are steps
  // relative to this one, or below −FROM_TAIL rows of the tail.
  static constexpr int FROM_TAIL = 1 << 30;

  __device__ __forceinline__ void look_back(int64_t step, int (&sources)[W - 1]) {
    clear();
    int64_t from = step;
    int64_t tail_row = conv.width - 1;
    bool ended = false;
#pragma unroll
    for (int i = W - 2; i >= 0; i--) {
      sources[i] = NO_ROW;
      if (ended || W - 1 - i >= conv.width) continue;
      from--;
      while (from >= 0 && segment(from) < 0) from--;
      if (from >= 0) {
        const int32_t here = segment(from);
        ended = document >= 0 && here != document;
        if (ended) continue;
        document = here;
        read(conv.x, from).floats(history[i]);
        sources[i] = static_cast<int>(max(from - step, static_cast<int64_t>(-FROM_TAIL / 2)));
      } else {
        tail_row--;
        sources[i] = -FROM_TAIL - static_cast<int>(tail_row);
        if (conv.tail) {
#pragma unroll
          for (int v = 0; v < V; v++) history[i][v] = conv.tail[tail_at(tail_row) + v];
        }
      }
    }
  }

  // Whether the document of a step, which is not padding, is another one than before.
  __device__ __forceinline__ bool begins(int32_t here) {
    const bool begins = document >= 0 && here != document;
    document = here;
    return begins;
  }

  __device__ __forceinline__ float weighted(const float (&x)[V], int v) const {
    float sum = bias[v];
#pragma unroll
    for (int k = 0; k < W - 1; k++) sum = fmaf(weight[k][v], history[k][v], sum);
    return fmaf(weight[W - 1][v], x[v], sum);
  }

  __device__ __forceinline__ void push(const float (&x)[V]) {
#pragma unroll
    for (int v = 0; v < V; v++) {
#pragma unroll
      for (int i = 0; i < W - 2; i++) history[i][v] = history[i + 1][v];
      history[W - 2][v] = x[v];
    }
  }
};
