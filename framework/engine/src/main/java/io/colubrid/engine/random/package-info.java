/** Counter-based random numbers. */
@NullMarked
package io.colubrid.engine.random;

import org.jspecify.annotations.NullMarked;
