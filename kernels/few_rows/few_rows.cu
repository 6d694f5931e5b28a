// Products of few rows with a matrix, as decoding needs them: out[m, n] = x[m, k]·W[n, k]ᵀ + bias.
// They are bound by reading W, so each of its elements is read once, 16 bytes at a time, and as much
// of it as possible is on its way before the predecessor has ended.

#include "common/quad.cuh"

// D += A·B with A 16 × 16 and B 16 × 8.
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

// A warp takes 16·MT neighbouring rows of W and up to 8·NT rows of x; `slices` warps of a block
// share these rows and split k, and their sums are added in the order of the slices. Of 32
// neighbouring elements of k each lane of a quad holds 8. The tensor cores take them in another
// order than they lie, but the same one in W and in x.
template <int NT, int MT>
struct FewRows {
  static constexpr int AHEAD = MT == 1 ? 4 : 2;  // steps of 32 elements that are read at once
  static constexpr int MOST_WARPS = NT == 1 ? 16 : 8;

  struct Steps {
    uint4 w[AHEAD][MT][2];
  };

  __device__ static void fetch(Steps& to, const bf16* w, int64_t row, int64_t n, int64_t k,
                               int64_t step, int64_t last) {
    const int lane = threadIdx.x % 32;
#pragma unroll
    for (int s = 0; s < AHEAD; s++) {
      const int64_t at = (step + s) * 32 + lane % 4 * 8;
#pragma unroll
      for (int t = 0; t < MT; t++) {
#pragma unroll
        for (int half = 0; half < 2; half++) {
          const int64_t r = row + t * 16 + half * 8 + lane / 4;
          to.w[s][t][half] = step + s < last && r < n && at < k ? read_once(w + r * k + at)
                                                                : make_uint4(0, 0, 0, 0);
        }
      }
    }
  }

  __device__ static uint4 operand(const bf16* x, int64_t row, int64_t m, int64_t k, int64_t at,
                                  bool there) {
    return there && row < m && at < k ? *reinterpret_cast<const uint4*>(x + row * k + at)
                                      : make_uint4(0, 0, 0, 0);
  }

  __device__ static void run(const bf16* x, const bf16* w, const void* bias, void* out, int half,
                             int slices, int64_t m, int64_t n, int64_t k) {
    __shared__ float partial[MOST_WARPS][MT == 1 ? NT * 4 : 1][32];
    const int warp = threadIdx.x / 32;
    const int lane = threadIdx.x % 32;
    const int slice = warp % slices;
    const int64_t groups = blockDim.x / 32 / slices;
    const int64_t row = (blockIdx.x * groups + warp / slices) * 16 * MT;
    const int64_t steps = (k + 31) / 32;
    const int64_t from = steps * slice / slices;
    const int64_t last = steps * (slice + 1) / slices;
    let_successor_begin();
    Steps now;
    fetch(now, w, row, n, k, from, last);
    wait_for_predecessor();
    float d[MT][NT][4] = {};
    for (int64_t step = from; step < last; step += AHEAD) {
      Steps next;
      fetch(next, w, row, n, k, step + AHEAD, last);
#pragma unroll
      for (int s = 0; s < AHEAD; s++) {
        const int64_t at = (step + s) * 32 + lane % 4 * 8;
#pragma unroll
        for (int j = 0; j < NT; j++) {
          const uint4 b = operand(x, j * 8 + lane / 4, m, k, at, step + s < last);
#pragma unroll
          for (int t = 0; t < MT; t++) {
            const uint4 low = now.w[s][t][0];
            const uint4 high = now.w[s][t][1];
            multiply_add(d[t][j], low.x, high.x, low.y, high.y, b.x, b.y);
            multiply_add(d[t][j], low.z, high.z, low.w, high.w, b.z, b.w);
          }
        }
      }
      now = next;
    }
    if (slices > 1 && MT == 1) {
#pragma unroll
      for (int j = 0; j < NT; j++) {
#pragma unroll
        for (int i = 0; i < 4; i++) partial[warp][j * 4 + i][lane] = d[0][j][i];
      }
      __syncthreads();
      if (slice != 0) return;
      for (int other = 1; other < slices; other++) {
#pragma unroll
        for (int j = 0; j < NT; j++) {
#pragma unroll
          for (int i = 0; i < 4; i++) d[0][j][i] += partial[warp + other][j * 4 + i][lane];
        }
      }
    }
#pragma unroll
    for (int t = 0; t < MT; t++) {
#pragma unroll
      for (int j = 0; j < NT; j++) {
#pragma unroll
        for (int i = 0; i < 4; i++) {
          const int64_t column = row + t * 16 + i / 2 * 8 + lane / 4;
          const int64_t at = j * 8 + lane % 4 * 2 + i % 2;
          if (column >= n || at >= m) continue;
          const float b = bias ? load_one(bias, column, half) : 0.0f;
          store_one(out, at * n + column, half, d[t][j][i] + b);
        }
      }
    }
  }
};

// `half` tells whether bias and out are of BF16.
#define FEW_ROWS(NAME, NT, MT, THREADS)                                                         \
  extern "C" __global__ void __launch_bounds__(THREADS, 1)                                      \
      few_rows_##NAME(const bf16* x, const bf16* w, const void* bias, void* out, int half,      \
                      int slices, int64_t m, int64_t n, int64_t k) {                            \
    FewRows<NT, MT>::run(x, w, bias, out, half, slices, m, n, k);                               \
  }

FEW_ROWS(8, 1, 1, 512)
FEW_ROWS(16, 2, 1, 256)
FEW_ROWS(32, 4, 1, 256)
FEW_ROWS(64, 8, 1, 256)
FEW_ROWS(32_wide, 4, 2, 256)
FEW_ROWS(64_wide, 8, 2, 256)

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
