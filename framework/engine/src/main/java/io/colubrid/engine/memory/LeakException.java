package io.colubrid.engine.memory;

import java.util.List;
import java.util.stream.Collectors;

/** Memory that nobody released; each birth is a suppressed exception with its stack. */
public final class LeakException extends IllegalStateException {
  private static final long serialVersionUID = 1L;

  LeakException(List<Storage> leaked) {
    super(
        "not released: "
            + leaked.stream().map(Storage::toString).sorted().collect(Collectors.joining(", ")));
    for (Storage storage : leaked) {
      Throwable birth = storage.birth();
      if (birth != null) {
        addSuppressed(birth);
      }
    }
  }
}
