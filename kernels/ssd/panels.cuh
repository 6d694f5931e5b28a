// Products of tiles on the tensor cores. A panel is some rows of 64 columns of BF16 in shared
// memory, 128 bytes a row, whose groups of eight columns are permuted so that neither reading nor
// writing meets a bank twice. Numbers of F32 lie in two planes, a panel of their leading bits and one
// of the rest, and their products leave out what is below both.

#pragma once

#include "common/tensor.cuh"

constexpr int PANEL = 64;
constexpr int ROW_BYTES = 2 * PANEL;

template <typename T>
constexpr int PLANES = sizeof(T) == 4 ? 2 : 1;

// Byte of eight columns of a row of a panel.
__device__ __forceinline__ uint32_t place(int row, int eight) {
  return static_cast<uint32_t>(row * ROW_BYTES + ((eight ^ (row & 7)) << 4));
}

// Byte of a column, which is even where two are read at once.
__device__ __forceinline__ uint32_t place_of(int row, int column) {
  return place(row, column >> 3) + static_cast<uint32_t>(2 * (column & 7));
}

__device__ __forceinline__ uint32_t pack(float low, float high) {
  const __nv_bfloat162 two = __floats2bfloat162_rn(low, high);
  return *reinterpret_cast<const uint32_t*>(&two);
}

__device__ __forceinline__ float2 unpack(uint32_t two) {
  return make_float2(__uint_as_float(two << 16), __uint_as_float(two & 0xffff0000u));
}

// Two numbers as a word of each plane.
template <int P>
__device__ __forceinline__ void split(float2 two, uint32_t (&words)[P]) {
  words[0] = pack(two.x, two.y);
  if constexpr (P == 2) {
    const float2 leading = unpack(words[0]);
    words[1] = pack(two.x - leading.x, two.y - leading.y);
  }
}

// 16 rows and 16 columns of the left factor, or 16 rows and 16 columns of the right one, as the
// tensor cores take them.
template <int P>
struct Factor {
  uint32_t words[P][4];
};

// Where a panel's planes lie in shared memory.
struct Panel {
  uint32_t at;
  uint32_t plane_bytes;
};

template <bool TURNED>
__device__ __forceinline__ void load_matrices(uint32_t at, uint32_t (&words)[4]) {
  if constexpr (TURNED) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];"
                 : "=r"(words[0]), "=r"(words[1]), "=r"(words[2]), "=r"(words[3])
                 : "r"(at)
                 : "memory");
  } else {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
                 : "=r"(words[0]), "=r"(words[1]), "=r"(words[2]), "=r"(words[3])
                 : "r"(at)
                 : "memory");
  }
}

template <int P, bool TURNED>
__device__ __forceinline__ Factor<P> load_factor(Panel panel, int row, int eight) {
  Factor<P> factor;
#pragma unroll
  for (int p = 0; p < P; p++) {
    load_matrices<TURNED>(panel.at + p * panel.plane_bytes + place(row, eight), factor.words[p]);
  }
  return factor;
}

// The left factor at row m and depth k of a panel [rows, depth].
template <int P>
__device__ __forceinline__ Factor<P> left(Panel panel, int m, int k) {
  const int lane = threadIdx.x & 31;
  return load_factor<P, false>(panel, m + (lane & 15), (k >> 3) + (lane >> 4));
}

// The same of a panel [depth, rows].
template <int P>
__device__ __forceinline__ Factor<P> left_turned(Panel panel, int m, int k) {
  const int lane = threadIdx.x & 31;
  return load_factor<P, true>(panel, k + (lane & 7) + (lane >> 4) * 8,
                              (m >> 3) + ((lane >> 3) & 1));
}

// The right factor at depth k and column n of a panel [columns, depth].
template <int P>
__device__ __forceinline__ Factor<P> right_turned(Panel panel, int k, int n) {
  const int lane = threadIdx.x & 31;
  return load_factor<P, false>(panel, n + (lane & 7) + (lane >> 4) * 8,
                               (k >> 3) + ((lane >> 3) & 1));
}

