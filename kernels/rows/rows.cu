// Rows taken from tables and added to them.

#include "common/tensor.cuh"

// out[i] = table[indices[i]], rows of `width` words of 1 to 16 bytes; an index that
// is not among the rows gives zeros.
#define GATHER(T, NAME)                                                                        \
  extern "C" __global__ void gather_rows_##NAME(const T* table, const int32_t* indices, T* out, \
                                                int64_t rows, int64_t width, int64_t n) {      \
    let_successor_begin();                                                                     \
    GRID_LOOP(i, n) {                                                                          \
      const int64_t row = i / width;                                                           \
      const int64_t index = indices[row];                                                      \
      out[i] = index >= 0 && index < rows ? table[index * width + (i - row * width)] : T{};    \
    }                                                                                          \
  }

GATHER(uint8_t, 1)
GATHER(uint16_t, 2)
GATHER(uint32_t, 4)
GATHER(uint64_t, 8)
GATHER(uint4, 16)

// table[t] (+)= Σ of the rows whose index is t, in their order. A block owns every gridDim.x-th row
// of the table, since neighbours are often used alike. It looks through all indices, in windows; of a window it lists those that are its own, and
// its warps then add the listed rows, each warp to a stretch of V elements a lane of one row of the
// table. So nothing is added to by two.
template <int V>
__device__ __forceinline__ void scatter(const int32_t* indices, const float* rows, float* table,
                                        int64_t count, int64_t table_rows, int64_t width,
                                        int accumulate) {
  constexpr int EACH = 8;  // indices that a thread looks at in a window
  constexpr int THREADS = 256;
  constexpr int WARPS = THREADS / 32;
  constexpr int WINDOW = EACH * THREADS;
  constexpr int MOST_OWNED = 256;
  constexpr int AT_ONCE = 8;
  __shared__ int32_t places[WINDOW];
  __shared__ int16_t owners[WINDOW];
  __shared__ int found[MOST_OWNED];
  __shared__ int totals[WARPS];

  const int warp = threadIdx.x / 32;
  const int lane = threadIdx.x % 32;
  const int blocks = gridDim.x;
  const int mine = static_cast<int>((table_rows - blockIdx.x + blocks - 1) / blocks);
  const int64_t stretches = (width + 32 * V - 1) / (32 * V);
  auto own = [&](int64_t r) { return table + (blockIdx.x + r * blocks) * width; };
  if (!accumulate) {
    for (int r = 0; r < mine; r++) {
      for (int64_t i = threadIdx.x; i < width; i += THREADS) own(r)[i] = 0.0f;
    }
  }

  for (int64_t from = 0; from < count; from += WINDOW) {
    for (int r = threadIdx.x; r < mine; r += THREADS) found[r] = 0;
    int here[EACH];
    int matches = 0;
#pragma unroll
    for (int e = 0; e < EACH; e++) {
      const int64_t i = from + threadIdx.x * EACH + e;
      const int index = i < count ? indices[i] : -1;
      const bool is_mine = index >= 0 && index < table_rows && index % blocks == blockIdx.x;
      here[e] = is_mine ? index / blocks : -1;
      matches += here[e] >= 0;
    }
    if (__syncthreads_count(matches) == 0) continue;
    int before = matches;
#pragma unroll
    for (int step = 1; step < 32; step *= 2) {
      const int other = __shfl_up_sync(0xffffffffu, before, step);
      if (lane >= step) before += other;
    }
    if (lane == 31) totals[warp] = before;
    __syncthreads();
    int listed = 0;
    int at = before - matches;
    for (int w = 0; w < WARPS; w++) {
      if (w < warp) at += totals[w];
      listed += totals[w];
    }
#pragma unroll
    for (int e = 0; e < EACH; e++) {
      if (here[e] < 0) continue;
      places[at] = threadIdx.x * EACH + e;
      owners[at] = static_cast<int16_t>(here[e]);
      at++;
      atomicAdd(found + here[e], 1);
    }
    __syncthreads();
    for (int64_t task = warp; task < mine * stretches; task += WARPS) {
      const int r = static_cast<int>(task / stretches);
      if (found[r] == 0) continue;
      const int64_t column = (task - r * stretches) * 32 * V + lane * V;
      const bool there = column < width;
      float sum[V];
#pragma unroll
      for (int v = 0; v < V; v++) sum[v] = 0.0f;
      int left = found[r];
      for (int i = 0; left > 0; i += 32) {
        unsigned matching = __ballot_sync(0xffffffffu, i + lane < listed && owners[i + lane] == r);
        left -= __popc(matching);
        while (matching) {
          float value[AT_ONCE][V];
          int taken = 0;
#pragma unroll
          for (int u = 0; u < AT_ONCE; u++) {
#pragma unroll
            for (int v = 0; v < V; v++) value[u][v] = 0.0f;
            if (!matching) continue;
            const float* row = rows + (from + places[i + __ffs(matching) - 1]) * width + column;
            matching &= matching - 1;
            taken++;
            if (!there) continue;
            if constexpr (V == 4) {
              const float4 four = *reinterpret_cast<const float4*>(row);
              value[u][0] = four.x;
              value[u][1] = four.y;
              value[u][2] = four.z;
              value[u][3] = four.w;
            } else {
              value[u][0] = *row;
            }
          }
#pragma unroll
          for (int u = 0; u < AT_ONCE; u++) {
#pragma unroll
            for (int v = 0; v < V; v++) sum[v] += u < taken ? value[u][v] : 0.0f;
          }
        }
      }
      if (there) {
#pragma unroll
        for (int v = 0; v < V; v++) own(r)[column + v] += sum[v];
      }
    }
    __syncthreads();
  }
}

#define SCATTER(V)                                                                             \
  extern "C" __global__ void __launch_bounds__(256) scatter_rows_f32_##V(                      \
      const int32_t* indices, const float* rows, float* table, int64_t count,                  \
      int64_t table_rows, int64_t width, int accumulate) {                                     \
    scatter<V>(indices, rows, table, count, table_rows, width, accumulate);                    \
  }

SCATTER(1)
SCATTER(4)
