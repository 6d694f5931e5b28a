/** Mamba-2 (Dao and Gu, 2024): state space duality, as products of matrices. */
@NullMarked
package io.colubrid.plugins.mamba2ssd;

import org.jspecify.annotations.NullMarked;
