// Products of few rows with a matrix, as decoding needs them: out[m, n] = x[m, k]·W[n, k]ᵀ + bias.
// They are bound by reading W, so each of its elements is read once, 16 bytes at a time, and what
// fits into registers is on its way before the predecessor has ended.

#include "common/quad.cuh"

// D += A·B with A 16 × 16, of rows of x, and B 16 × 8, of rows of W.
__device__ __forceinline__ void multiply_add(float (&d)[4], uint32_t a0, uint32_t a1, uint32_t a2,
                                             uint32_t a3, uint32_t b0, uint32_t b1) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, "
      "{%8,%9}, {%0,%1,%2,%3};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a0), "r"(a1), "r"(a2), "r"(a3), "r"(b0), "r"(b1));
}

__device__ __forceinline__ uint4 read_once(const bf16* p) {
  uint4 v;
  asm volatile("ld.global.nc.L1::no_allocate.v4.u32 {%0,%1,%2,%3}, [%4];"
               : "=r"(v.x), "=r"(v.y), "=r"(v.z), "=r"(v.w)
               : "l"(p));
  return v;
}

__device__ __forceinline__ uint4 read(const bf16* p) {
  return *reinterpret_cast<const uint4*>(p);
}

// A warp takes 8 neighbouring rows of W and all of x; `slices` warps of a block share these rows
// and split k, and their sums are added in the order of the slices. Of 32 neighbouring elements of
// k each lane of a quad holds 8. The tensor cores take them in another order than they lie, but
// the same one in W and in x. HALVES is 1 for up to 8 rows of x, 2 for up to 16. `half` tells
// whether bias and out are of BF16.
template <int HALVES, int AHEAD>
__device__ __forceinline__ void few_rows(const bf16* x, const bf16* w, const void* bias, void* out,
                                         int half, int slices, int64_t m, int64_t n, int64_t k) {
  constexpr int MOST_WARPS = 8;
  __shared__ float partial[MOST_WARPS][2 * HALVES][32];
  const uint4 zero = make_uint4(0, 0, 0, 0);
  const int warp = threadIdx.x / 32;
  const int lane = threadIdx.x % 32;
  const int slice = warp % slices;
  const int64_t tile = static_cast<int64_t>(blockIdx.x) * (blockDim.x / 32 / slices) + warp / slices;
  const int64_t row = tile * 8 + lane / 4;
  const int steps = static_cast<int>((k + 31) / 32);
  const int last = min(steps * (slice + 1) / slices * 32, static_cast<int>(k));
  int at = steps * slice / slices * 32 + lane % 4 * 8;
  const bf16* mine = w + (row < n ? row : n - 1) * k;
  let_successor_begin();
  uint4 b[AHEAD];
#pragma unroll
  for (int s = 0; s < AHEAD; s++) b[s] = at + s * 32 < last ? read_once(mine + at + s * 32) : zero;
  wait_for_predecessor();
  float d[4] = {};
  const bf16* low = x + (lane / 4) * k;
  const bf16* high = low + 8 * k;
  const bool has_low = lane / 4 < m;
  const bool has_high = HALVES == 2 && lane / 4 + 8 < m;
  while (true) {
#pragma unroll
    for (int s = 0; s < AHEAD; s++) {
      const bool there = at + s * 32 < last;
      const uint4 a = there && has_low ? read(low + at + s * 32) : zero;
      const uint4 c = there && has_high ? read(high + at + s * 32) : zero;
      multiply_add(d, a.x, c.x, a.y, c.y, b[s].x, b[s].y);
      multiply_add(d, a.z, c.z, a.w, c.w, b[s].z, b[s].w);
    }
    at += AHEAD * 32;
    if (at - lane % 4 * 8 >= last) break;
#pragma unroll
    for (int s = 0; s < AHEAD; s++) {
      b[s] = at + s * 32 < last ? read_once(mine + at + s * 32) : zero;
    }
  }
  if (slices > 1) {
#pragma unroll
    for (int i = 0; i < 2 * HALVES; i++) partial[warp][i][lane] = d[i];
    __syncthreads();
    if (slice != 0) return;
    for (int other = 1; other < slices; other++) {
#pragma unroll
      for (int i = 0; i < 2 * HALVES; i++) d[i] += partial[warp + other][i][lane];
    }
  }
#pragma unroll
  for (int i = 0; i < 2 * HALVES; i++) {
    const int64_t column = tile * 8 + lane % 4 * 2 + i % 2;
    const int64_t to = lane / 4 + i / 2 * 8;
    if (column >= n || to >= m) continue;
    const float b0 = bias ? load_one(bias, column, half) : 0.0f;
    store_one(out, to * n + column, half, d[i] + b0);
  }
}

