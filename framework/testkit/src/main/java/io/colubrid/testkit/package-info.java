/** The properties that every layer must have, and how to check a layer for them. */
@NullMarked
package io.colubrid.testkit;

import org.jspecify.annotations.NullMarked;
