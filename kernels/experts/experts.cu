// Mixtures of experts: who is sent where, and what comes back.

#include "common/tensor.cuh"

// --- The k largest of each row ---

constexpr unsigned WARP = 0xffffffffu;

// The k largest of a row of p, the largest first, of equal ones the first, by one warp. Each is
// passed to put(i, element, place).
template <typename P, typename Put>
__device__ __forceinline__ void choose(P p, int experts, int k, Put put) {
  const int lane = threadIdx.x % 32;
  float bound = INFINITY;
  int last = -1;
  for (int i = 0; i < k; i++) {
    float best = -1.0f;
    int choice = 0;
    for (int e = lane; e < experts; e += 32) {
      const float here = p(e);
      const bool free = here < bound || (here == bound && e > last);
      if (free && here > best) {
        best = here;
        choice = e;
      }
    }
#pragma unroll
    for (int distance = 16; distance > 0; distance /= 2) {
      const float other = __shfl_xor_sync(WARP, best, distance);
      const int place = __shfl_xor_sync(WARP, choice, distance);
      if (other > best || (other == best && place < choice)) {
        best = other;
        choice = place;
      }
    }
    put(i, best, choice);
    bound = best;
    last = choice;
  }
}

// One warp a row.
template <typename T>
__device__ __forceinline__ void top_k(const T* p, T* weights, int32_t* choices, int64_t rows,
                                      int experts, int k) {
  let_successor_begin();
  wait_for_predecessor();
  const int64_t row = (static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x) / 32;
  if (row >= rows) return;
  choose([&](int e) { return load(p + row * experts + e); }, experts, k,
         [&](int i, float, int choice) {
           if (threadIdx.x % 32 == 0) {
             choices[row * k + i] = choice;
             weights[row * k + i] = p[row * experts + choice];
           }
         });
}

template <typename T>
__device__ __forceinline__ void top_k_gradient(const int32_t* choices, const T* dweights, T* dp,
                                               int experts, int k, int64_t n) {
  GRID_LOOP(i, n) {
    const int64_t row = i / experts;
    float sum = 0.0f;
    for (int j = 0; j < k; j++) {
      if (choices[row * k + j] == i - row * experts) sum = load(dweights + row * k + j);
    }
    store(dp + i, sum);
  }
}

#define TOP_K(T, NAME)                                                                          \
  extern "C" __global__ void top_k_##NAME(const T* p, T* weights, int32_t* choices,             \
                                          int64_t rows, int experts, int k) {                   \
    top_k<T>(p, weights, choices, rows, experts, k);                                            \
  }                                                                                             \
  extern "C" __global__ void top_k_gradient_##NAME(const int32_t* choices, const T* dweights,   \
                                                   T* dp, int experts, int k, int64_t n) {      \
    top_k_gradient<T>(choices, dweights, dp, experts, k, n);                                    \
  }

TOP_K(float, f32)
TOP_K(bf16, bf16)

// --- A router at once ---

constexpr int ROUTE_THREADS = 256;
constexpr int MOST_EXPERTS = 256;

// Four neighbours, by one word where such a word begins there.
__device__ __forceinline__ float4 load_four(const float* p, bool word) {
  return word ? *reinterpret_cast<const float4*>(p) : make_float4(p[0], p[1], p[2], p[3]);
}
__device__ __forceinline__ float4 load_four(const bf16* p, bool is_word) {
  if (!is_word) return make_float4(load(p), load(p + 1), load(p + 2), load(p + 3));
  const uint2 word = *reinterpret_cast<const uint2*>(p);
  return make_float4(__uint_as_float(word.x << 16), __uint_as_float(word.x & 0xffff0000u),
                     __uint_as_float(word.y << 16), __uint_as_float(word.y & 0xffff0000u));
}

