// Tiles of some steps of the operands in shared memory.

#pragma once

#include "selective_scan/scan.cuh"

__device__ __forceinline__ void copy_async(void* to, const void* from, bool there) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(
                   static_cast<uint32_t>(__cvta_generic_to_shared(to))),
               "l"(from), "r"(there ? 16 : 0)
               : "memory");
}

__device__ __forceinline__ void wait_for_copies() {
  asm volatile("cp.async.wait_all;" ::: "memory");
}

// Where the steps of a block's channels lie in [batch, length, channels].
template <typename T>
struct Place {
  const Scan<T>& scan;
  const int64_t batch;
  const int64_t first_channel;

  __device__ Place(const Scan<T>& scan)
      : scan(scan),
        batch(blockIdx.y),
        first_channel(static_cast<int64_t>(blockIdx.x) * CHANNELS) {}

  __device__ __forceinline__ int64_t row(int64_t step) const {
    return batch * scan.length + (scan.reversed ? scan.length - 1 - step : step);
  }
};

// [STEPS, CHANNELS] of a stream.
template <typename T, int STEPS>
struct Tile {
  static constexpr int PITCH = CHANNELS + 8;  // spreads a group's steps over the banks
  static constexpr int VECTOR = 16 / sizeof(T);
  static constexpr int VECTORS = CHANNELS / VECTOR;

  T element[STEPS * PITCH];

  // Vectors are dealt to threads in the same way for every tile.
  template <typename Task>
  __device__ __forceinline__ static void each(Task task) {
    constexpr int MOST = (STEPS * VECTORS + THREADS - 1) / THREADS;
#pragma unroll
    for (int e = 0; e < MOST; e++) {
      const int i = threadIdx.x + e * THREADS;
      if (STEPS * VECTORS % THREADS == 0 || i < STEPS * VECTORS) {
        task(i / VECTORS, i % VECTORS * VECTOR);
      }
    }
  }

  // Zeros where there is nothing. Complete after wait_for_copies.
  __device__ __forceinline__ void fetch(const T* from, const Place<T>& place, int64_t first) {
    each([&](int step, int channel) {
      T* to = element + step * PITCH + channel;
      const int64_t left = place.scan.channels - place.first_channel - channel;
      const bool there = first + step < place.scan.length && left > 0;
      const T* at = from;
      if (there) {
        at += place.row(first + step) * place.scan.channels + place.first_channel + channel;
      }
      if (place.scan.channel_vectors) {
        copy_async(to, at, there);
      } else {
#pragma unroll
        for (int v = 0; v < VECTOR; v++) store(to + v, there && v < left ? load(at + v) : 0.0f);
      }
    });
  }

  __device__ __forceinline__ void put(T* to, const Place<T>& place, int64_t first) const {
    each([&](int step, int channel) {
      const T* from = element + step * PITCH + channel;
      const int64_t left = place.scan.channels - place.first_channel - channel;
      if (first + step >= place.scan.length || left <= 0) return;
      T* at = to + place.row(first + step) * place.scan.channels + place.first_channel + channel;
      if (place.scan.channel_vectors) {
        *reinterpret_cast<uint4*>(at) = *reinterpret_cast<const uint4*>(from);
      } else {
#pragma unroll
        for (int v = 0; v < VECTOR; v++) {
          if (v < left) at[v] = from[v];
        }
      }
    });
  }
};

__device__ __forceinline__ float4 load_four(const float* p) {
  return *reinterpret_cast<const float4*>(p);
}

__device__ __forceinline__ float4 load_four(const bf16* p) {
  const uint2 raw = *reinterpret_cast<const uint2*>(p);
  return make_float4(__uint_as_float(raw.x << 16), __uint_as_float(raw.x & 0xffff0000u),
                     __uint_as_float(raw.y << 16), __uint_as_float(raw.y & 0xffff0000u));
}

// [STEPS, STATES] of B or C on their way, through registers, to floats in shared memory.
template <typename T, int STEPS, int STATES>
struct Weights {
  static constexpr int VECTORS = STEPS * STATES / 4;
  static constexpr int EACH = (VECTORS + THREADS - 1) / THREADS;

  float4 next[EACH];

  __device__ __forceinline__ void fetch(const T* from, const Place<T>& place, int64_t first) {
#pragma unroll
    for (int e = 0; e < EACH; e++) {
      const int i = threadIdx.x + e * THREADS;
      const int64_t step = first + i / (STATES / 4);
      const int n = i % (STATES / 4) * 4;
      const int64_t left = i < VECTORS && step < place.scan.length ? place.scan.states - n : 0;
      const T* at = left > 0 ? from + place.row(step) * place.scan.states + n : from;
      if (place.scan.state_vectors) {
        next[e] = left > 0 ? load_four(at) : make_float4(0, 0, 0, 0);
      } else {
        next[e].x = left > 0 ? load(at) : 0.0f;
        next[e].y = left > 1 ? load(at + 1) : 0.0f;
        next[e].z = left > 2 ? load(at + 2) : 0.0f;
        next[e].w = left > 3 ? load(at + 3) : 0.0f;
      }
    }
  }

  __device__ __forceinline__ void put(float* tile) const {
#pragma unroll
    for (int e = 0; e < EACH; e++) {
      const int i = threadIdx.x + e * THREADS;
      if (VECTORS % THREADS == 0 || i < VECTORS) {
        *reinterpret_cast<float4*>(tile + 4 * i) = next[e];
      }
    }
  }
};

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

// What documents do at a step.
enum Mark { GOES_ON, BEGINS, NOTHING };

// The document of the last position before a step that was not padding, −1 before any. One warp.
template <typename T>
__device__ __forceinline__ int32_t document_before(const Place<T>& place, int64_t step) {
  for (int64_t at = step - 1 - threadIdx.x % 32;; at -= 32) {
    const int32_t segment = at >= 0 ? place.scan.segments[place.row(at)] : -1;
    const unsigned there = __ballot_sync(ALL_LANES, segment >= 0);
    if (there) return __shfl_sync(ALL_LANES, segment, __ffs(there) - 1);
    if (!__ballot_sync(ALL_LANES, at >= 32)) return -1;
  }
}

// Marks the steps of a tile. The first warp.
template <int STEPS, typename T>
__device__ __forceinline__ void mark(const Place<T>& place, int64_t first, int* marks) {
  if (threadIdx.x >= 32) return;
  const int lane = threadIdx.x;
  const int64_t step = first + lane;
  const bool there = lane < STEPS && step < place.scan.length;
  int mark = there ? GOES_ON : NOTHING;
  if (place.scan.segments) {
    const int32_t before_tile = document_before(place, first);
    const int32_t segment = there ? place.scan.segments[place.row(step)] : -1;
    const unsigned real = __ballot_sync(ALL_LANES, segment >= 0);
    const unsigned earlier = real & ((1u << lane) - 1u);
    const int32_t near = __shfl_sync(ALL_LANES, segment, earlier ? 31 - __clz(earlier) : 0);
    const int32_t previous = earlier ? near : before_tile;
    const bool begins = previous >= 0 && previous != segment;
    mark = segment < 0 ? NOTHING : begins ? BEGINS : GOES_ON;
  }
  if (lane < STEPS) marks[lane] = mark;
}
