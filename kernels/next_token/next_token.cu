// Draws the next token from its scores, as io.colubrid.runtime.generation.NextToken defines it. One
// block: a vocabulary is small enough for it, and every sum keeps one order.

#include "../common/tensor.cuh"

namespace {

enum Setting { PENALTY, TEMPERATURE, TOP_K, TOP_P, MIN_P, DRAW };

constexpr int THREADS = 1024;

// Unsigned numbers in the order of the floats.
__device__ __forceinline__ uint32_t key(float score) {
  const uint32_t bits = __float_as_uint(score);
  return bits & 0x80000000u ? ~bits : bits | 0x80000000u;
}

// The first key from low to high of which a claim holds; it then holds of all behind. high is one.
template <typename Claim>
__device__ uint32_t first_key(uint32_t low, uint32_t high, Claim claim) {
  while (low < high) {
    const uint32_t middle = low + (high - low) / 2;
    if (claim(middle)) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

// Sums something over the tokens.
template <typename Term>
__device__ __forceinline__ float total(int64_t count, Term term) {
  float sum = 0.0f;
  for (int64_t i = threadIdx.x; i < count; i += THREADS) sum += term(i);
  return block_reduce<Reduce::SUM>(sum);
}

__device__ int64_t first_best(const float* scores, int64_t count, float best) {
  __shared__ unsigned long long found;
  if (threadIdx.x == 0) found = static_cast<unsigned long long>(count);
  __syncthreads();
  for (int64_t i = threadIdx.x; i < count; i += THREADS) {
    if (scores[i] == best) {
      atomicMin(&found, static_cast<unsigned long long>(i));
      break;
    }
  }
  __syncthreads();
  return static_cast<int64_t>(found);
}

// The token that a share of all weights, laid side by side, points at.
__device__ int64_t pointed(const float* weights, int64_t count, float draw) {
  __shared__ float ends[THREADS];
  __shared__ unsigned long long first, last;
  const int64_t from = count * threadIdx.x / THREADS;
  const int64_t to = count * (threadIdx.x + 1) / THREADS;
  float sum = 0.0f;
  for (int64_t i = from; i < to; i++) sum += weights[i];
  ends[threadIdx.x] = sum;
  if (threadIdx.x == 0) {
    first = ~0ull;
    last = 0;
  }
  __syncthreads();
  if (threadIdx.x == 0) {
    for (int t = 1; t < THREADS; t++) ends[t] += ends[t - 1];
  }
  __syncthreads();
  const float place = draw * ends[THREADS - 1];
  float end = threadIdx.x == 0 ? 0.0f : ends[threadIdx.x - 1];
  for (int64_t i = from; i < to; i++) {
    if (weights[i] > 0.0f) {
      end += weights[i];
      atomicMax(&last, static_cast<unsigned long long>(i));
      if (end > place) {
        atomicMin(&first, static_cast<unsigned long long>(i));
        break;
      }
    }
  }
  __syncthreads();
  return static_cast<int64_t>(first == ~0ull ? last : first);
}

}  // namespace

extern "C" __global__ void __launch_bounds__(THREADS)
    next_token(const float* scores, int32_t* token, uint8_t* seen, const float* settings,
               float* workspace, int64_t count) {
  wait_for_predecessor();
  float* left = workspace;
  float* weights = workspace + count;
  float most = -INFINITY;
  for (int64_t i = threadIdx.x; i < count; i += THREADS) {
    float score = scores[i];
    if (isnan(score)) {
      score = -INFINITY;
    } else if (seen[i]) {
      score = score > 0.0f ? score / settings[PENALTY] : score * settings[PENALTY];
    }
    left[i] = score;
    most = fmaxf(most, score);
  }
  most = block_reduce<Reduce::MAX>(most);
  int64_t chosen = -1;
  if (most > -INFINITY && settings[TEMPERATURE] == 0.0f) {
    chosen = first_best(left, count, most);
  } else if (most > -INFINITY) {
    for (int64_t i = threadIdx.x; i < count; i += THREADS) {
      weights[i] = expf((left[i] - most) / settings[TEMPERATURE]);
    }
    uint32_t least = 0;
    if (settings[TOP_K] > 0.0f) {
      least = first_key(0u, key(most), [&](uint32_t at) {
        return total(count, [&](int64_t i) { return key(left[i]) > at ? 1.0f : 0.0f; }) <
               settings[TOP_K];
      });
    }
    if (settings[TOP_P] < 1.0f) {
      const uint32_t kept = least;
      const float share =
          settings[TOP_P] *
          total(count, [&](int64_t i) { return key(left[i]) >= kept ? weights[i] : 0.0f; });
      least = first_key(kept, key(most), [&](uint32_t at) {
        return total(count, [&](int64_t i) { return key(left[i]) > at ? weights[i] : 0.0f; }) <
               share;
      });
    }
    for (int64_t i = threadIdx.x; i < count; i += THREADS) {
      if (key(left[i]) < least || weights[i] < settings[MIN_P]) weights[i] = 0.0f;
    }
    __syncthreads();
    chosen = pointed(weights, count, settings[DRAW]);
  }
  if (threadIdx.x == 0) {
    *token = static_cast<int32_t>(chosen);
    if (chosen >= 0) seen[chosen] = 1;
  }
}
