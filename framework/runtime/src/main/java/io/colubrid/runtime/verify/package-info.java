/** Whether a model computes what another implementation computed with the same weights. */
@NullMarked
package io.colubrid.runtime.verify;

import org.jspecify.annotations.NullMarked;
