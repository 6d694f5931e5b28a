/** Images with a class each: IDX files, folders, and shapes that are drawn. */
@NullMarked
package io.colubrid.runtime.data.image;

import org.jspecify.annotations.NullMarked;
