/** Finds plugins and keeps what they bring. */
@NullMarked
package io.colubrid.runtime.plugin;

import org.jspecify.annotations.NullMarked;
