#pragma once

#include "selective_scan/tile.cuh"

// How exact a series of so many terms is. With MOST_DECAY within a tile, times log2(e), what is left
// out is below 3e−5 of what the tile adds. Whatever the decay, it is below 2^−20 of what enters in a
// tile that is FAR tiles before the end, as it decays on its way there.
template <int TERMS>
struct SeriesTerms;
template <>
struct SeriesTerms<8> {
  static constexpr float MOST_DECAY = 4.0f;
  static constexpr float FAR = 2.0f;
};
template <>
struct SeriesTerms<4> {
  static constexpr float MOST_DECAY = 0.8f;
  static constexpr float FAR = 10.0f;
};

// What a tile adds to the states behind it, by products on tensor cores instead of an exponential a
// state and step: where states decay little within a tile, their decay up to its end is a short
// series in the time s_t that is left there,
//
//   Σ_t exp(A·s_t)·Δ_t·u_t·B_t = exp(A·m)·Σ_p (A·m)^p/p!·Σ_t (s_t/m − 1)^p·Δ_t·u_t·B_t
//
// with m half the tile's time. Sums over t are a product of powers and B, in TF32. As in Ends, a
// lane has one of every LANES states of its channel, four in all.
template <typename T, int STEPS, typename Stream, int PITCH>
struct Series {
  static constexpr int K = 4;
  static constexpr int GROUP = 2 * LANES;  // steps, two neighbours a lane
  static constexpr int GROUPS = STEPS / GROUP;

  float left[2 * GROUPS];  // the time from behind each of this lane's steps to the tile's end
  float entering[2 * GROUPS];
  float span;  // of the tile

  __device__ __forceinline__ Series(const Scan<T>& scan, const Stream& delta, const Stream& u,
                                    const Lane<T, K, true>& of, float bias)
      : span(0.0f) {
#pragma unroll
    for (int group = GROUPS - 1; group >= 0; group--) {
      float step[2];
#pragma unroll
      for (int i = 0; i < 2; i++) {
        const int at = (group * GROUP + of.lane * 2 + i) * Stream::PITCH + of.local;
        const float raw = load(delta.element + at) + bias;
        // Without a branch, which would keep steps from overlapping.
        const float soft = softplus<T>(raw);
        step[i] = scan.softplus ? soft : raw;
        entering[2 * group + i] = step[i] * load(u.element + at);
      }
      const float mine = step[0] + step[1];
      const float here = from_here(mine, of.lane);
      left[2 * group + 1] = span + (here - mine);
      left[2 * group] = left[2 * group + 1] + step[1];
      span += of_step(here, 0);
    }
  }

  // The sum over this lane of a channel and those above.
  __device__ __forceinline__ static float from_here(float value, int lane) {
    const float next = __shfl_down_sync(ALL_LANES, value, 1, LANES);
    value += lane < LANES - 1 ? next : 0.0f;
    const float far = __shfl_down_sync(ALL_LANES, value, 2, LANES);
    return value + (lane < LANES - 2 ? far : 0.0f);
  }

  // Adds all that to the states at the chunk's end, BEHIND the tile by so much time.
  template <int POWERS>
  __device__ __forceinline__ void add(const float* weights, const Lane<T, K, true>& of,
                                      float behind, float (&sum)[K]) const {
    const float middle = 0.5f * span;
    const float unit = middle > 1e-30f ? __fdividef(1.0f, middle) : 0.0f;  // finite
    float moments[POWERS / 2][2][4] = {};
    // Columns are ordered so that a thread gets sums of its own states.
    const int row = threadIdx.x % 32 / LANES;
    const float* column = weights + of.lane * 2 * PITCH + row / 2 * K + row % 2;
#pragma unroll
    for (int group = 0; group < GROUPS; group++) {
      const float* b = column + group * GROUP * PITCH;
      const float x[2] = {fmaf(left[2 * group], unit, -1.0f),
                          fmaf(left[2 * group + 1], unit, -1.0f)};
      float power[2] = {entering[2 * group], entering[2 * group + 1]};
#pragma unroll
      for (int p = 0; p < POWERS / 2; p++) {
        const float next[2] = {power[0] * x[0], power[1] * x[1]};
#pragma unroll
        for (int half = 0; half < 2; half++) {
          multiply_tf32(moments[p][half], power[0], next[0], power[1], next[1], b[2 * half],
                        b[PITCH + 2 * half]);
        }
        power[0] = next[0] * x[0];
        power[1] = next[1] * x[1];
      }
    }
#pragma unroll
    for (int k = 0; k < K; k++) {
      const float series = total<POWERS>(moments, k, of.decay[k] * LN_2 * middle);
      const float added = fmaf(exp2_approx((behind + middle) * of.decay[k]), series, sum[k]);
      // What has vanished may be too fast for the series.
      sum[k] = of.decay[k] * behind >= -VANISHED ? added : sum[k];
    }
  }

  template <int POWERS>
  __device__ __forceinline__ static float total(const float (&moments)[POWERS / 2][2][4], int k,
                                                float a) {
    constexpr float FACTORS[] = {1.0f,      1.0f,       1.0f / 2,   1.0f / 6,
                                 1.0f / 24, 1.0f / 120, 1.0f / 720, 1.0f / 5040};
    float sum = moments[POWERS / 2 - 1][k / 2][2 + k % 2] * FACTORS[POWERS - 1];
#pragma unroll
    for (int p = POWERS - 2; p >= 0; p--) {
      sum = fmaf(sum, a, moments[p / 2][k / 2][p % 2 * 2 + k % 2] * FACTORS[p]);
    }
    return sum;
  }
};
