#include "selective_scan/backward_kernels.cuh"

BACKWARDS(float, f32)
