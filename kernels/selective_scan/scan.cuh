// What the kernels of the selective scan share.
//
//   Δ_t = softplus(delta_t + bias)    h_t = exp(Δ_t·A)·h_{t−1} + Δ_t·u_t·B_t
//   y_t = (h_t·C_t + skip·u_t)·SiLU(gate_t)
//
// A state needs one exponential a step, which is what bounds the scan; everything else is arranged
// around it. A channel's states lie over LANES neighbouring lanes. In every group of LANES steps
// each lane prepares and finishes one step, and all of them advance their states through the group.

#pragma once

#include "common/activation.cuh"

constexpr int LANES = 4;
constexpr int THREADS = 128;  // of a block
constexpr int THREAD_CHANNELS = THREADS / LANES;  // channels that are worked on at a time
constexpr unsigned ALL_LANES = 0xffffffffu;
constexpr float LN_2 = 0.6931471805599453f;

// Large enough that every decay becomes zero: a new document forgets the one before.
constexpr float FORGET = 1e30f;

// A state that decays more slowly never would in F32, but has to forget too.
constexpr float LEAST_DECAY = 1e-25f;

// From here on 2^−x leaves nothing that F32 could tell, next to what came since.
constexpr float VANISHED = 64.0f;

// Operands as the host gives them, all of 64 bits.
template <typename T>
struct Scan {
  const T* u;
  const T* delta;
  const float* a_log;
  const T* b;
  const T* c;
  const float* skip;
  const T* gate;
  const float* bias;
  const int32_t* segments;
  int64_t length;
  int64_t channels;
  int64_t states;
  int64_t chunk;     // steps a block goes through
  int64_t softplus;  // whether Δ is softplus of what is given
  int64_t reversed;
  int64_t channel_vectors;  // whether rows of channels can be read 16 bytes at a time
  int64_t state_vectors;    // whether rows of states can be read four at a time
};

// Sums S values over the lanes that differ in the bits from LOWEST to HIGHEST of their numbers. With
// R lanes, the one that is r-th among them ends with the sums of the values from r·S/R on, S/R of
// them, in value[0] and following.
template <int LOWEST, int HIGHEST, int S, int ALL>
__device__ __forceinline__ void sum_over_lanes(float (&value)[ALL]) {
  const bool up = threadIdx.x & HIGHEST;
#pragma unroll
  for (int i = 0; i < S / 2; i++) {
    const float send = up ? value[i] : value[i + S / 2];
    const float keep = up ? value[i + S / 2] : value[i];
    value[i] = keep + __shfl_xor_sync(ALL_LANES, send, HIGHEST);
  }
  if constexpr (LOWEST < HIGHEST) sum_over_lanes<LOWEST, HIGHEST / 2, S / 2>(value);
}

__device__ __forceinline__ float sum_over_channel(float value) {
  value += __shfl_xor_sync(ALL_LANES, value, 1);
  return value + __shfl_xor_sync(ALL_LANES, value, 2);
}

__device__ __forceinline__ float of_step(float value, int step) {
  return __shfl_sync(ALL_LANES, value, step, LANES);
}

// Neighbouring states as one load.
template <int K>
__device__ __forceinline__ void read_states(const float* from, float (&to)[K]) {
  if constexpr (K % 4 == 0) {
#pragma unroll
    for (int k = 0; k < K; k += 4) {
      const float4 four = *reinterpret_cast<const float4*>(from + k);
      to[k] = four.x;
      to[k + 1] = four.y;
      to[k + 2] = four.z;
      to[k + 3] = four.w;
    }
  } else {
#pragma unroll
    for (int k = 0; k < K; k++) to[k] = from[k];
  }
}

template <int K>
__device__ __forceinline__ void write_states(float* to, const float (&from)[K]) {
  if constexpr (K % 4 == 0) {
#pragma unroll
    for (int k = 0; k < K; k += 4) {
      *reinterpret_cast<float4*>(to + k) =
          make_float4(from[k], from[k + 1], from[k + 2], from[k + 3]);
    }
  } else {
#pragma unroll
    for (int k = 0; k < K; k++) to[k] = from[k];
  }
}

