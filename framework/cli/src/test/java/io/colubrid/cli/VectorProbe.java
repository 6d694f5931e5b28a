package io.colubrid.cli;

/** Prints which arithmetic the CPU backend chooses in a JVM started as the launcher starts one. */
final class VectorProbe {
  private VectorProbe() {}

  public static void main(String[] args) throws ReflectiveOperationException {
    Launch.loadVectorModule();
    var chosen =
        Class.forName("io.colubrid.engine.cpu.ArithmeticSelection").getDeclaredField("F32");
    chosen.setAccessible(true);
    System.out.println(chosen.get(null).getClass().getSimpleName());
  }
}
