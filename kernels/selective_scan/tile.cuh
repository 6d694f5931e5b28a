// Tiles of some steps of the operands in shared memory.

#pragma once

#include <type_traits>

#include "common/quad.cuh"
#include "selective_scan/scan.cuh"

__device__ __forceinline__ void copy_async(void* to, const void* from, bool there) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(shared_address(to)), "l"(from),
               "r"(there ? 16 : 0)
               : "memory");
}

__device__ __forceinline__ void wait_for_copies() {
  asm volatile("cp.async.wait_all;" ::: "memory");
}

// Where a thread's vectors of a tile lie in [batch, length, columns]. Vectors of WIDTH elements,
// VECTORS to a row of the tile, are dealt to threads in the same way for every tile.
template <int STEPS, int VECTORS, int WIDTH>
struct Cursor {
  static constexpr int ROWS = THREADS / VECTORS;  // between a thread's vectors
  static constexpr int EACH = (STEPS + ROWS - 1) / ROWS;

  int64_t at;      // of the first vector
  int64_t stride;  // from a step to the next
  int64_t left;    // steps from the first vector to the end
  int columns;     // of the vectors that there are; not above zero if none
  int row;         // of the first vector
  int column;

  template <typename T>
  __device__ __forceinline__ Cursor(const Scan<T>& scan, int64_t all_columns,
                                    int64_t first_column, int64_t first)
      : row(threadIdx.x / VECTORS), column(threadIdx.x % VECTORS * WIDTH) {
    const int64_t step = first + row;
    const int64_t place = scan.reversed ? scan.length - 1 - step : step;
    at = (blockIdx.y * scan.length + place) * all_columns + first_column + column;
    stride = scan.reversed ? -all_columns : all_columns;
    left = scan.length - step;
    columns = static_cast<int>(
        min(all_columns - first_column - column, static_cast<int64_t>(WIDTH)));
    if (STEPS < ROWS && row >= STEPS) columns = 0;
  }

  __device__ __forceinline__ void move(int steps) {
    at += steps * stride;
    left -= steps;
  }

  __device__ __forceinline__ bool has(int e) const { return columns > 0 && left > e * ROWS; }

  __device__ __forceinline__ int64_t offset(int e) const { return at + e * ROWS * stride; }
};

// [STEPS, CHANNELS] of a stream.
template <typename T, int STEPS, int CHANNELS>
struct Tile {
  static constexpr int PITCH = CHANNELS + 8;  // spreads a group's steps over the banks
  static constexpr int WIDTH = 16 / sizeof(T);

  using Cursor = ::Cursor<STEPS, CHANNELS / WIDTH, WIDTH>;

  T element[STEPS * PITCH];

  // Zeros where there is nothing. Complete after wait_for_copies.
  __device__ __forceinline__ void fetch(const T* from, const Cursor& cursor, bool vectors) {
    if (STEPS < Cursor::ROWS && cursor.row >= STEPS) return;
#pragma unroll
    for (int e = 0; e < Cursor::EACH; e++) {
      T* to = element + (cursor.row + e * Cursor::ROWS) * PITCH + cursor.column;
      const bool there = cursor.has(e);
      const T* at = there ? from + cursor.offset(e) : from;
      if (vectors) {
        copy_async(to, at, there);
      } else {
#pragma unroll 1
        for (int v = 0; v < WIDTH; v++) {
          store(to + v, there && v < cursor.columns ? load(at + v) : 0.0f);
        }
      }
    }
  }

  __device__ __forceinline__ void put(T* to, const Cursor& cursor, bool vectors) const {
#pragma unroll
    for (int e = 0; e < Cursor::EACH; e++) {
      const T* from = element + (cursor.row + e * Cursor::ROWS) * PITCH + cursor.column;
      T* at = to + cursor.offset(e);
      if (!cursor.has(e)) continue;
      if (vectors) {
        *reinterpret_cast<uint4*>(at) = *reinterpret_cast<const uint4*>(from);
      } else {
#pragma unroll 1
        for (int v = 0; v < cursor.columns; v++) at[v] = from[v];
      }
    }
  }
};

// Four elements as one load. They stay bits until they are needed: elements would be taken apart,
// and waited for, right behind the load.
template <typename T>
struct Four {
  using Bits = std::conditional_t<sizeof(T) == 2, uint2, uint4>;

  Bits bits;

  __device__ __forceinline__ void read(const T* from) {
    bits = *reinterpret_cast<const Bits*>(from);
  }

