/** Marks on the components of a layer's config record. */
@NullMarked
package io.colubrid.spi.config;

import org.jspecify.annotations.NullMarked;