// The sum, or the largest, over a warp.
__device__ __forceinline__ float warp_sum(float value) {
#pragma unroll
  for (int distance = 16; distance > 0; distance /= 2) {
    value += __shfl_xor_sync(WARP, value, distance);
  }
  return value;
}
__device__ __forceinline__ float warp_max(float value) {
#pragma unroll
  for (int distance = 16; distance > 0; distance /= 2) {
    value = fmaxf(value, __shfl_xor_sync(WARP, value, distance));
  }
  return value;
}

// logits = W x, probabilities = softmax of them, and the k largest. One block a position; a warp a
// row of W. The width comes in fours.
template <typename T>
__device__ __forceinline__ void route(const T* x, const float* w, float* logits,
                                      float* probabilities, float* weights, int32_t* choices,
                                      int64_t width, int experts, int k, int renormalise) {
  __shared__ float s_scores[MOST_EXPERTS];
  const int lane = threadIdx.x % 32;
  const int64_t position = blockIdx.x;
  const bool x_words = reinterpret_cast<uintptr_t>(x) % (4 * sizeof(T)) == 0;
  const bool w_words = reinterpret_cast<uintptr_t>(w) % (4 * sizeof(float)) == 0;
  let_successor_begin();
  wait_for_predecessor();
  for (int e = threadIdx.x / 32; e < experts; e += ROUTE_THREADS / 32) {
    float sum = 0.0f;
#pragma unroll 4
    for (int64_t i = lane * 4; i < width; i += 128) {
      const float4 a = load_four(x + position * width + i, x_words);
      const float4 b = load_four(w + e * width + i, w_words);
      sum = fmaf(a.x, b.x, sum);
      sum = fmaf(a.y, b.y, sum);
      sum = fmaf(a.z, b.z, sum);
      sum = fmaf(a.w, b.w, sum);
    }
    sum = warp_sum(sum);
    if (lane == 0) s_scores[e] = sum;
  }
  __syncthreads();
  if (threadIdx.x >= 32) return;
  float largest = -INFINITY;
  for (int e = lane; e < experts; e += 32) {
    logits[position * experts + e] = s_scores[e];
    largest = fmaxf(largest, s_scores[e]);
  }
  largest = warp_max(largest);
  float sum = 0.0f;
  for (int e = lane; e < experts; e += 32) {
    s_scores[e] = expf(s_scores[e] - largest);
    sum += s_scores[e];
  }
  sum = warp_sum(sum);
  for (int e = lane; e < experts; e += 32) {
    s_scores[e] /= sum;
    probabilities[position * experts + e] = s_scores[e];
  }
  __syncwarp();
  float kept = 0.0f;
  auto score = [&](int e) { return s_scores[e]; };
  if (renormalise) {
    choose(score, experts, k, [&](int, float weight, int) { kept += weight; });
  }
  choose(score, experts, k, [&](int i, float weight, int choice) {
    if (lane == 0) {
      choices[position * k + i] = choice;
      weights[position * k + i] = renormalise ? weight / kept : weight;
    }
  });
}

#define ROUTE(T, NAME)                                                                          \
  extern "C" __global__ void __launch_bounds__(ROUTE_THREADS) route_##NAME(                     \
      const T* x, const float* w, float* logits, float* probabilities, float* weights,          \
      int32_t* choices, int64_t width, int experts, int k, int renormalise) {                   \
    route<T>(x, w, logits, probabilities, weights, choices, width, experts, k, renormalise);    \
  }

ROUTE(float, f32)
ROUTE(bf16, bf16)

// --- Queues ---
//
// A counting sort that keeps the order: how often each part of the choices takes each expert, where
// each part's first of an expert stands, and then the place of every choice. Counts are whole, so
// the order in which they are added changes nothing.

constexpr int QUEUE_THREADS = 1024;  // at most
constexpr int QUEUE_WARPS = QUEUE_THREADS / 32;

struct Queues {
  const int32_t* choices;
  const int32_t* segments;  // null where there is no padding
  int64_t count;            // positions times k
  int64_t part;             // choices of a block
  int64_t capacity;
  int64_t k;
  int64_t experts;
  int64_t spaced;
};

