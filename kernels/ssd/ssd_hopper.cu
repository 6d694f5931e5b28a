#include "ssd/prepare.cuh"
#include "ssd/recurrence.cuh"

// Scores of a group in a chunk of 64 positions, C·Bᵀ where it is not beyond the diagonal.
struct Scores {
  static constexpr int THREADS = 256;

  const Call<bf16>& call;
  const int64_t chunk, group, b;
  const uint32_t memory;

  __device__ Panel c(int k) const { return {memory + k / PANEL * TILE, TILE}; }
  __device__ Panel keys(int k) const { return {memory + (2 + k / PANEL) * TILE, TILE}; }

  __device__ void fetch() const {
    const int64_t first = chunk * PANEL;
    const int rows = static_cast<int>(min(call.length - first, static_cast<int64_t>(PANEL)));
    const bf16* from = call.xbc + (b * call.length + first) * call.width();
    for (int k = 0; k < STATES; k += PANEL) {
      fetch_rows<PANEL, THREADS>(c(k), from + call.column_c(group) + k, call.width(), rows, PANEL,
                             true);
      fetch_rows<PANEL, THREADS>(keys(k), from + call.column_b(group) + k, call.width(), rows, PANEL,
                             true);
    }
    fetches_end();
  }

  // Stores them as a panel. A warp has 16 rows and 32 columns.
  __device__ void compute() const {
    await_fetches<0>();
    __syncthreads();
    const int first = threadIdx.x / 32 % 4 * 16;
    const int column = threadIdx.x / 128 * 32;
    if (column > first) return;
    Sums sums[4] = {};
#pragma unroll
    for (int k = 0; k < STATES; k += 16) {
      const Factor<1> a = left<1>(c(k), first, k % PANEL);
#pragma unroll
      for (int j = 0; j < 2; j++) {
        multiply(sums[2 * j], sums[2 * j + 1], a,
                 right_turned<1>(keys(k), k % PANEL, column + 16 * j));
      }
    }
    bf16* out = call.scores + ((b * call.chunks + chunk) * call.groups + group) * TILE_ELEMENTS;
#pragma unroll
    for (int half = 0; half < 2; half++) {
      uint32_t words[4];
#pragma unroll
      for (int j = 0; j < 4; j++) words[j] = pack(sums[j][2 * half], sums[j][2 * half + 1]);
      turn_words(words);
      const uint32_t at = place(first + row_of(half), column / 8 + (threadIdx.x & 3));
      *reinterpret_cast<uint4*>(out + at / sizeof(bf16)) =
          make_uint4(words[0], words[1], words[2], words[3]);
    }
  }
};

// Describes x and y to the copy engine.
__device__ void make_maps(const Call<bf16>& call) {
#if defined(__CUDA_ARCH_FEAT_SM90_ALL)
  __shared__ __align__(128) uint4 built[2][8];
  if (threadIdx.x == 0) {
    make_map(call.maps, built[0], call.xbc, call.batch, call.length, call.width());
  } else if (threadIdx.x == 32) {
    make_map(call.maps + 8, built[1], call.y, call.batch, call.length, call.inner());
  }
#endif
}

// Scores, and while those of the first group arrive step sizes and decays of all heads.
extern "C" __global__ void __launch_bounds__(Scores::THREADS)
    ssd_prepare_scores(__grid_constant__ const Call<bf16> call, float min_step, float max_step) {
  extern __shared__ __align__(128) char memory[];
  let_successor_begin();
  wait_for_predecessor();
  const Scores scores{call, blockIdx.x, blockIdx.y, blockIdx.z, shared_address(memory)};
  scores.fetch();
  if (blockIdx.x + blockIdx.y + blockIdx.z == 0) make_maps(call);
  if (blockIdx.y == 0) {
    prepare<Call<bf16>, bf16, PANEL, false>(call, blockIdx.x, blockIdx.z, min_step, max_step);
  }
  scores.compute();
}

// The bodies are empty but for sm_90a, where alone these kernels are launched.
#if defined(__CUDA_ARCH_FEAT_SM90_ALL)
#define RUN(AHEAD)                                          \
  extern __shared__ char raw[];                             \
  __shared__ __align__(8) uint64_t made[2 * MOST_STAGES];   \
  Recurrence(call, stages).run<AHEAD>(raw, made);
#else
#define RUN(AHEAD)
#endif

extern "C" __global__ void __launch_bounds__(128 * MOST_HEADS + 128, 1)
    ssd_recurrence_bf16(__grid_constant__ const Call<bf16> call, int stages) {
  RUN(false)
}

extern "C" __global__ void __launch_bounds__(128 * MOST_HEADS + 128, 1)
    ssd_recurrence_ahead_bf16(__grid_constant__ const Call<bf16> call, int stages) {
  RUN(true)
}
