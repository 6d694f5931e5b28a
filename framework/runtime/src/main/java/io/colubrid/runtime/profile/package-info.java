/** Where the time of a training step goes. */
@NullMarked
package io.colubrid.runtime.profile;

import org.jspecify.annotations.NullMarked;
