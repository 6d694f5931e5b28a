/** What a tensor is: element type, shape, device. */
@NullMarked
package io.colubrid.spi.tensor;

import org.jspecify.annotations.NullMarked;
