/** What a kind of device must be able to do. */
@NullMarked
package io.colubrid.engine.backend;

import org.jspecify.annotations.NullMarked;
