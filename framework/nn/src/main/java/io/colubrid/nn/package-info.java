/** The parts that layers are made of. */
@NullMarked
package io.colubrid.nn;

import org.jspecify.annotations.NullMarked;
