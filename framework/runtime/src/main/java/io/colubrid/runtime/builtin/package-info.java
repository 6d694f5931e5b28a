/** The plugin that comes with the runtime: ends of models, plain channels, and optimizers. */
@NullMarked
package io.colubrid.runtime.builtin;

import org.jspecify.annotations.NullMarked;
