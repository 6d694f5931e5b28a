/** Recordings of computation: what is computed, in which order, and how it is differentiated. */
@NullMarked
package io.colubrid.engine.tape;

import org.jspecify.annotations.NullMarked;
