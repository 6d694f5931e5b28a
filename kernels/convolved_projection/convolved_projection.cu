#include "convolved_projection/convolved_projection.cuh"

CONVOLVED_PROJECTION(10_long, true, 10, 4, 2, 64, 3, 1)
CONVOLVED_PROJECTION(10_short, true, 10, 1, 8, 32, 3, 1)
CONVOLVED_PROJECTION(16_long, true, 16, 4, 2, 32, 4, 1)
CONVOLVED_PROJECTION(16_short, true, 16, 1, 8, 32, 2, 1)
CONVOLVED_PROJECTION(16_anywhere, true, 16, 4, 1, 32, 4, 2)
CONVOLVED_PROJECTION(16_plain, false, 16, 1, 4, 32, 2, 1)
