#include "added_product/added_product.cuh"

// The bodies are empty but for sm_90a, where alone these kernels are launched.
#if defined(__CUDA_ARCH_FEAT_SM90_ALL)
#define CLUSTER __cluster_dims__(4, 1, 1)
#define RUN(COLUMNS)                                  \
  using Tile = AddedProductTile<COLUMNS>;             \
  extern __shared__ __align__(1024) uint8_t stages[]; \
  __shared__ Tile::Shared shared;                     \
  Tile(of, shared, shared_address(stages)).run();
#else
#define CLUSTER
#define RUN(COLUMNS)
#endif

#define ADDED_PRODUCT(WIDTH, COLUMNS)                                  \
  extern "C" __global__ void CLUSTER __launch_bounds__(384, 1)         \
      added_product_##WIDTH(const __grid_constant__ AddedProduct of) { \
    RUN(COLUMNS)                                                       \
  }

ADDED_PRODUCT(512, 128)
ADDED_PRODUCT(768, 192)
ADDED_PRODUCT(1024, 256)
