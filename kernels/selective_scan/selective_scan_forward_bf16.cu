#include "selective_scan/forward_kernels.cuh"

FORWARDS(bf16, bf16)
