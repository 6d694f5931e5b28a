#include "ssd/prepare.cuh"
#include "ssd/recurrence.cuh"

// C·Bᵀ of the 64 positions of a chunk where it is not before the diagonal, as rows.
__device__ void score(const Call<bf16>& call, int64_t chunk, int64_t group, int64_t b,
                      uint32_t memory) {
  const int rows = static_cast<int>(min(call.length - chunk * PANEL, static_cast<int64_t>(PANEL)));
  const bf16* from = call.xbc + (b * call.length + chunk * PANEL) * call.width();
  for (int i = 0; i < STATES / PANEL; i++) {
    fetch_rows<PANEL, 128>(Panel{memory + i * TILE, TILE}, from + call.column_c(group) + i * PANEL,
                           call.width(), rows, PANEL, true);
    fetch_rows<PANEL, 128>(Panel{memory + (2 + i) * TILE, TILE},
                           from + call.column_b(group) + i * PANEL, call.width(), rows, PANEL,
                           true);
  }
  fetches_end();
  await_fetches<0>();
  __syncthreads();
  const int first = threadIdx.x / 32 * 16;
  Sums sums[8] = {};
#pragma unroll
  for (int k = 0; k < STATES; k += 16) {
    const Factor<1> a = left<1>(Panel{memory + k / PANEL * TILE, TILE}, first, k % PANEL);
    const Panel keys{memory + (2 + k / PANEL) * TILE, TILE};
#pragma unroll
    for (int j = 0; j < 4; j++) {
      if (16 * j <= first) {
        multiply(sums[2 * j], sums[2 * j + 1], a, right_turned<1>(keys, k % PANEL, 16 * j));
      }
    }
  }
  bf16* out = call.scores + ((b * call.chunks + chunk) * call.groups + group) * TILE_ELEMENTS;
#pragma unroll
  for (int half = 0; half < 2; half++) {
    uint32_t words[8];
#pragma unroll
    for (int j = 0; j < 8; j++) words[j] = pack(sums[j][2 * half], sums[j][2 * half + 1]);
    store_words(out + (first + row_of(half)) * PANEL, true, words, PANEL);
  }
}

// Step sizes, decays and scores, some blocks a chunk: one that prepares heads, then one a group.
extern "C" __global__ void __launch_bounds__(128)
    ssd_prepare_scores(__grid_constant__ const Call<bf16> call, float min_step, float max_step) {
  extern __shared__ __align__(128) char memory[];
  if (blockIdx.y > 0) {
    score(call, blockIdx.x, blockIdx.y - 1, blockIdx.z, shared_address(memory));
    return;
  }
#if defined(__CUDA_ARCH_FEAT_SM90_ALL)
  if (blockIdx.x + blockIdx.z == 0) {
    uint4* built = reinterpret_cast<uint4*>(memory);
    if (threadIdx.x == 0) {
      make_map(call.maps, built, call.xbc, call.batch, call.length, call.width());
    } else if (threadIdx.x == 32) {
      make_map(call.maps + 8, built + 8, call.y, call.batch, call.length, call.inner());
    }
  }
#endif
  prepare<Call<bf16>, bf16, PANEL>(call, blockIdx.x, blockIdx.z, min_step, max_step);
}

extern "C" __global__ void __launch_bounds__(128 * MOST_HEADS + 128, 1)
    ssd_recurrence_bf16(__grid_constant__ const Call<bf16> call, int stages) {
#if defined(__CUDA_ARCH_FEAT_SM90_ALL)
  extern __shared__ char raw[];
  __shared__ __align__(8) uint64_t made[2 * MOST_STAGES];
  Recurrence(call, stages).run(raw, made);
#endif
}
