/** Writing on from a prompt. */
@NullMarked
package io.colubrid.runtime.generation;

import org.jspecify.annotations.NullMarked;
