/** How a model learns: schedules, clipping, and what an update is told. */
@NullMarked
package io.colubrid.runtime.training;

import org.jspecify.annotations.NullMarked;
