/** What a command works with: plugins and a device. */
@NullMarked
package io.colubrid.runtime.session;

import org.jspecify.annotations.NullMarked;
