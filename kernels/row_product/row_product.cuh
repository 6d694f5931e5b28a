// Products of a single row with a matrix, out[n] = x[k]·W[n, k]ᵀ in BF16, as decoding of one
// sequence needs them, in one launch with what makes x or with what follows: there a launch takes
// longer than the work in it.
//
// A warp takes ROWS neighbouring rows of W; `slices` warps of a block share these and split k. What
// W they need first is on its way before the predecessor has ended.

#pragma once

#include "common/activation.cuh"
#include "common/quad.cuh"

namespace row_product {

constexpr int WARPS = 8;
constexpr int THREADS = WARPS * 32;
constexpr int ROWS = 8;
constexpr int VECTOR = 8;  // elements of 16 bytes
constexpr int STEP = 32;   // elements of k that a warp multiplies at a time

// D += A·B with A 16 × 16, whose first row is that of x, and B 16 × 8, of rows of W.
__device__ __forceinline__ void multiply_add(float (&d)[4], uint32_t a0, uint32_t a2, uint32_t b0,
                                             uint32_t b1) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, "
      "{%8,%9}, {%0,%1,%2,%3};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a0), "r"(0), "r"(a2), "r"(0), "r"(b0), "r"(b1));
}

__device__ __forceinline__ uint4 read_once(const bf16* p) {
  uint4 v;
  asm volatile("ld.global.nc.L1::no_allocate.v4.u32 {%0,%1,%2,%3}, [%4];"
               : "=r"(v.x), "=r"(v.y), "=r"(v.z), "=r"(v.w)
               : "l"(p));
  return v;
}

// Eight elements, or those that are left; one by one where they need not lie at 16 bytes.
template <bool VECTORS>
__device__ __forceinline__ uint4 read(const bf16* p, int left) {
  if constexpr (VECTORS) {
    return *reinterpret_cast<const uint4*>(p);
  } else {
    alignas(16) bf16 v[VECTOR];
#pragma unroll
    for (int e = 0; e < VECTOR; e++) v[e] = e < left ? p[e] : __float2bfloat16(0.0f);
    return *reinterpret_cast<const uint4*>(v);
  }
}

__device__ __forceinline__ void unpack(uint4 bits, float (&v)[VECTOR]) {
  const float4 low = quad_of(make_uint2(bits.x, bits.y));
  const float4 high = quad_of(make_uint2(bits.z, bits.w));
  v[0] = low.x, v[1] = low.y, v[2] = low.z, v[3] = low.w;
  v[4] = high.x, v[5] = high.y, v[6] = high.z, v[7] = high.w;
}

__device__ __forceinline__ uint4 pack(const float (&v)[VECTOR]) {
  const uint2 low = bits_of(make_float4(v[0], v[1], v[2], v[3]));
  const uint2 high = bits_of(make_float4(v[4], v[5], v[6], v[7]));
  return make_uint4(low.x, low.y, high.x, high.y);
}

// VECTORS tells that x and the rows of W can be read 16 bytes at a time.
//
// Row:  ahead(at, left)           reads parameters that eight elements of x from `at` need, of which
//                                 there may be fewer left,
//       eight(at, left, squares)  those elements; adds to the squares that `scale` wants,
//       scale(squares)            a factor of all of x, by the sum of the squares of all lanes.
// Out:  ahead(column)  reads parameters of a column of out,
//       arrived()      reads what predecessors wrote,
//       put(sum)       takes the column's sum.
// An Out is asked for one column by the lanes that have one.
template <int AHEAD, bool VECTORS, typename Row, typename Out>
__device__ __forceinline__ void run(Row& row, Out& out, const bf16* w, int slices, int n, int k) {
  constexpr int MAKERS = AHEAD * STEP / VECTOR;
  static_assert(MAKERS <= 32, "a lane makes one vector of x at a time");
  __shared__ uint4 made[WARPS][MAKERS];
  __shared__ float sums[WARPS][ROWS + 1];
  const uint4 zero = make_uint4(0, 0, 0, 0);
  const int warp = threadIdx.x / 32;
  const int lane = threadIdx.x % 32;
  const int slice = warp % slices;
  const int tile = blockIdx.x * (WARPS / slices) + warp / slices;
  const int column = tile * ROWS + lane;
  const bool puts = slice == 0 && lane < ROWS && column < n;
  const int steps = (k + STEP - 1) / STEP;
  const int last = min(steps * (slice + 1) / slices * STEP, k);
  int first = steps * slice / slices * STEP;
  const int w_row = min(tile * ROWS + lane / 4, n - 1);
  const bf16* w_at = w + static_cast<int64_t>(w_row) * k;
  auto fetch = [&](uint4(&to)[AHEAD]) {
#pragma unroll
    for (int s = 0; s < AHEAD; s++) {
      const int at = first + s * STEP + lane % 4 * VECTOR;
      to[s] = at >= last ? zero : VECTORS ? read_once(w_at + at) : read<false>(w_at + at, last - at);
    }
  };
  auto prepare = [&] {
    const int at = first + lane * VECTOR;
    if (lane < MAKERS && at < last) row.ahead(at, last - at);
  };

  let_successor_begin();
  uint4 b[AHEAD];
  fetch(b);
  prepare();
  if (puts) out.ahead(column);
  wait_for_predecessor();
  if (puts) out.arrived();
  float even[4] = {};
  float odd[4] = {};
  float squares = 0.0f;
  while (true) {
    if (lane < MAKERS) {
      const int at = first + lane * VECTOR;
      made[warp][lane] = at < last ? row.eight(at, last - at, squares) : zero;
    }
    __syncwarp();
#pragma unroll
    for (int s = 0; s < AHEAD; s++) {
      const uint4 a = lane < 4 ? made[warp][s * 4 + lane] : zero;
      multiply_add(even, a.x, a.y, b[s].x, b[s].y);
      multiply_add(odd, a.z, a.w, b[s].z, b[s].w);
    }
    first += AHEAD * STEP;
    if (first >= last) break;
    fetch(b);
    prepare();
    __syncwarp();
  }
#pragma unroll
  for (int lanes = 16; Row::SCALED && lanes > 0; lanes >>= 1) {
    squares += __shfl_xor_sync(0xffffffffu, squares, lanes);
  }
  if (lane < 4) {
    sums[warp][lane * 2] = even[0] + odd[0];
    sums[warp][lane * 2 + 1] = even[1] + odd[1];
  }
  if (lane == 4) sums[warp][ROWS] = squares;
  __syncthreads();
  if (!puts) return;
  float sum = 0.0f;
  squares = 0.0f;
  for (int other = warp; other < warp + slices; other++) {
    sum += sums[other][lane];
    squares += sums[other][ROWS];
  }
  out.put(Row::SCALED ? sum * row.scale(squares) : sum);
}

// A row as it is.
template <bool VECTORS>
struct Given {
  static constexpr bool SCALED = false;
  const bf16* x;

  __device__ void ahead(int, int) {}
  __device__ __forceinline__ uint4 eight(int at, int left, float&) const {
    return read<VECTORS>(x + at, left);
  }
  __device__ float scale(float) const { return 1.0f; }
};

// Sums as they are.
struct Stored {
  bf16* out;
  int column;

  __device__ void ahead(int of) { column = of; }
  __device__ void arrived() {}
  __device__ void put(float sum) const { out[column] = __float2bfloat16(sum); }
};

}  // namespace row_product
