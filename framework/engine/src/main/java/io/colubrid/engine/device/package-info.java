/** Opens devices by their names. */
@NullMarked
package io.colubrid.engine.device;

import org.jspecify.annotations.NullMarked;
