/** What this JVM has to compute with, for all who must know before they compute. */
@NullMarked
package io.colubrid.engine.machine;

import org.jspecify.annotations.NullMarked;
