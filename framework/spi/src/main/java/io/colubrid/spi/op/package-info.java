/**
 * What can be computed: the vocabulary of operations, and how to add one with bodies of one's own.
 */
@NullMarked
package io.colubrid.spi.op;

import org.jspecify.annotations.NullMarked;