  // The first of them, zeros behind.
  __device__ __forceinline__ void read(const T* from, int count) {
    alignas(sizeof(Bits)) T element[4];
#pragma unroll
    for (int v = 0; v < 4; v++) store(&element[v], v < count ? load(from + v) : 0.0f);
    bits = *reinterpret_cast<const Bits*>(element);
  }

  __device__ __forceinline__ float4 floats() const {
    if constexpr (sizeof(T) == 2) return quad_of(bits);
    else return *reinterpret_cast<const float4*>(&bits);
  }
};

// [STEPS, STATES] of B or C on their way, through registers, to floats in shared memory.
template <typename T, int STEPS, int STATES>
struct Weights {
  using Cursor = ::Cursor<STEPS, STATES / 4, 4>;

  Four<T> next[Cursor::EACH];

  __device__ __forceinline__ void fetch(const T* from, const Cursor& cursor, bool vectors) {
#pragma unroll
    for (int e = 0; e < Cursor::EACH; e++) {
      const bool there = cursor.has(e);
      const T* at = there ? from + cursor.offset(e) : from;
      next[e].bits = {};
      if (vectors) {
        if (there) next[e].read(at);
      } else if (there) {
        next[e].read(at, cursor.columns);
      }
    }
  }

  __device__ __forceinline__ void put(float* tile, const Cursor& cursor) const {
    if (STEPS < Cursor::ROWS && cursor.row >= STEPS) return;
#pragma unroll
    for (int e = 0; e < Cursor::EACH; e++) {
      float* to = tile + (cursor.row + e * Cursor::ROWS) * STATES + cursor.column;
      *reinterpret_cast<float4*>(to) = next[e].floats();
    }
  }

  // The same with the states of a lane together where they are LANES apart.
  template <int PITCH>
  __device__ __forceinline__ void put_apart(float* tile, const Cursor& cursor) const {
    if (STEPS < Cursor::ROWS && cursor.row >= STEPS) return;
#pragma unroll
    for (int e = 0; e < Cursor::EACH; e++) {
      constexpr int K = STATES / LANES;
      float* to = tile + (cursor.row + e * Cursor::ROWS) * PITCH + cursor.column / LANES;
      const float4 four = next[e].floats();
      to[0] = four.x;
      to[K] = four.y;
      to[2 * K] = four.z;
      to[3 * K] = four.w;
    }
  }
};

// What documents do at a step.
enum Mark { GOES_ON, BEGINS, NOTHING };

template <typename T>
__device__ __forceinline__ int32_t segment_at(const Scan<T>& scan, int64_t step) {
  const int64_t place = scan.reversed ? scan.length - 1 - step : step;
  return scan.segments[blockIdx.y * scan.length + place];
}

// The document of the last position before a step that was not padding, −1 before any. One warp.
template <typename T>
__device__ __forceinline__ int32_t document_before(const Scan<T>& scan, int64_t step) {
  for (int64_t at = step - 1 - threadIdx.x % 32;; at -= 32) {
    const int32_t segment = at >= 0 ? segment_at(scan, at) : -1;
    const unsigned there = __ballot_sync(ALL_LANES, segment >= 0);
    if (there) return __shfl_sync(ALL_LANES, segment, __ffs(there) - 1);
    if (!__ballot_sync(ALL_LANES, at >= 32)) return -1;
  }
}

// Whether all steps of a tile are there and go on.
template <int STEPS, typename T>
__device__ __forceinline__ bool unmarked(const Scan<T>& scan, int64_t first) {
  return !scan.segments && first + STEPS <= scan.length;
}

// Marks the steps of a tile that needs it. The first warp.
template <int STEPS, typename T>
__device__ __forceinline__ void mark(const Scan<T>& scan, int64_t first, int* marks) {
  if (threadIdx.x >= 32 || unmarked<STEPS>(scan, first)) return;
  const int lane = threadIdx.x;
  const int64_t step = first + lane;
  const bool there = lane < STEPS && step < scan.length;
  int mark = there ? GOES_ON : NOTHING;
  if (scan.segments) {
    const int32_t before_tile = document_before(scan, first);
    const int32_t segment = there ? segment_at(scan, step) : -1;
    const unsigned real = __ballot_sync(ALL_LANES, segment >= 0);
    const unsigned earlier = real & ((1u << lane) - 1u);
    const int32_t near = __shfl_sync(ALL_LANES, segment, earlier ? 31 - __clz(earlier) : 0);
    const int32_t previous = earlier ? near : before_tile;
    const bool begins = previous >= 0 && previous != segment;
    mark = segment < 0 ? NOTHING : begins ? BEGINS : GOES_ON;
  }
  if (lane < STEPS) marks[lane] = mark;
}
