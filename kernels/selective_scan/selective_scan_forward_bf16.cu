#include "selective_scan/forward_kernels.cuh"

FORWARDS(bf16, bf16)
FORWARD(bf16, bf16_4x2, 4, 32, 2, 3)
