/** The weights of a model, described and stored. */
@NullMarked
package io.colubrid.engine.parameter;

import org.jspecify.annotations.NullMarked;
