/** What a layer is, what it declares when the model is built, and what it meets when it runs. */
@NullMarked
package io.colubrid.spi.layer;

import org.jspecify.annotations.NullMarked;