// Adds a product of 16 by 8 and 8 by 8 of TF32. With r = lane / 4 and c = lane % 4, a thread has of the
// left matrix rows r and r + 8 of column c, then of column c + 4; of the right one rows c and c + 4
// of column r; of the sums columns 2c and 2c + 1 of row r, then of row r + 8.
__device__ __forceinline__ void multiply_tf32(float (&sum)[4], float a0, float a1, float a2,
                                              float a3, float b0, float b1) {
  asm("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 "
      "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
      : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
      : "r"(__float_as_uint(a0)), "r"(__float_as_uint(a1)), "r"(__float_as_uint(a2)),
        "r"(__float_as_uint(a3)), "r"(__float_as_uint(b0)), "r"(__float_as_uint(b1)));
}

// The product of 16 by 4 and 4 by 8 alike: of the left matrix a thread has rows r and r + 8 of column
// c, of the right one row c of column r.
__device__ __forceinline__ void outer_tf32(float (&product)[4], float a0, float a1, float b) {
  asm("mma.sync.aligned.m16n8k4.row.col.f32.tf32.tf32.f32 "
      "{%0, %1, %2, %3}, {%4, %5}, {%6}, {%7, %7, %7, %7};"
      : "=f"(product[0]), "=f"(product[1]), "=f"(product[2]), "=f"(product[3])
      : "r"(__float_as_uint(a0)), "r"(__float_as_uint(a1)), "r"(__float_as_uint(b)), "f"(0.0f));
}

// To the nearest that TF32 holds; products take what they are given for less.
__device__ __forceinline__ float round_to_tf32(float value) {
  return __uint_as_float(__float_as_uint(value) + 0x1000u);
}

// What a thread works on: K states of a channel, neighbours or LANES apart.
template <typename T, int K, bool APART = false>
struct Lane {
  static constexpr int STATES = LANES * K;  // zeros behind the real ones

  int lane;
  int local;        // the channel's place in the block
  bool mine;        // else the channel is a copy of the last one, and nothing is written
  int64_t channel;
  int64_t batch;
  float decay[K];  // A·log2(e)

  __device__ __forceinline__ Lane(const Scan<T>& scan, int64_t first_channel, int before = 0)
      : lane(threadIdx.x % LANES),
        local(before + threadIdx.x / LANES),
        mine(first_channel + local < scan.channels),
        channel(mine ? first_channel + local : scan.channels - 1),
        batch(blockIdx.y) {
#pragma unroll
    for (int k = 0; k < K; k++) {
      const float a = state(k) < scan.states
                          ? expf(scan.a_log[channel * scan.states + state(k)]) * LOG2_E
                          : 1.0f;
      decay[k] = -fmaxf(a, LEAST_DECAY);
    }
  }

  __device__ __forceinline__ int state(int k) const {
    return APART ? k * LANES + lane : lane * K + k;
  }

  // The channel's states in [rows, channels, states].
  __device__ __forceinline__ int64_t at(const Scan<T>& scan, int64_t row) const {
    return (row * scan.channels + channel) * scan.states;
  }

  // Whether the lane's states are there and can be moved as vectors.
  __device__ __forceinline__ bool vectors(const Scan<T>& scan) const {
    return !APART && K % 4 == 0 && scan.states == STATES;
  }

  __device__ __forceinline__ void read(const Scan<T>& scan, const float* from, int64_t row,
                                       float (&to)[K]) const {
    if (from && vectors(scan)) {
      read_states(from + at(scan, row) + state(0), to);
      return;
    }
#pragma unroll
    for (int k = 0; k < K; k++) {
      to[k] = from && state(k) < scan.states ? from[at(scan, row) + state(k)] : 0.0f;
    }
  }

  __device__ __forceinline__ void write(const Scan<T>& scan, float* to, int64_t row,
                                        const float (&from)[K]) const {
    if (!mine) return;
    if (vectors(scan)) {
      write_states(to + at(scan, row) + state(0), from);
      return;
    }
#pragma unroll
    for (int k = 0; k < K; k++) {
      if (state(k) < scan.states) to[at(scan, row) + state(k)] = from[k];
    }
  }
};
