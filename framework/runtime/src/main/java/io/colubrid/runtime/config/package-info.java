/** From a HOCON file to records, with every problem found on the way. */
@NullMarked
package io.colubrid.runtime.config;

import org.jspecify.annotations.NullMarked;
