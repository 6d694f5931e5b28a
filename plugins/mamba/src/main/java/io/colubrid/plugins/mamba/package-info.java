/** Mamba (Gu and Dao, 2023), with the variants of Falcon Mamba and Jamba. */
@NullMarked
package io.colubrid.plugins.mamba;

import org.jspecify.annotations.NullMarked;
