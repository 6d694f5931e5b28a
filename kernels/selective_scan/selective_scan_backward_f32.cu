#include "selective_scan/backward_kernels.cuh"

BACKWARD(float, f32, 1, 32, 1, 2)
BACKWARD(float, f32, 4, 32, 1, 2)
BACKWARD(float, f32, 16, 16, 1, 2)
