#include "attention/visible.cuh"

// Attention of one new token a row to a cache, which the token's key and value are put into.
// LANES neighbouring lanes hold a key, eight features each, for HEADS queries that share it; the
// groups of lanes of all warps take keys in turn. Where there are few heads the keys are split
// over blocks, whose parts `attention_decode_combine` joins in their order. Head widths are
// multiples of eight.

constexpr int THREADS = 128;
constexpr int EACH = 8;
constexpr int AHEAD = 4;  // keys of a group of lanes that are read at once
constexpr float LOG2_E = 1.4426950408889634f;

// New rows are of the stream's type, which is only known when running.
struct Stream {
  const void* base;
  int half;

  __device__ float at(int64_t i) const {
    return half ? load(static_cast<const bf16*>(base) + i)
                : load(static_cast<const float*>(base) + i);
  }
};

struct Decoding {
  Stream q;
  Stream k;
  Stream v;
  void* out;
  void* k_cache;
  void* v_cache;
  VisibleInCache sight;
  float* parts;  // [batch, heads, splits, width + 2]: weighted sums, greatest score, sum of weights
  int heads;
  int group;
  int width;
  int splits;
  float scale_log2;
};

template <typename C>
__device__ __forceinline__ void read_row(const C* row, bool there, float (&to)[EACH]) {
  constexpr int PER = 16 / sizeof(C);
#pragma unroll
  for (int i = 0; i < EACH; i += PER) {
    uint4 bits = make_uint4(0, 0, 0, 0);
    if (there) bits = *reinterpret_cast<const uint4*>(row + i);
    const C* element = reinterpret_cast<const C*>(&bits);
#pragma unroll
    for (int e = 0; e < PER; e++) to[i + e] = load(element + e);
  }
}

// A new row, rounded as the cache will hold it, and put there by whoever shall.
template <typename C>
__device__ __forceinline__ void take_new(const Stream& rows, int64_t at, C* cache, bool there,
                                         bool keep, float (&to)[EACH]) {
#pragma unroll
  for (int i = 0; i < EACH; i++) {
    C element;
    store(&element, there ? rows.at(at + i) : 0.0f);
    to[i] = load(&element);
    if (there && keep) cache[i] = element;
  }
}

// What a group of lanes has found for its queries so far.
template <int LANES, int HEADS>
struct Found {
  float sums[HEADS][EACH];
  float most[HEADS];
  float total[HEADS];

  template <int KEYS>
  __device__ __forceinline__ void add(const float (&q)[HEADS][EACH], const float (&k)[KEYS][EACH],
                                      const float (&v)[KEYS][EACH], const bool (&real)[KEYS]) {
#pragma unroll
    for (int h = 0; h < HEADS; h++) {
      float score[KEYS];
      float next = most[h];
#pragma unroll
      for (int j = 0; j < KEYS; j++) {
        float sum = 0.0f;
#pragma unroll
        for (int i = 0; i < EACH; i++) sum = fmaf(q[h][i], k[j][i], sum);
#pragma unroll
        for (int lane = LANES / 2; lane > 0; lane /= 2) {
          sum += __shfl_xor_sync(0xffffffffu, sum, lane);
        }
        score[j] = real[j] ? sum : -INFINITY;
        next = fmaxf(next, score[j]);
      }
      const float origin = next == -INFINITY ? 0.0f : next;
      const float shrink = exp2f(most[h] - origin);
      most[h] = next;
      total[h] *= shrink;
#pragma unroll
      for (int i = 0; i < EACH; i++) sums[h][i] *= shrink;
#pragma unroll
      for (int j = 0; j < KEYS; j++) {
        const float weight = exp2f(score[j] - origin);
        total[h] += weight;
#pragma unroll
        for (int i = 0; i < EACH; i++) sums[h][i] = fmaf(weight, v[j][i], sums[h][i]);
      }
    }
  }
};

