/** Layers made of layers, of whatever family. */
@NullMarked
package io.colubrid.runtime.combinator;

import org.jspecify.annotations.NullMarked;