__device__ __forceinline__ int chosen(const Queues& q, int64_t i) {
  if (i >= q.count || (q.segments && q.segments[i / q.k] < 0)) return -1;
  return q.choices[i];
}

// counts[e] of this block's choices, in shared memory.
__device__ __forceinline__ void count_part(const Queues& q, int32_t* counts) {
  for (int e = threadIdx.x; e < q.experts; e += blockDim.x) counts[e] = 0;
  __syncthreads();
  const int64_t first = blockIdx.x * q.part;
  for (int64_t i = threadIdx.x; i < q.part && first + i < q.count; i += blockDim.x) {
    const int e = chosen(q, first + i);
    if (e >= 0) atomicAdd(&counts[e], 1);
  }
  __syncthreads();
}

// Demand and offsets of all, by one warp; starts[e] is the slot at which queue e begins.
__device__ __forceinline__ void lay_out(const Queues& q, const int32_t* demanded, int32_t* starts,
                                        int32_t* offsets, int32_t* demand) {
  const int lane = threadIdx.x;
  int32_t before = 0;
  if (lane == 0) offsets[0] = 0;
  for (int first = 0; first < q.experts; first += 32) {
    const int e = first + lane;
    const int32_t wanted = e < q.experts ? demanded[e] : 0;
    const int32_t kept = wanted < q.capacity ? wanted : static_cast<int32_t>(q.capacity);
    int32_t end = kept;
    for (int distance = 1; distance < 32; distance *= 2) {
      const int32_t left = __shfl_up_sync(WARP, end, distance);
      if (lane >= distance) end += left;
    }
    end += before;
    if (e < q.experts) {
      demand[e] = wanted;
      offsets[e + 1] = end;
      starts[e] = q.spaced ? static_cast<int32_t>(e * q.capacity) : end - kept;
    }
    before = __shfl_sync(WARP, end, 31);
  }
}

// Slots of this block's choices; waiting[e] stand before them in queue e. Both tables are shared.
__device__ __forceinline__ void line_up(const Queues& q, const int32_t* starts, int32_t* waiting,
                                        int32_t (*in_warp)[MOST_EXPERTS], int32_t* slots,
                                        int32_t* positions) {
  const int lane = threadIdx.x % 32;
  const int warp = threadIdx.x / 32;
  const int64_t first = blockIdx.x * q.part;
  for (int64_t from = 0; from < q.part && first + from < q.count; from += blockDim.x) {
    const int64_t i = first + from + threadIdx.x;
    const int e = chosen(q, i);
    for (int j = lane; j < q.experts; j += 32) in_warp[warp][j] = 0;
    __syncwarp();
    const unsigned same = __match_any_sync(WARP, e);
    const int rank = __popc(same & ((1u << lane) - 1));
    if (e >= 0 && rank == 0) in_warp[warp][e] = __popc(same);
    __syncthreads();
    for (int j = threadIdx.x; j < q.experts; j += blockDim.x) {
      int32_t sum = waiting[j];
      for (int w = 0; w < static_cast<int>(blockDim.x) / 32; w++) {
        const int32_t own = in_warp[w][j];
        in_warp[w][j] = sum;
        sum += own;
      }
      waiting[j] = sum;
    }
    __syncthreads();
    if (i < q.count) {
      const int32_t place = e < 0 ? 0 : in_warp[warp][e] + rank;
      const bool fits = e >= 0 && place < q.capacity;
      const int32_t slot = fits ? starts[e] + place : -1;
      slots[i] = slot;
      if (fits) positions[slot] = static_cast<int32_t>(i / q.k);
    }
    __syncthreads();
  }
}

