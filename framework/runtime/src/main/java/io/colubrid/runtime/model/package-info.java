/** What a model is made of, and how it is made. */
@NullMarked
package io.colubrid.runtime.model;

import org.jspecify.annotations.NullMarked;