__device__ __forceinline__ void write_out(const Decoding& d, int64_t at, float value) {
  if (d.q.half) {
    store(static_cast<bf16*>(d.out) + at, value);
  } else {
    store(static_cast<float*>(d.out) + at, value);
  }
}

template <typename C, int LANES, int HEADS>
__device__ __forceinline__ void decode(const Decoding& d) {
  constexpr int GROUPS = THREADS / LANES;
  constexpr int WIDTH = LANES * EACH;
  __shared__ __align__(16) float s_sums[GROUPS][HEADS][WIDTH];
  __shared__ float s_most[GROUPS][HEADS];
  __shared__ float s_total[GROUPS][HEADS];

  const int chunks = (d.group + HEADS - 1) / HEADS;
  const int64_t kv_heads = d.heads / d.group;
  const int64_t kv_head = blockIdx.y / chunks;
  const int chunk = blockIdx.y % chunks;
  const int64_t batch = blockIdx.z;
  const int here = min(HEADS, d.group - chunk * HEADS);
  const int64_t first_head = kv_head * d.group + chunk * HEADS;
  const int feature = threadIdx.x % LANES * EACH;
  const int lanes = threadIdx.x / LANES;

  const Stretch all = d.sight.keys_of(batch, 0);
  const int count = max(0, all.to - (all.from < all.to ? all.from : all.to));
  const int share = (count + d.splits - 1) / d.splits;
  const int begin = all.to - count + min(count, static_cast<int>(blockIdx.x) * share);
  const int end = min(all.to, begin + share);
  const bool mine = feature < d.width;

  float q[HEADS][EACH];
  Found<LANES, HEADS> found;
#pragma unroll
  for (int h = 0; h < HEADS; h++) {
    found.most[h] = -INFINITY;
    found.total[h] = 0.0f;
#pragma unroll
    for (int i = 0; i < EACH; i++) {
      const int64_t at = (batch * d.heads + first_head + h) * d.width + feature + i;
      q[h][i] = h < here && mine ? d.q.at(at) * d.scale_log2 : 0.0f;
      found.sums[h][i] = 0.0f;
    }
  }

  const int64_t row = kv_heads * d.width;
  const int64_t base = (batch * d.sight.capacity * kv_heads + kv_head) * d.width + feature;
  C* k_cache = static_cast<C*>(d.k_cache) + base;
  C* v_cache = static_cast<C*>(d.v_cache) + base;
  const int cached = min(end, all.to - 1);
  for (int tile = begin; tile < cached; tile += GROUPS * AHEAD) {
    float k[AHEAD][EACH];
    float v[AHEAD][EACH];
    bool real[AHEAD];
#pragma unroll
    for (int j = 0; j < AHEAD; j++) {
      const int key = tile + lanes + j * GROUPS;
      real[j] = key < cached;
      read_row(k_cache + key * row, real[j] && mine, k[j]);
      read_row(v_cache + key * row, real[j] && mine, v[j]);
    }
    found.add(q, k, v, real);
  }
  if (begin < end && end == all.to) {
    const int64_t at = (batch * kv_heads + kv_head) * d.width + feature;
    const bool real[1] = {lanes == 0};
    float k[1][EACH];
    float v[1][EACH];
    take_new(d.k, at, k_cache + cached * row, real[0] && mine, chunk == 0, k[0]);
    take_new(d.v, at, v_cache + cached * row, real[0] && mine, chunk == 0, v[0]);
    found.add(q, k, v, real);
  }

#pragma unroll
  for (int h = 0; h < HEADS; h++) {
#pragma unroll
    for (int i = 0; i < EACH; i += 4) {
      *reinterpret_cast<float4*>(&s_sums[lanes][h][feature + i]) =
          make_float4(found.sums[h][i], found.sums[h][i + 1], found.sums[h][i + 2],
                      found.sums[h][i + 3]);
    }
    if (feature == 0) {
      s_most[lanes][h] = found.most[h];
      s_total[lanes][h] = found.total[h];
    }
  }
  __syncthreads();
  for (int i = threadIdx.x; i < here * d.width; i += THREADS) {
    const int h = i / d.width;
    const int f = i - h * d.width;
    float best = -INFINITY;
    for (int g = 0; g < GROUPS; g++) best = fmaxf(best, s_most[g][h]);
    const float origin = best == -INFINITY ? 0.0f : best;
    float sum = 0.0f;
    float weights = 0.0f;
    for (int g = 0; g < GROUPS; g++) {
      const float weight = exp2f(s_most[g][h] - origin);
      sum = fmaf(weight, s_sums[g][h][f], sum);
      weights = fmaf(weight, s_total[g][h], weights);
    }
    const int64_t head = batch * d.heads + first_head + h;
    if (d.splits == 1) {
      write_out(d, head * d.width + f, weights > 0.0f ? sum / weights : 0.0f);
    } else {
      float* part = d.parts + (head * d.splits + blockIdx.x) * (d.width + 2);
      part[f] = sum;
      if (f == 0) {
        part[d.width] = best;
        part[d.width + 1] = weights;
      }
    }
  }
}

