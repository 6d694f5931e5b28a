// Which keys a query sees, and which queries see a key. Both are stretches of neighbours.

#pragma once

#include "common/tensor.cuh"

struct Stretch {
  int from;
  int to;  // behind the last; from >= to where there is none

  __device__ bool has(int i) const { return i >= from && i < to; }
};

// What any and what all of some rows see, at least of those that see something.
struct Seen {
  Stretch any;
  Stretch all;
};

// Of queries and keys that are the same tokens. Causal without a window has window INT32_MAX.
struct Visible {
  const int2* documents;  // [batch, length] where each one begins and ends; null for one a row
  int length;
  int causal;
  int window;

  __device__ Stretch document(int64_t row, int i) const {
    if (documents == nullptr) return {0, length};
    const int2 ends = documents[row * length + i];
    return {ends.x, ends.y};
  }

  __device__ Stretch keys_of(int64_t row, int query) const {
    if (query >= length) return {INT32_MAX, 0};
    const Stretch all = document(row, query);
    if (!causal) return all;
    return {max(all.from, query - min(window, length) + 1), min(all.to, query + 1)};
  }

  // Of a tile of queries. Where stretches begin and where they end both grow with the query.
  __device__ Seen keys_of_tile(int64_t row, int first, int count) const {
    const Stretch head = keys_of(row, first);
    const Stretch tail = keys_of(row, min(first + count, length) - 1);
    return {{head.from, tail.to}, {tail.from, head.to}};
  }

  __device__ Stretch queries_of(int64_t row, int key) const {
    if (key >= length) return {INT32_MAX, 0};
    const Stretch all = document(row, key);
    if (!causal) return all;
    return {max(all.from, key), min(all.to, key + min(window, length))};
  }
};

// Of new tokens and the cache they were put into.
struct VisibleInCache {
  const int32_t* lengths;    // [batch] tokens that were cached before
  const int32_t* positions;  // [batch, length] index among the new ones, −1 for padding; or null
  int length;
  int capacity;
  int window;

  // Where in the cache a new token lies; −1 for padding, and for what has no room.
  __device__ int place(int64_t row, int query) const {
    const int index = positions ? positions[row * length + query] : query;
    const int64_t at = int64_t{lengths[row]} + index;
    return index < 0 || at < 0 || at >= capacity ? -1 : static_cast<int>(at);
  }

  __device__ Stretch keys_of(int64_t row, int query) const {
    const int at = query < length ? place(row, query) : -1;
    if (at < 0) return {INT32_MAX, 0};
    return {max(0, at + 1 - min(window, capacity)), at + 1};
  }

  // Of a tile of queries, the same for all lanes of a warp.
  __device__ Seen keys_of_tile(int64_t row, int first, int count) const {
    Seen seen{{INT32_MAX, 0}, {0, INT32_MAX}};
    for (int i = threadIdx.x % 32; i < count; i += 32) {
      const Stretch keys = keys_of(row, first + i);
      if (keys.from >= keys.to) continue;
      seen.any = {min(seen.any.from, keys.from), max(seen.any.to, keys.to)};
      seen.all = {max(seen.all.from, keys.from), min(seen.all.to, keys.to)};
    }
    constexpr unsigned WARP = 0xffffffffu;
    return {{__reduce_min_sync(WARP, seen.any.from), __reduce_max_sync(WARP, seen.any.to)},
            {__reduce_max_sync(WARP, seen.all.from), __reduce_min_sync(WARP, seen.all.to)}};
  }
};

// May be called again at once: nobody begins anew before all have read.
__device__ __forceinline__ Seen seen_by_block(Stretch mine) {
  __shared__ int bounds[4];
  if (threadIdx.x == 0) {
    bounds[0] = INT32_MAX;
    bounds[1] = 0;
    bounds[2] = 0;
    bounds[3] = INT32_MAX;
  }
  __syncthreads();
  const bool sees = mine.from < mine.to;
  const int from = __reduce_min_sync(0xffffffffu, sees ? mine.from : INT32_MAX);
  const int to = __reduce_max_sync(0xffffffffu, sees ? mine.to : 0);
  const int last_from = __reduce_max_sync(0xffffffffu, sees ? mine.from : 0);
  const int first_to = __reduce_min_sync(0xffffffffu, sees ? mine.to : INT32_MAX);
  if (threadIdx.x % 32 == 0) {
    atomicMin(&bounds[0], from);
    atomicMax(&bounds[1], to);
    atomicMax(&bounds[2], last_from);
    atomicMin(&bounds[3], first_to);
  }
  __syncthreads();
  const Seen seen{{bounds[0], bounds[1]}, {bounds[2], bounds[3]}};
  __syncthreads();
  return seen;
}