// The same of a panel [depth, columns].
template <int P>
__device__ __forceinline__ Factor<P> right(Panel panel, int k, int n) {
  const int lane = threadIdx.x & 31;
  return load_factor<P, true>(panel, k + (lane & 15), (n >> 3) + (lane >> 4));
}

// Sums of a product's 16 rows and 8 columns: lane l has rows l/4 and l/4 + 8, of each the columns
// 2·(l%4) and the one behind it.
using Sums = float[4];

__device__ __forceinline__ void multiply_words(Sums& sums, const uint32_t (&a)[4], uint32_t b0,
                                               uint32_t b1) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, "
      "{%0,%1,%2,%3};"
      : "+f"(sums[0]), "+f"(sums[1]), "+f"(sums[2]), "+f"(sums[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

// Adds the product with the right factor's first or second eight columns.
template <int P>
__device__ __forceinline__ void multiply(Sums& sums, const Factor<P>& a, const Factor<P>& b,
                                         int eight) {
  if constexpr (P == 2) {
    multiply_words(sums, a.words[1], b.words[0][2 * eight], b.words[0][2 * eight + 1]);
    multiply_words(sums, a.words[0], b.words[1][2 * eight], b.words[1][2 * eight + 1]);
  }
  multiply_words(sums, a.words[0], b.words[0][2 * eight], b.words[0][2 * eight + 1]);
}

template <int P>
__device__ __forceinline__ void multiply(Sums& first, Sums& second, const Factor<P>& a,
                                         const Factor<P>& b) {
  multiply(first, a, b, 0);
  multiply(second, a, b, 1);
}

// 16 columns of sums as a left factor.
template <int P>
__device__ __forceinline__ Factor<P> as_left(const Sums& first, const Sums& second) {
  Factor<P> factor;
  uint32_t words[P];
#pragma unroll
  for (int i = 0; i < 4; i++) {
    const Sums& sums = i < 2 ? first : second;
    split<P>(make_float2(sums[2 * (i & 1)], sums[2 * (i & 1) + 1]), words);
#pragma unroll
    for (int p = 0; p < P; p++) factor.words[p][i] = words[p];
  }
  return factor;
}

// Sums of a warp's 16 rows that are kept while heads go by: as they are in F32, rounded in BF16.
template <int P, int EIGHTS>
struct Kept;

template <int EIGHTS>
struct Kept<2, EIGHTS> {
  Sums kept[EIGHTS];
  __device__ void put(int eight, const Sums& sums) {
#pragma unroll
    for (int e = 0; e < 4; e++) kept[eight][e] = sums[e];
  }
  __device__ float2 get(int eight, int half) const {
    return make_float2(kept[eight][2 * half], kept[eight][2 * half + 1]);
  }
};

template <int EIGHTS>
struct Kept<1, EIGHTS> {
  uint32_t kept[EIGHTS][2];
  __device__ void put(int eight, const Sums& sums) {
    kept[eight][0] = pack(sums[0], sums[1]);
    kept[eight][1] = pack(sums[2], sums[3]);
  }
  __device__ float2 get(int eight, int half) const { return unpack(kept[eight][half]); }
};

// A left factor whose depths k, k + 1, k + 8 and k + 9 of a lane are scaled.
template <int P>
__device__ __forceinline__ Factor<P> scaled(const Factor<P>& factor, float2 low, float2 high) {
  Factor<P> result;
  if constexpr (P == 1) {
    const __nv_bfloat162 lows = __floats2bfloat162_rn(low.x, low.y);
    const __nv_bfloat162 highs = __floats2bfloat162_rn(high.x, high.y);
#pragma unroll
    for (int i = 0; i < 4; i++) {
      const __nv_bfloat162 two =
          __hmul2(*reinterpret_cast<const __nv_bfloat162*>(&factor.words[0][i]), i < 2 ? lows : highs);
      result.words[0][i] = *reinterpret_cast<const uint32_t*>(&two);
    }
  } else {
    uint32_t words[P];
#pragma unroll
    for (int i = 0; i < 4; i++) {
      const float2 leading = unpack(factor.words[0][i]);
      const float2 rest = unpack(factor.words[1][i]);
      const float2 by = i < 2 ? low : high;
      split<P>(make_float2((leading.x + rest.x) * by.x, (leading.y + rest.y) * by.y), words);
#pragma unroll
      for (int p = 0; p < P; p++) result.words[p][i] = words[p];
    }
  }
  return result;
}

// Two neighbouring elements of a panel.
template <int P>
__device__ __forceinline__ float2 two_of(Panel panel, int row, int column) {
  uint32_t word;
  const uint32_t at = panel.at + place_of(row, column);
  asm volatile("ld.shared.b32 %0, [%1];" : "=r"(word) : "r"(at) : "memory");
  float2 two = unpack(word);
  if constexpr (P == 2) {
    asm volatile("ld.shared.b32 %0, [%1];" : "=r"(word) : "r"(at + panel.plane_bytes) : "memory");
    const float2 rest = unpack(word);
    two = make_float2(two.x + rest.x, two.y + rest.y);
  }
  return two;
}

template <int P>
__device__ __forceinline__ void put_two(Panel panel, int row, int column, float2 two) {
  uint32_t words[P];
  split<P>(two, words);
#pragma unroll
  for (int p = 0; p < P; p++) {
    const uint32_t at = panel.at + p * panel.plane_bytes + place_of(row, column);
    asm volatile("st.shared.b32 [%0], %1;" ::"r"(at), "r"(words[p]) : "memory");
  }
}

__device__ __forceinline__ void put_words(uint32_t at, uint4 words) {
  asm volatile("st.shared.v4.b32 [%0], {%1,%2,%3,%4};" ::"r"(at), "r"(words.x), "r"(words.y),
               "r"(words.z), "r"(words.w)
               : "memory");
}

// Sixteen bytes on their way to shared memory, of which the first `bytes` are read and the others
// zeros.
__device__ __forceinline__ void fetch_words(uint32_t at, const void* from, int bytes) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(at), "l"(from), "r"(bytes)
               : "memory");
}

