// Operands of a product of some rows, and where its result goes.

#pragma once

#include "common/quad.cuh"

constexpr int MOST_PARTS = 4;

// As the host gives them, all of 64 bits. The result is one tensor, or lies in parts side by side,
// each with rows of its own.
struct SomeRows {
  const bf16* x;
  const bf16* w;
  const void* bias;
  int64_t m;
  int64_t n;
  int64_t k;
  int64_t half;     // whether bias and result are of BF16
  int64_t ahead;    // whether all but x may be read before the predecessor has ended
  int64_t vectors;  // whether all parts begin and end at four columns, and are aligned so
  int64_t parts;
  int64_t begin[MOST_PARTS + 1];  // first column of each part, and n
  void* out[MOST_PARTS];
  void* whole;  // the result once more in one piece, or null

  // Where x is still to be divided by the root of its mean square: that of row r is the mean of
  // `squared` sums of squares from r · squared on, and epsilon.
  const float* squares;  // or null
  int64_t squared;
  int64_t epsilon;  // bits of a float

  const uint8_t* soon;  // what a kernel behind reads, or null
  int64_t soon_bytes;

  __device__ __forceinline__ float scale(float square) const {
    return rsqrtf(square / k + __int_as_float(static_cast<int>(epsilon)));
  }

  // `ending` has the last word on sums, of four columns or of one.
  template <typename Ending, typename Item>
  __device__ __forceinline__ void put(const Ending& ending, Item& item, int64_t row,
                                      int64_t column, float4 v) const {
    if (row >= m || column >= n) return;
    if (vectors) {
      if (bias) v = v + load_quad(bias, column / 4, half);
      v = ending.four(item, row, v);
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
      const float last = ending.one(row, at, sum);
      store_one(out[p], row * width + at - begin[p], half, last);
      if (whole) store_one(whole, row * n + at, half, last);
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
