// What a product of some rows does with its sums before it stores them.
//
// Item:               what four columns of a row need beside their sums,
// expect(row, column) begins to bring that from memory,
// load(row, column)   is it, to be read when that has come,
// four(item, row, v)  the four results; one(row, column, v) where columns do not lie in fours,
// end(item, ...)      is asked for all items by whole warps.

#pragma once

#include "common/convolution_step.cuh"
#include "common/quad.cuh"

// Sums as they are.
struct Stored {
  struct Item {};

  __device__ __forceinline__ void expect(int64_t, int64_t) const {}
  __device__ __forceinline__ Item load(int64_t, int64_t) const { return {}; }
  __device__ __forceinline__ float4 four(Item&, int64_t, float4 v) const { return v; }
  __device__ __forceinline__ float one(int64_t, int64_t, float v) const { return v; }
  __device__ __forceinline__ void end(const Item&, int64_t, int64_t, int64_t) const {}
};

__device__ __forceinline__ void into_cache(const void* p) {
  asm volatile("prefetch.global.L2 [%0];" ::"l"(p));
}

// Some columns go through a step of a convolution of up to four taps, in BF16.
struct Convolved {
  static constexpr int W = 4;

  struct Item {
    int64_t channel;  // the first of four; negative beside the convolution
    ConvolvedChannel<W> each[4];
  };

  const Convolution& conv;

  __device__ __forceinline__ void expect(int64_t row, int64_t column) const {
    const int64_t channel = channel_of(column);
    if (channel < 0) return;
    for (int64_t i = 0; conv.tail && i < conv.width - 1; i++) {
      into_cache(conv.tail_at(row, i, channel));
    }
    into_cache(conv.weight + channel * conv.width);
    into_cache(conv.weight + (channel + 4) * conv.width - 1);
    if (conv.bias) into_cache(conv.bias + channel);
  }

  __device__ __forceinline__ Item load(int64_t row, int64_t column) const {
    Item item;
    item.channel = channel_of(column);
    if (item.channel < 0) return item;
    if (conv.width == W && conv.tail) {
      load_fours(item, row);
    } else {
#pragma unroll
      for (int i = 0; i < 4; i++) item.each[i].load(conv, row, item.channel + i);
    }
    return item;
  }

  __device__ __forceinline__ float4 four(Item& item, int64_t row, float4 v) const {
    if (item.channel < 0) return v;
    const float4 x = quad_of(bits_of(v));
    const float4 y = make_float4(item.each[0].step(conv, x.x), item.each[1].step(conv, x.y),
                                 item.each[2].step(conv, x.z), item.each[3].step(conv, x.w));
    if (conv.width == W && conv.tail) {
#pragma unroll
      for (int i = 0; i < W - 1; i++) {
        *reinterpret_cast<float4*>(conv.tail_at(row, i, item.channel)) = history(item, i);
      }
    } else {
#pragma unroll
      for (int i = 0; i < 4; i++) item.each[i].put_history(conv, row, item.channel + i);
    }
    return y;
  }

  __device__ __forceinline__ float one(int64_t row, int64_t column, float v) const {
    const int64_t channel = channel_of(column);
    if (channel < 0) return v;
    ConvolvedChannel<W> state;
    state.load(conv, row, channel);
    const float y = state.step(conv, __bfloat162float(__float2bfloat16(v)));
    state.put_history(conv, row, channel);
    return y;
  }

  __device__ __forceinline__ void end(const Item&, int64_t, int64_t, int64_t) const {}

 private:
  __device__ __forceinline__ int64_t channel_of(int64_t column) const {
    const int64_t channel = column - conv.first;
    return channel < conv.channels ? channel : -1;
  }

  __device__ __forceinline__ static float4 history(const Item& item, int i) {
    return make_float4(item.each[0].history[i], item.each[1].history[i], item.each[2].history[i],
                       item.each[3].history[i]);
  }

  __device__ __forceinline__ void load_fours(Item& item, int64_t row) const {
    const float4* taps = reinterpret_cast<const float4*>(conv.weight + item.channel * W);
    const float4 start = conv.bias ? load_quad(conv.bias, item.channel / 4, false)
                                   : make_float4(0.0f, 0.0f, 0.0f, 0.0f);
    const float starts[4] = {start.x, start.y, start.z, start.w};
#pragma unroll
    for (int i = 0; i < 4; i++) {
      const float4 four = taps[i];
      item.each[i].start = starts[i];
      item.each[i].taps[0] = four.x, item.each[i].taps[1] = four.y;
      item.each[i].taps[2] = four.z, item.each[i].taps[3] = four.w;
    }
#pragma unroll
    for (int i = 0; i < W - 1; i++) {
      const float4 past = *reinterpret_cast<const float4*>(conv.tail_at(row, i, item.channel));
      item.each[0].history[i] = past.x, item.each[1].history[i] = past.y;
      item.each[2].history[i] = past.z, item.each[3].history[i] = past.w;
    }
  }
};

// An RMS norm behind a product, as the host gives it: s = stream + product goes to `sum`, and
// s·weight is the result. The factor of a row is left to who reads that, for whom the squares of each
// tile of 32 columns are summed.
struct NormBehind {
  const float* stream;
  const float* weight;  // or null
  float* sum;
  float* squares;  // [rows, tiles]
  int64_t tiles;
};

struct Added {
  static constexpr int TILE = 32;

  struct Item {
    float4 stream;
    float4 weight;
    float squares = 0.0f;
    int64_t quad;
  };

  const NormBehind& norm;
  const int64_t n;

  __device__ __forceinline__ void expect(int64_t row, int64_t column) const {
    into_cache(norm.stream + row * n + column);
    if (norm.weight) into_cache(norm.weight + column);
  }

  __device__ __forceinline__ Item load(int64_t row, int64_t column) const {
    Item item;
    item.quad = (row * n + column) / 4;
    item.stream = load_quad(norm.stream, item.quad, false);
    item.weight = norm.weight ? load_quad(norm.weight, column / 4, false)
                              : make_float4(1.0f, 1.0f, 1.0f, 1.0f);
    return item;
  }

  __device__ __forceinline__ float4 four(Item& item, int64_t, float4 v) const {
    const float4 s = item.stream + v;
    store_quad(norm.sum, item.quad, false, s);
    item.squares = total(s * s);
    return s * item.weight;
  }

  // Nobody asks: columns lie in fours where there is a norm behind.
  __device__ __forceinline__ float one(int64_t, int64_t, float v) const { return v; }

  // The eight quads of a row are neighbouring lanes'.
  __device__ __forceinline__ void end(const Item& item, int64_t row, int64_t column,
                                      int64_t rows) const {
    float squares = item.squares;
    __syncwarp();
#pragma unroll
    for (int lanes = TILE / 8; lanes > 0; lanes >>= 1) {
      squares += __shfl_xor_sync(0xffffffffu, squares, lanes);
    }
    if (column % TILE == 0 && row < rows) norm.squares[row * norm.tiles + column / TILE] = squares;
  }
};