__device__ __forceinline__ void fetch_word(uint32_t at, const void* from) {
  asm volatile("cp.async.ca.shared.global [%0], [%1], 4;" ::"r"(at), "l"(from) : "memory");
}

__device__ __forceinline__ void fetches_end() { asm volatile("cp.async.commit_group;" ::: "memory"); }

template <int LEFT>
__device__ __forceinline__ void await_fetches() {
  asm volatile("cp.async.wait_group %0;" ::"n"(LEFT) : "memory");
}

// Puts eight numbers into a row of a panel.
template <int P>
__device__ __forceinline__ void put_eight(uint32_t at, uint32_t plane_bytes, const float (&v)[8]) {
  uint32_t words[4][P];
#pragma unroll
  for (int e = 0; e < 4; e++) split<P>(make_float2(v[2 * e], v[2 * e + 1]), words[e]);
#pragma unroll
  for (int p = 0; p < P; p++) {
    put_words(at + p * plane_bytes, make_uint4(words[0][p], words[1][p], words[2][p], words[3][p]));
  }
}

// Fetches rows [rows, columns] into a panel, zeros around them; rows and columns may be none.
// `vectors` tells that every eight elements lie side by side at a multiple of 16 bytes.
template <int ROWS, int THREADS, typename T>
__device__ __forceinline__ void fetch_rows(Panel panel, const T* from, int64_t stride, int rows,
                                           int columns, bool vectors) {
  constexpr int APART = THREADS / 8;  // rows of one round, a multiple of 8
  const int first = threadIdx.x >> 3;
  const int eight = threadIdx.x & 7;
  const int there = min(max(columns - 8 * eight, 0), 8);
  uint32_t at = panel.at + place(first, eight);
  const T* source = from + first * stride + 8 * eight;
  const int64_t apart = APART * stride;
  if (vectors) {
#pragma unroll
    for (int i = 0; i < ROWS / APART; i++, source += apart, at += APART * ROW_BYTES) {
      const int count = first + i * APART < rows ? there : 0;
      if constexpr (PLANES<T> == 1) {
        fetch_words(at, source, 2 * count);
      } else {
        alignas(16) float v[8] = {};
        if (count > 0) {
          *reinterpret_cast<float4*>(v) = reinterpret_cast<const float4*>(source)[0];
          *reinterpret_cast<float4*>(v + 4) = reinterpret_cast<const float4*>(source)[1];
        }
        put_eight<PLANES<T>>(at, panel.plane_bytes, v);
      }
    }
    return;
  }
#pragma unroll 1
  for (int row = first; row < ROWS; row += APART, source += apart, at += APART * ROW_BYTES) {
    float v[8];
#pragma unroll
    for (int e = 0; e < 8; e++) v[e] = row < rows && e < there ? load(source + e) : 0.0f;
    put_eight<PLANES<T>>(at, panel.plane_bytes, v);
  }
}

