// Step sizes and decays within chunks.

#pragma once

#include "ssd/ssd.cuh"

// What sums of exponents are computed in.
template <int P>
struct Summed {
  using Type = double;
};
template <>
struct Summed<1> {
  using Type = float;
};

// An exponent as kernels keep it.
template <int P>
__device__ __forceinline__ Exponent<P> exponent(typename Summed<P>::Type value) {
  Exponent<P> exponent;
  exponent.value = static_cast<float>(value);
  if constexpr (P == 2) {
    const bool finite = fabs(value) < INFINITY;
    exponent.rest = finite ? static_cast<float>(value - exponent.value) : 0.0f;
  }
  return exponent;
}

// What kernels need of each position of a chunk, by a block. Step sizes themselves and decays from
// the begin are for backward passes.
template <typename C, typename T, int MOST, bool BACKWARD>
__device__ void prepare(const C& call, int64_t chunk, int64_t b, float min_step,
                        float max_step) {
  constexpr int HEADS = 32;
  constexpr int P = PLANES<T>;
  using Sum = typename Summed<P>::Type;
  __shared__ float steps[MOST][HEADS + 1];
  __shared__ int marks[MOST];
  const int64_t start = chunk * call.chunk;
  const int positions = static_cast<int>(call.chunk);
  const int lane = threadIdx.x % 32;
  if (threadIdx.x < 32) {
    mark_documents(call.documents, b * call.length, call.length, start, positions, marks);
  }
  for (int64_t first = 0; first < call.heads; first += HEADS) {
    __syncthreads();
    const int64_t head = first + lane;
    if (head < call.heads) {
      const float bias = call.bias ? call.bias[head] : 0.0f;
#pragma unroll 4
      for (int i = threadIdx.x / 32; i < positions; i += blockDim.x / 32) {
        float step = PADDING;
        if (marks[i] != 2) {
          const float raw = load(call.delta + (b * call.length + start + i) * call.heads + head) +
                            bias;
          step = fmaxf(raw, 0.0f) + log1pf(expf(-fabsf(raw)));
          step = fminf(fmaxf(step, min_step), max_step);
        }
        steps[i][lane] = step;
      }
    }
    __syncthreads();
    const int there = static_cast<int>(min(call.heads - first, static_cast<int64_t>(HEADS)));
    for (int h = threadIdx.x / 32; h < there; h += blockDim.x / 32) {
      const double exact = -static_cast<double>(expf(call.a_log[first + h])) * M_LOG2E;
      const Sum rate = static_cast<Sum>(exact);
      const int64_t at = call.of_head(b, chunk, first + h) * call.chunk;
      Sum begin = 0;
      for (int from = 0; from < positions; from += PANEL) {
        Sum sums[2];
        Sum end = begin;
#pragma unroll
        for (int half = 0; half < 2; half++) {
          const int i = from + 32 * half + lane;
          const Sum forgets = marks[i] == 1 ? FORGET : 0.0;
          Sum sum = fmaxf(steps[i][h], 0.0f) * rate + forgets;
          if (P == 1) sum = fmax(sum, static_cast<Sum>(FORGET));
#pragma unroll
          for (int apart = 1; apart < 32; apart <<= 1) {
            const Sum more = __shfl_up_sync(0xffffffffu, sum, apart);
            if (lane >= apart) sum += more;
          }
          sums[half] = sum + end;
          end = __shfl_sync(0xffffffffu, sums[half], 31);
        }
#pragma unroll
        for (int half = 0; half < 2; half++) {
          const int i = from + 32 * half + lane;
          const float step = steps[i][h];
          const bool padding = step < 0.0f;
          const float real = fmaxf(step, 0.0f);
          if (BACKWARD) call.steps[at + i] = step;
          call.sums[at + i] = exponent<P>(padding ? -INFINITY : sums[half]);
          call.keys[at + i] = exponent<P>(sums[half] - log2f(real));
          call.to_end[at + i] = real * exp2f(static_cast<float>(end - sums[half]));
          if (BACKWARD) {
            call.from_begin[at + i] =
                padding ? 0.0f : exp2f(static_cast<float>(sums[half] - begin));
          }
        }
        if (lane == 0) call.spans[(at + from) / PANEL] = static_cast<float>(end - begin);
        begin = end;
      }
    }
  }
}