#define FEW_ROWS(NAME, HALVES, AHEAD)                                                           \
  extern "C" __global__ void __launch_bounds__(256, 4)                                          \
      few_rows_##NAME(const bf16* x, const bf16* w, const void* bias, void* out, int half,      \
                      int slices, int64_t m, int64_t n, int64_t k) {                            \
    few_rows<HALVES, AHEAD>(x, w, bias, out, half, slices, m, n, k);                            \
  }

FEW_ROWS(8, 1, 6)
FEW_ROWS(16, 2, 4)

// In F32, a row of W a warp: its lanes split k, 4 elements at a time.
template <int M>
__device__ __forceinline__ void few_rows_f32(const float* x, const float* w, const float* bias,
                                             float* out, int64_t m, int64_t n, int64_t k) {
  const int lane = threadIdx.x % 32;
  const int64_t row = blockIdx.x * static_cast<int64_t>(blockDim.x / 32) + threadIdx.x / 32;
  const int64_t quads = k / 4;
  const float4* mine = reinterpret_cast<const float4*>(w + (row < n ? row : 0) * k);
  constexpr int AHEAD = 6;
  let_successor_begin();
  float4 now[AHEAD];
#pragma unroll
  for (int a = 0; a < AHEAD; a++) {
    const int64_t q = lane + a * 32;
    now[a] = q < quads ? __ldg(mine + q) : make_float4(0.0f, 0.0f, 0.0f, 0.0f);
  }
  wait_for_predecessor();
  float sum[M] = {};
  for (int64_t from = lane; from < quads; from += AHEAD * 32) {
    float4 next[AHEAD];
#pragma unroll
    for (int a = 0; a < AHEAD; a++) {
      const int64_t q = from + (AHEAD + a) * 32;
      next[a] = q < quads ? __ldg(mine + q) : make_float4(0.0f, 0.0f, 0.0f, 0.0f);
    }
#pragma unroll
    for (int a = 0; a < AHEAD; a++) {
      const int64_t q = from + a * 32;
      if (q >= quads) continue;
#pragma unroll
      for (int j = 0; j < M; j++) {
        if (j < m) sum[j] += total(now[a] * reinterpret_cast<const float4*>(x + j * k)[q]);
      }
    }
#pragma unroll
    for (int a = 0; a < AHEAD; a++) now[a] = next[a];
  }
#pragma unroll
  for (int j = 0; j < M; j++) {
    for (int half = 16; half > 0; half >>= 1) {
      sum[j] += __shfl_xor_sync(0xffffffffu, sum[j], half);
    }
    if (j < m && row < n && lane == 0) out[j * n + row] = sum[j] + (bias ? bias[row] : 0.0f);
  }
}

extern "C" __global__ void __launch_bounds__(128)
    few_rows_f32_1(const float* x, const float* w, const float* bias, float* out, int64_t m,
                   int64_t n, int64_t k) {
  few_rows_f32<1>(x, w, bias, out, m, n, k);
}
extern "C" __global__ void __launch_bounds__(128)
    few_rows_f32_8(const float* x, const float* w, const float* bias, float* out, int64_t m,
                   int64_t n, int64_t k) {
  few_rows_f32<8>(x, w, bias, out, m, n, k);
}
