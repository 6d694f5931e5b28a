/** What a model costs before anything is allocated. */
@NullMarked
package io.colubrid.runtime.plan;

import org.jspecify.annotations.NullMarked;
