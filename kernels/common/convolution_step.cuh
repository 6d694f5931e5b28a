// One step of a causal convolution with a product in front: whoever has the sum convolves it.

#pragma once

#include "common/activation.cuh"

// As the host gives it. Columns of the product from `first` on are its channels.
struct Convolution {
  const float* weight;  // [channels, width]
  const float* bias;    // [channels], or null
  float* tail;          // [rows, width − 1, channels], or null
  int64_t first;
  int64_t channels;
  int64_t width;
  int64_t silu;

  // Where an input before this one lies.
  __device__ __forceinline__ float* tail_at(int64_t row, int64_t i, int64_t channel) const {
    return tail + (row * (width - 1) + i) * channels + channel;
  }
};

// A channel of a row, of up to W taps.
template <int W>
struct ConvolvedChannel {
  float start;
  float taps[W];         // zeros before the real ones
  float history[W - 1];  // inputs before this one, likewise

  __device__ __forceinline__ static int missing(const Convolution& conv) {
    return W - static_cast<int>(conv.width);
  }

  __device__ __forceinline__ void load(const Convolution& conv, int64_t row, int64_t channel) {
    const int none = missing(conv);
    start = conv.bias ? conv.bias[channel] : 0.0f;
#pragma unroll
    for (int i = 0; i < W; i++) {
      taps[i] = i < none ? 0.0f : conv.weight[channel * conv.width + i - none];
      if (i == W - 1) continue;
      history[i] = i < none || !conv.tail ? 0.0f : *conv.tail_at(row, i - none, channel);
    }
  }

  // What the channel gives; `now` becomes the last of the history.
  __device__ __forceinline__ float step(const Convolution& conv, float now) {
    float y = start;
#pragma unroll
    for (int i = 0; i < W - 1; i++) {
      y = fmaf(taps[i], history[i], y);
      history[i] = i + 1 < W - 1 ? history[i + 1] : now;
    }
    y = fmaf(taps[W - 1], now, y);
    return conv.silu ? y * sigmoid<bf16>(y) : y;
  }

  __device__ __forceinline__ void put_history(const Convolution& conv, int64_t row,
                                              int64_t channel) const {
    const int none = missing(conv);
#pragma unroll
    for (int i = 0; i < W - 1; i++) {
      if (conv.tail && i >= none) *conv.tail_at(row, i - none, channel) = history[i];
    }
  }
};
