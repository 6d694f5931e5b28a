#include "causal_conv/forward.cuh"

CONV_FORWARD(float, f32, 4, 4)
CONV_FORWARD(float, f32, 4, 1)
CONV_FORWARD(float, f32, 8, 1)
CONV_FORWARD(bf16, bf16, 4, 4)
CONV_FORWARD(bf16, bf16, 4, 1)
CONV_FORWARD(bf16, bf16, 8, 1)
