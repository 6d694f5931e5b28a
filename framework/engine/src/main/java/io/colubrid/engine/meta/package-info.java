/** Devices that have sizes and no memory. */
@NullMarked
package io.colubrid.engine.meta;

import org.jspecify.annotations.NullMarked;
