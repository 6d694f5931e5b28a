// Rows of a matrix in groups whose sizes are known to the device alone: group g has the rows from
// offsets[g] to below offsets[g + 1].

#pragma once

#include "common/tensor.cuh"

// Some neighbouring rows of one group; `group` is the number of groups for rows behind the last.
struct RowTile {
  int group;
  int rows;
  int64_t row;
};

// The index-th tile of at most `most` rows, where tiles do not cross groups. There are at most
// ceil(rows / most) + groups of them; what is beyond has no rows. To be called by whole warps.
__device__ __forceinline__ RowTile find_tile(const int32_t* offsets, int groups, int64_t rows,
                                             int most, int64_t index) {
  const int lane = threadIdx.x % 32;
  int64_t before = 0;
  for (int first = 0; first <= groups; first += 32) {
    const int g = first + lane;
    const int64_t begin = g <= groups ? offsets[g] : rows;
    const int64_t end = g < groups ? offsets[g + 1] : rows;
    const int64_t own = (end - begin + most - 1) / most;
    int64_t sum = own;
#pragma unroll
    for (int distance = 1; distance < 32; distance *= 2) {
      const int64_t left = __shfl_up_sync(0xffffffffu, sum, distance);
      if (lane >= distance) sum += left;
    }
    sum += before;
    const unsigned holds = __ballot_sync(0xffffffffu, index < sum);
    if (holds) {
      const int owner = __ffs(holds) - 1;
      const int64_t from = begin + (index - (sum - own)) * most;
      const int64_t row = __shfl_sync(0xffffffffu, from, owner);
      const int64_t last = __shfl_sync(0xffffffffu, end, owner);
      const int64_t left = last - row;
      return {first + owner, static_cast<int>(left < most ? left : most), row};
    }
    before = __shfl_sync(0xffffffffu, sum, 31);
  }
  return {groups, 0, rows};
}

// A tile of a result [rows in groups, columns]. Grid: tiles of columns for one tile of rows after the
// other, so that blocks that run together read the same rows and the matrix of one group.
struct ResultTile {
  RowTile rows;
  int64_t column;
};

__device__ __forceinline__ ResultTile result_tile(const int32_t* offsets, int groups, int64_t rows,
                                                  int most_rows, int64_t columns,
                                                  int most_columns) {
  const unsigned across = static_cast<unsigned>((columns + most_columns - 1) / most_columns);
  const unsigned down = blockIdx.x / across;
  return {find_tile(offsets, groups, rows, most_rows, down),
          static_cast<int64_t>(blockIdx.x - down * across) * most_columns};
}
