/** Attention: the layer, the operations it is made of, and their bodies for the CPU. */
@NullMarked
package io.colubrid.plugins.attention;

import org.jspecify.annotations.NullMarked;
