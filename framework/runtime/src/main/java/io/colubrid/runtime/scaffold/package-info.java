/** Writes the beginnings of a plugin of one's own. */
@NullMarked
package io.colubrid.runtime.scaffold;

import org.jspecify.annotations.NullMarked;
