#include "selective_scan/backward_kernels.cuh"

BACKWARD(bf16, bf16, 1, 32, 1, 2)
BACKWARD(bf16, bf16, 4, 32, 2, 2)
BACKWARD(bf16, bf16, 16, 16, 1, 2)
