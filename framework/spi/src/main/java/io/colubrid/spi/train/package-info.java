/** How parameters are updated. */
@NullMarked
package io.colubrid.spi.train;

import org.jspecify.annotations.NullMarked;