// Fetches numbers that lie side by side at a multiple of 16 bytes, BYTES of them.
template <int BYTES, int THREADS>
__device__ __forceinline__ void fetch_line(uint32_t to, const void* from) {
#pragma unroll
  for (int i = 0; i < BYTES; i += 16 * THREADS) {
    const int at = i + 16 * threadIdx.x;
    if (BYTES % (16 * THREADS) == 0 || at < BYTES) {
      fetch_words(to + at, static_cast<const char*>(from) + at, 16);
    }
  }
}

// Exchanges words among the four lanes that share a row: lane l ends with word l of each of them.
__device__ __forceinline__ void turn_words(uint32_t (&words)[4]) {
  const int lane = threadIdx.x & 3;
#pragma unroll
  for (int apart = 1; apart < 4; apart <<= 1) {
    const bool up = lane & apart;
#pragma unroll
    for (int i = 0; i < 4; i++) {
      if (i & apart) continue;
      const uint32_t come =
          __shfl_xor_sync(0xffffffffu, up ? words[i] : words[i + apart], apart);
      if (up) words[i] = come;
      else words[i + apart] = come;
    }
  }
}

// Stores a row's 64 columns of BF16 where they are there, of which this lane has two of every eight.
__device__ __forceinline__ void store_words(bf16* row, bool there, const uint32_t (&twos)[8],
                                            int columns) {
#pragma unroll
  for (int from = 0; from < 8; from += 4) {
    uint32_t words[4] = {twos[from], twos[from + 1], twos[from + 2], twos[from + 3]};
    turn_words(words);
    const int column = 8 * (from + (threadIdx.x & 3));
    if (there && column < columns) {
      *reinterpret_cast<uint4*>(row + column) = make_uint4(words[0], words[1], words[2], words[3]);
    }
  }
}

// Stores a row of which `columns` are there. With vectors, those are a multiple of eight. All lanes
// of a warp store one.
template <typename T>
__device__ __forceinline__ void store_row(T* row, bool there, const float2 (&twos)[8], int columns,
                                          bool vectors) {
  if constexpr (sizeof(T) == 2) {
    if (vectors) {
      uint32_t words[8];
#pragma unroll
      for (int j = 0; j < 8; j++) words[j] = pack(twos[j].x, twos[j].y);
      store_words(row, there, words, columns);
      return;
    }
  }
  if (!there) return;
#pragma unroll
  for (int j = 0; j < 8; j++) {
    const int column = 8 * j + 2 * (threadIdx.x & 3);
    if (vectors && column < columns) {
      *reinterpret_cast<float2*>(row + column) = twos[j];
    } else {
      if (column < columns) store(row + column, twos[j].x);
      if (column + 1 < columns) store(row + column + 1, twos[j].y);
    }
  }
}
