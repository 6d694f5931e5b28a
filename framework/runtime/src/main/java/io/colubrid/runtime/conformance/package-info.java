/** What a layer promises to every model, and how a plugin is asked whether it keeps it. */
@NullMarked
package io.colubrid.runtime.conformance;

import org.jspecify.annotations.NullMarked;
