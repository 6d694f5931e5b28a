/** How a jar brings layers. */
@NullMarked
package io.colubrid.spi.plugin;

import org.jspecify.annotations.NullMarked;
