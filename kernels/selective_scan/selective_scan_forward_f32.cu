#include "selective_scan/forward_kernels.cuh"

FORWARDS(float, f32)
