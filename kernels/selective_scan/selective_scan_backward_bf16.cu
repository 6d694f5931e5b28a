#include "selective_scan/backward_kernels.cuh"

BACKWARDS(bf16, bf16)
