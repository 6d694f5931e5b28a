#include "common/tensor.cuh"

// Describes tensors [batch, length, heads, width] of BF16 to the copy engine of Hopper GPUs, 128
// bytes each. A copy takes 64 features of some rows of one head, its coordinates being feature,
// row, head and row of the batch; what lies outside is zero. Beside, it clears a count.
constexpr int MAX_MAPS = 4;

struct Maps {
  struct {
    int64_t address;
    int64_t width;
    int64_t length;
    int64_t heads;
    int64_t batch;
    int64_t rows;  // of a copy
  } of[MAX_MAPS];
};

extern "C" __global__ void attention_maps(uint4* out, int* taken, const Maps maps) {
#if defined(__CUDA_ARCH_FEAT_SM90_ALL)
  __shared__ __align__(128) uint4 built[MAX_MAPS][8];
  if (threadIdx.x == 0) *taken = 0;
  if (threadIdx.x % 32 != 0) return;
  const int index = threadIdx.x / 32;
  const auto& map = maps.of[index];
  const uint32_t at = shared_address(built[index]);
  for (int i = 0; i < 8; i++) built[index][i] = make_uint4(0, 0, 0, 0);

#define MAP_FIELD(FIELD, TYPE, CONSTRAINT, VALUE)                                           \
  asm volatile("tensormap.replace.tile." FIELD ".shared::cta.b1024." TYPE ";" ::"r"(at),    \
               CONSTRAINT(VALUE)                                                            \
               : "memory")
  MAP_FIELD("global_address", "b64 [%0], %1", "l", map.address);
  MAP_FIELD("rank", "b32 [%0], %1", "n", 3);  // one less
  MAP_FIELD("global_dim", "b32 [%0], 0, %1", "r", static_cast<int>(map.width));
  MAP_FIELD("global_dim", "b32 [%0], 1, %1", "r", static_cast<int>(map.length));
  MAP_FIELD("global_dim", "b32 [%0], 2, %1", "r", static_cast<int>(map.heads));
  MAP_FIELD("global_dim", "b32 [%0], 3, %1", "r", static_cast<int>(map.batch));
  MAP_FIELD("global_stride", "b64 [%0], 0, %1", "l", 2 * map.width * map.heads);
  MAP_FIELD("global_stride", "b64 [%0], 1, %1", "l", 2 * map.width);
  MAP_FIELD("global_stride", "b64 [%0], 2, %1", "l", 2 * map.width * map.heads * map.length);
  MAP_FIELD("box_dim", "b32 [%0], 0, %1", "r", 64);
  MAP_FIELD("box_dim", "b32 [%0], 1, %1", "r", static_cast<int>(map.rows));
  MAP_FIELD("box_dim", "b32 [%0], 2, %1", "r", 1);
  MAP_FIELD("box_dim", "b32 [%0], 3, %1", "r", 1);
  MAP_FIELD("element_stride", "b32 [%0], 0, %1", "r", 1);
  MAP_FIELD("element_stride", "b32 [%0], 1, %1", "r", 1);
  MAP_FIELD("element_stride", "b32 [%0], 2, %1", "r", 1);
  MAP_FIELD("element_stride", "b32 [%0], 3, %1", "r", 1);
  MAP_FIELD("elemtype", "b32 [%0], %1", "n", 10);         // BF16
  MAP_FIELD("interleave_layout", "b32 [%0], %1", "n", 0);  // none
  MAP_FIELD("swizzle_mode", "b32 [%0], %1", "n", 3);       // over 128 bytes
  MAP_FIELD("fill_mode", "b32 [%0], %1", "n", 0);          // zeros
  for (int i = 0; i < 8; i++) out[8 * index + i] = built[index][i];
  asm volatile("fence.proxy.tensormap::generic.release.gpu;" ::: "memory");
#endif
}
