/** Memory that outlives a single operation, counted and traced to its birth. */
@NullMarked
package io.colubrid.engine.memory;

import org.jspecify.annotations.NullMarked;