// All of it where one block is enough.
extern "C" __global__ void __launch_bounds__(QUEUE_THREADS)
    queues_at_once(Queues q, int32_t* slots, int32_t* positions, int64_t room, int32_t* offsets,
                   int32_t* demand) {
  __shared__ int32_t s_counts[MOST_EXPERTS];
  __shared__ int32_t s_starts[MOST_EXPERTS];
  __shared__ int32_t s_in_warp[QUEUE_WARPS][MOST_EXPERTS];
  let_successor_begin();
  wait_for_predecessor();
  for (int64_t slot = threadIdx.x; slot < room; slot += blockDim.x) positions[slot] = -1;
  count_part(q, s_counts);
  if (threadIdx.x < 32) lay_out(q, s_counts, s_starts, offsets, demand);
  __syncthreads();
  for (int e = threadIdx.x; e < q.experts; e += blockDim.x) s_counts[e] = 0;
  __syncthreads();
  line_up(q, s_starts, s_counts, s_in_warp, slots, positions);
}

// In three launches: counts[part][e];
extern "C" __global__ void __launch_bounds__(QUEUE_THREADS)
    queues_count(Queues q, int32_t* counts, int32_t* positions, int64_t room) {
  __shared__ int32_t s_counts[MOST_EXPERTS];
  let_successor_begin();
  wait_for_predecessor();
  GRID_LOOP(slot, room) positions[slot] = -1;
  count_part(q, s_counts);
  for (int e = threadIdx.x; e < q.experts; e += blockDim.x) {
    counts[static_cast<int64_t>(blockIdx.x) * q.experts + e] = s_counts[e];
  }
}

// what stands before each part, in the place of its counts, and where queues begin;
extern "C" __global__ void __launch_bounds__(QUEUE_THREADS)
    queues_lay_out(Queues q, int32_t* counts, int64_t parts, int32_t* starts, int32_t* offsets,
                   int32_t* demand) {
  __shared__ int32_t s_counts[MOST_EXPERTS];
  let_successor_begin();
  wait_for_predecessor();
  for (int e = threadIdx.x; e < q.experts; e += blockDim.x) {
    int32_t sum = 0;
    for (int64_t part = 0; part < parts; part++) {
      const int32_t own = counts[part * q.experts + e];
      counts[part * q.experts + e] = sum;
      sum += own;
    }
    s_counts[e] = sum;
  }
  __syncthreads();
  if (threadIdx.x < 32) lay_out(q, s_counts, starts, offsets, demand);
}

// and slots.
extern "C" __global__ void __launch_bounds__(QUEUE_THREADS)
    queues_line_up(Queues q, const int32_t* counts, const int32_t* starts, int32_t* slots,
                   int32_t* positions) {
  __shared__ int32_t s_waiting[MOST_EXPERTS];
  __shared__ int32_t s_starts[MOST_EXPERTS];
  __shared__ int32_t s_in_warp[QUEUE_WARPS][MOST_EXPERTS];
  let_successor_begin();
  wait_for_predecessor();
  for (int e = threadIdx.x; e < q.experts; e += blockDim.x) {
    s_waiting[e] = counts[static_cast<int64_t>(blockIdx.x) * q.experts + e];
    s_starts[e] = starts[e];
  }
  __syncthreads();
  line_up(q, s_starts, s_waiting, s_in_warp, slots, positions);
}

// --- What comes back ---

// Some elements that are loaded and stored as one word.
template <typename T, int COUNT>
struct alignas(sizeof(T) * COUNT) Pack {
  T of[COUNT];
};

// out[n] = Σ_i weight[n, i] · rows[slot[n, i]], in the order of i; without weights a plain sum.
template <typename T, int COUNT>
__device__ __forceinline__ void gather_weighted(const Pack<T, COUNT>* rows, const float* weights,
                                                const int32_t* slots, Pack<T, COUNT>* out,
                                                int64_t width, int k, int64_t n) {
  let_successor_begin();
  wait_for_predecessor();
  GRID_LOOP(i, n) {
    const int64_t position = i / width;
    const int64_t column = i - position * width;
    float sums[COUNT] = {};
    for (int j = 0; j < k; j++) {
      const int64_t slot = slots[position * k + j];
      if (slot >= 0) {
        const float weight = weights ? weights[position * k + j] : 1.0f;
        const Pack<T, COUNT> row = rows[slot * width + column];
#pragma unroll
        for (int c = 0; c < COUNT; c++) sums[c] = fmaf(weight, load(&row.of[c]), sums[c]);
      }
    }
    Pack<T, COUNT> sum;
#pragma unroll
    for (int c = 0; c < COUNT; c++) store(&sum.of[c], sums[c]);
    out[i] = sum;
  }
}

