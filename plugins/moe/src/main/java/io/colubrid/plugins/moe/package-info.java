/** Mixtures of experts: a router sends each position to a few of many channel layers. */
@NullMarked
package io.colubrid.plugins.moe;

import org.jspecify.annotations.NullMarked;
