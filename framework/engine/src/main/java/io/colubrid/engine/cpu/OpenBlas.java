package io.colubrid.engine.cpu;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.File;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import org.bytedeco.javacpp.Loader;

/**
 * Products by the OpenBLAS library inside bytedeco's jar, called directly. OpenBLAS itself is kept
 * to one thread: the worker pool cuts the work.
 */
final class OpenBlas extends Blas {

  /** The library is missing, for another platform, or does not load. */
  static final class UnavailableException extends RuntimeException {
    private static final long serialVersionUID = 1;

    UnavailableException(Throwable cause) {
      super("OpenBLAS could not be loaded (" + cause + ")", cause);
    }
  }

  private static final int ROW_MAJOR = 101;
  private static final int NO_TRANSPOSE = 111;
  private static final int TRANSPOSE = 112;

  /**
   * Up to so many multiply-adds (some microseconds) a call leaves the thread's state alone, which
   * keeps the collector waiting until it returns.
   */
  private static final long CRITICAL_WORK = 1 << 15;

  /** Smaller matrices stay in the caches, where OpenBLAS's own small products are faster. */
  private static final long SWEEP_SIZE = 1 << 16;

  OpenBlas(WorkerPool pool) {
    super(pool);
    try {
      Native.setThreads(1);
    } catch (ExceptionInInitializerError | NoClassDefFoundError e) {
      throw new UnavailableException(e.getCause() == null ? e : e.getCause());
    }
  }

  @Override
  public String name() {
    return "OpenBLAS";
  }

  @Override
  boolean readsOnce(int n, int k) {
    return (long) n * k >= SWEEP_SIZE;
  }

  @Override
  void multiply(
      Arithmetic type,
      boolean transposeA,
      boolean transposeB,
      int m,
      int n,
      int k,
      double alpha,
      long a,
      int lda,
      long b,
      int ldb,
      double beta,
      long c,
      int ldc) {
    int opA = transposeA ? TRANSPOSE : NO_TRANSPOSE;
    int opB = transposeB ? TRANSPOSE : NO_TRANSPOSE;
    // A matrix without columns may have a leading dimension of zero here, but not there.
    int aLeading = Math.max(1, lda);
    int bLeading = Math.max(1, ldb);
    boolean critical = (long) m * n * k <= CRITICAL_WORK;
    try {
      if (type.bytes() == Double.BYTES) {
        Native.DGEMM.invokeExact(
            ROW_MAJOR, opA, opB, m, n, k, alpha, a, aLeading, b, bLeading, beta, c, ldc);
      } else if (critical) {
        Native.SGEMM_CRITICAL.invokeExact(
            ROW_MAJOR,
            opA,
            opB,
            m,
            n,
            k,
            (float) alpha,
            a,
            aLeading,
            b,
            bLeading,
            (float) beta,
            c,
            ldc);
      } else {
        Native.SGEMM.invokeExact(
            ROW_MAJOR,
            opA,
            opB,
            m,
            n,
            k,
            (float) alpha,
            a,
            aLeading,
            b,
            bLeading,
            (float) beta,
            c,
            ldc);
      }
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new AssertionError("cblas declares no exceptions", e);
    }
  }

  /** Loaded at first use, so that a run that needs no product unpacks no library. */
  private static final class Native {
    static final MethodHandle SGEMM;
    static final MethodHandle SGEMM_CRITICAL;
    static final MethodHandle DGEMM;
    private static final MethodHandle SET_NUM_THREADS;

    static {
      try {
        // The library was linked against these, which not all machines have; loaded first, they
        // are found by their names.
        loadUnlessThere("libgcc_s.so.1");
        loadUnlessThere("libquadmath.so.0");
        load("libgfortran.so.5");
        SymbolLookup library = load("libopenblas.so.0");
        FunctionDescriptor single = gemm(JAVA_FLOAT);
        SGEMM = handle(library, "cblas_sgemm", single);
        SGEMM_CRITICAL = handle(library, "cblas_sgemm", single, Linker.Option.critical(false));
        DGEMM = handle(library, "cblas_dgemm", gemm(JAVA_DOUBLE));
        SET_NUM_THREADS =
            handle(library, "openblas_set_num_threads", FunctionDescriptor.ofVoid(JAVA_INT));
      } catch (IOException | RuntimeException | LinkageError e) {
        throw new ExceptionInInitializerError(e);
      }
    }

    private Native() {}

    static void setThreads(int threads) {
      try {
        SET_NUM_THREADS.invokeExact(threads);
      } catch (Throwable e) {
        throw new UnavailableException(e);
      }
    }

    /** The machine's own goes before, since other libraries may need a newer one than the jar's. */
    @SuppressWarnings("restricted")
    private static void loadUnlessThere(String name) throws IOException {
      try {
        SymbolLookup.libraryLookup(name, Arena.global());
      } catch (IllegalArgumentException e) {
        load(name);
      }
    }

    @SuppressWarnings("restricted")
    private static SymbolLookup load(String name) throws IOException {
      String resource = "/org/bytedeco/openblas/" + Loader.getPlatform() + "/" + name;
      File file = Loader.cacheResource(resource);
      if (file == null) {
        throw new IOException("no " + resource + " on the class path");
      }
      return SymbolLookup.libraryLookup(file.toPath(), Arena.global());
    }

    @SuppressWarnings("restricted")
    private static MethodHandle handle(
        SymbolLookup library, String name, FunctionDescriptor type, Linker.Option... options) {
      return Linker.nativeLinker().downcallHandle(library.findOrThrow(name), type, options);
    }

    // Pointers travel as longs: in the C calling conventions of 64-bit platforms they are the same,
    // and no segment has to be made for them.
    private static FunctionDescriptor gemm(MemoryLayout scalar) {
      return FunctionDescriptor.ofVoid(
          JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, scalar, JAVA_LONG, JAVA_INT,
          JAVA_LONG, JAVA_INT, scalar, JAVA_LONG, JAVA_INT);
    }
  }
}