// rows[slot] = weight · x[position in the slot], zeros where there is none; without weights a copy.
template <typename T, int COUNT>
__device__ __forceinline__ void spread_weighted(const Pack<T, COUNT>* x, const float* weights,
                                                const int32_t* slots, const int32_t* positions,
                                                Pack<T, COUNT>* rows, int64_t width, int k,
                                                int64_t n) {
  let_successor_begin();
  wait_for_predecessor();
  GRID_LOOP(i, n) {
    const int64_t slot = i / width;
    const int64_t position = positions[slot];
    Pack<T, COUNT> row = {};
    if (position >= 0) {
      row = x[position * width + (i - slot * width)];
      if (weights) {
        int64_t choice = position * k;
        while (slots[choice] != slot) choice++;
        const float weight = weights[choice];
#pragma unroll
        for (int c = 0; c < COUNT; c++) store(&row.of[c], weight * load(&row.of[c]));
      }
    }
    rows[i] = row;
  }
}

// dweights[n, i] = x[n] · rows[slot[n, i]]. One warp a choice.
template <typename T>
__device__ __forceinline__ void weight_gradients(const T* rows, const int32_t* slots, const T* x,
                                                 float* dweights, int64_t width, int k,
                                                 int64_t count) {
  const int64_t i = (static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x) / 32;
  if (i >= count) return;
  const int lane = threadIdx.x % 32;
  const int64_t slot = slots[i];
  float sum = 0.0f;
  if (slot >= 0) {
    for (int64_t c = lane; c < width; c += 32) {
      sum = fmaf(load(x + i / k * width + c), load(rows + slot * width + c), sum);
    }
  }
#pragma unroll
  for (int distance = 16; distance > 0; distance /= 2) {
    sum += __shfl_xor_sync(WARP, sum, distance);
  }
  if (lane == 0) dweights[i] = sum;
}

#define PACKED(T, NAME, COUNT)                                                                   \
  extern "C" __global__ void gather_weighted_##NAME##_##COUNT(                                   \
      const Pack<T, COUNT>* rows, const float* weights, const int32_t* slots,                    \
      Pack<T, COUNT>* out, int64_t width, int k, int64_t n) {                                    \
    gather_weighted<T, COUNT>(rows, weights, slots, out, width, k, n);                           \
  }                                                                                              \
  extern "C" __global__ void spread_weighted_##NAME##_##COUNT(                                   \
      const Pack<T, COUNT>* x, const float* weights, const int32_t* slots,                       \
      const int32_t* positions, Pack<T, COUNT>* rows, int64_t width, int k, int64_t n) {         \
    spread_weighted<T, COUNT>(x, weights, slots, positions, rows, width, k, n);                  \
  }

PACKED(float, f32, 1)
PACKED(float, f32, 4)
PACKED(bf16, bf16, 1)
PACKED(bf16, bf16, 8)

extern "C" __global__ void weight_gradients_f32(const float* rows, const int32_t* slots,
                                                const float* x, float* dweights, int64_t width,
                                                int k, int64_t count) {
  weight_gradients<float>(rows, slots, x, dweights, width, k, count);
}

extern "C" __global__ void weight_gradients_bf16(const bf16* rows, const int32_t* slots,
                                                 const bf16* x, float* dweights, int64_t width,
                                                 int k, int64_t count) {
  weight_gradients<bf16>(rows, slots, x, dweights, width, k, count);
}
