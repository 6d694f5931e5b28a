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

// D += A·B with A 16 × 16, whose first eight rows are all x, and B 16 × 8, of rows of W.
__device__ __forceinline__ void multiply_add(float (&d)[4], uint32_t a0, uint32_t a2, uint32_t b0,
                                             uint32_t b1) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, "
      "{%8,%9}, {%0,%1,%2,%3};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a0), "r"(0), "r"(a2), "r"(0), "r"(b0), "r"(b1));
}

// Not by way of the read-only cache: such loads may be moved behind a wait.
__device__ __forceinline__ uint4 read_once(const bf16* p) {
  uint4 v;
  asm volatile("ld.global.L1::no_allocate.v4.u32 {%0,%1,%2,%3}, [%4];"
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
// Out:  ahead(column)  reads what a column of out needs beside its sum,
//       put(sum)       takes the sum.
// An Out is asked for one column by the lanes that have one. `ahead` tells that all of this but the
// row may be read before the predecessor has ended.
template <int AHEAD, bool VECTORS, typename Row, typename Out>
__device__ __forceinline__ void run(Row& row, Out& out, const bf16* w, int ahead, int slices, int n,
                                    int k) {
  constexpr int CHAINS = AHEAD > 4 ? 4 : 2;  // of products that wait for each other
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
  if (!ahead) wait_for_predecessor();
  uint4 b[AHEAD];
  fetch(b);
  prepare();
  if (puts) out.ahead(column);
  wait_for_predecessor();
  float d[CHAINS][4] = {};
  float squares = 0.0f;
  while (true) {
    if (lane < MAKERS) {
      const int at = first + lane * VECTOR;
      made[warp][lane] = at < last ? row.eight(at, last - at, squares) : zero;
    }
    __syncwarp();
#pragma unroll
    for (int s = 0; s < AHEAD; s++) {
      const uint4 a = made[warp][s * 4 + lane % 4];
      multiply_add(d[2 * s % CHAINS], a.x, a.y, b[s].x, b[s].y);
      multiply_add(d[(2 * s + 1) % CHAINS], a.z, a.w, b[s].z, b[s].w);
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
#pragma unroll
    for (int i = 0; i < 2; i++) {
      float sum = d[0][i];
#pragma unroll
      for (int chain = 1; chain < CHAINS; chain++) sum += d[chain][i];
      sums[warp][lane * 2 + i] = sum;
    }
  }
  if (lane == 4) sums[warp][ROWS] = squares;
  __syncthreads();
  if (!puts) return;
  float sum = 0.0f;
  squares = 0.0f;
#pragma unroll
  for (int other = 0; other < WARPS; other++) {
    if (other >= slices) continue;
    sum += sums[warp + other][lane];
    if (Row::SCALED) squares += sums[warp + other][ROWS];
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

// An RMS norm that is told by what it is made of, as the host gives it.
struct RowNorm {
  const float* stream;
  const void* branch;
  const float* weight;
  float* sum;
  int64_t half_branch;
  int64_t epsilon;  // bits of a float
};

// Eight elements of F32, or those that are left.
template <bool VECTORS>
__device__ __forceinline__ void read(const float* p, int left, float (&v)[VECTOR]) {
  if constexpr (VECTORS) {
    const float4 low = reinterpret_cast<const float4*>(p)[0];
    const float4 high = reinterpret_cast<const float4*>(p)[1];
    v[0] = low.x, v[1] = low.y, v[2] = low.z, v[3] = low.w;
    v[4] = high.x, v[5] = high.y, v[6] = high.z, v[7] = high.w;
  } else {
#pragma unroll
    for (int e = 0; e < VECTOR; e++) v[e] = e < left ? p[e] : 0.0f;
  }
}

template <bool VECTORS>
__device__ __forceinline__ void write(float* p, int left, const float (&v)[VECTOR]) {
  if constexpr (VECTORS) {
    reinterpret_cast<float4*>(p)[0] = make_float4(v[0], v[1], v[2], v[3]);
    reinterpret_cast<float4*>(p)[1] = make_float4(v[4], v[5], v[6], v[7]);
  } else {
#pragma unroll
    for (int e = 0; e < VECTOR; e++) {
      if (e < left) p[e] = v[e];
    }
  }
}

// The norm of a row, whose factor is multiplied in behind the product, when all squares are known.
// The first tile writes the sum of stream and branch.
template <bool VECTORS>
struct Normed {
  static constexpr bool SCALED = true;
  const RowNorm& norm;
  const int k;
  const bool writes;
  float weights[VECTOR];

  __device__ __forceinline__ Normed(const RowNorm& norm, int slices, int k)
      : norm(norm), k(k), writes(norm.sum && blockIdx.x == 0 && threadIdx.x / 32 < slices) {}

  __device__ __forceinline__ void ahead(int at, int left) {
    if (norm.weight) {
      read<VECTORS>(norm.weight + at, left, weights);
    } else {
#pragma unroll
      for (int e = 0; e < VECTOR; e++) weights[e] = 1.0f;
    }
  }

  __device__ __forceinline__ uint4 eight(int at, int left, float& squares) const {
    float s[VECTOR];
    read<VECTORS>(norm.stream + at, left, s);
    if (norm.branch) {
      float branch[VECTOR];
      if (norm.half_branch) {
        unpack(read<VECTORS>(static_cast<const bf16*>(norm.branch) + at, left), branch);
      } else {
        read<VECTORS>(static_cast<const float*>(norm.branch) + at, left, branch);
      }
#pragma unroll
      for (int e = 0; e < VECTOR; e++) s[e] += branch[e];
    }
    if (writes) write<VECTORS>(norm.sum + at, left, s);
#pragma unroll
    for (int e = 0; e < VECTOR; e++) {
      squares = fmaf(s[e], s[e], squares);
      s[e] *= weights[e];
    }
    return pack(s);
  }

  __device__ __forceinline__ float scale(float squares) const {
    return rsqrtf(squares / k + __int_as_float(static_cast<int>(norm.epsilon)));
  }
};

// Sums as they are.
struct Stored {
  bf16* out;
  int column;

  __device__ void ahead(int of) { column = of; }
  __device__ void put(float sum) const { out[column] = __float2bfloat16(sum); }
};

}  // namespace row_product