#define DECODE(C, CN, LANES, HEADS)                                                            \
  extern "C" __global__ void __launch_bounds__(THREADS)                                        \
      attention_decode_##CN##_##LANES##_##HEADS(                                               \
          const void* q, const void* k, const void* v, void* out, void* k_cache,               \
          void* v_cache, const int32_t* lengths, const int32_t* positions, float* parts,       \
          int half, int capacity, int window, int heads, int group, int width, int splits,     \
          float scale) {                                                                       \
    const Decoding d{{q, half},                                                                \
                     {k, half},                                                                \
                     {v, half},                                                                \
                     out,                                                                      \
                     k_cache,                                                                  \
                     v_cache,                                                                  \
                     {lengths, positions, 1, capacity, window},                                \
                     parts,                                                                    \
                     heads,                                                                    \
                     group,                                                                    \
                     width,                                                                    \
                     splits,                                                                   \
                     scale * LOG2_E};                                                          \
    decode<C, LANES, HEADS>(d);                                                                \
  }

#define DECODE_HEADS(C, CN, LANES) \
  DECODE(C, CN, LANES, 1)          \
  DECODE(C, CN, LANES, 4)

DECODE_HEADS(float, f32, 8)
DECODE_HEADS(float, f32, 16)
DECODE_HEADS(float, f32, 32)
DECODE_HEADS(bf16, bf16, 8)
DECODE_HEADS(bf16, bf16, 16)
DECODE_HEADS(bf16, bf16, 32)

// A block joins the parts of a head.
template <typename T>
__device__ __forceinline__ void combine(const float* parts, T* out, int width, int splits) {
  const int64_t head = blockIdx.x;
  const float* mine = parts + head * splits * (width + 2);
  for (int f = threadIdx.x; f < width; f += blockDim.x) {
    float best = -INFINITY;
    for (int s = 0; s < splits; s++) best = fmaxf(best, mine[s * (width + 2) + width]);
    const float origin = best == -INFINITY ? 0.0f : best;
    float sum = 0.0f;
    float weights = 0.0f;
    for (int s = 0; s < splits; s++) {
      const float* part = mine + s * (width + 2);
      const float weight = exp2f(part[width] - origin);
      sum = fmaf(weight, part[f], sum);
      weights = fmaf(weight, part[width + 1], weights);
    }
    store(out + head * width + f, weights > 0.0f ? sum / weights : 0.0f);
  }
}

extern "C" __global__ void attention_decode_combine_f32(const float* parts, float* out,
                                                        int width, int splits) {
  combine(parts, out, width, splits);
}

extern "C" __global__ void attention_decode_combine_bf16(const float* parts, bf16* out,
                                                         int width, int splits) {
  combine(parts, out, width, splits);
}
