package io.colubrid.engine.cuda;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.Map;
import jcuda.driver.CUfunction_attribute;
import jcuda.driver.CUmodule;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The kernels of one fatbin, loaded into the current context. Those that programs use are told to
 * the log for debugging, so that tests can show which ones were run.
 */
final class CudaModule implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(CudaModule.class);

  /** What a block gets without asking for more. */
  private static final int DEFAULT_SHARED_BYTES = 48 << 10;

  private final String name;
  private final CUmodule module = new CUmodule();
  private final Map<String, EarlyLaunch.Function> functions = new HashMap<>();

  /** The most that a launch of a kernel asked for; all of them share one limit. */
  private final Map<String, Integer> sharedLimits = new HashMap<>();

  private CudaModule(Class<?> anchor, String name, byte[] fatbin, int capability) {
    this.name = name;
    int result = JCudaDriver.cuModuleLoadData(module, fatbin);
    if (result != CUresult.CUDA_SUCCESS) {
      throw new CudaException(
          "%s.fatbin beside %s does not load (%s): %s"
              .formatted(
                  name,
                  anchor.getName(),
                  CUresult.stringFor(result),
                  Fatbin.advice(fatbin, capability)));
    }
  }

  /**
   * Loads a fatbin that lies beside a class in its jar.
   *
   * @param anchor a class of the jar
   * @param name name of the fatbin, such as {@code elementwise}
   * @param capability of the GPU, such as 90 for 9.0
   * @throws CudaException if the jar was built without it, or the GPU is none it was built for
   */
  static CudaModule load(Class<?> anchor, String name, int capability) {
    String resource = name + ".fatbin";
    try (InputStream bytes = anchor.getResourceAsStream(resource)) {
      if (bytes == null) {
        throw new CudaException(
            "there is no %s beside %s; build its jar where there is nvcc of CUDA 13"
                .formatted(resource, anchor.getName()));
      }
      return new CudaModule(anchor, name, bytes.readAllBytes(), capability);
    } catch (IOException e) {
      throw new UncheckedIOException(
          resource + " beside " + anchor.getName() + " cannot be read", e);
    }
  }

  /**
   * A kernel by its name.
   *
   * @param sharedBytes dynamic shared memory that a launch of it asks for
   */
  EarlyLaunch.Function function(String kernel, int sharedBytes) {
    EarlyLaunch.Function function = functions.computeIfAbsent(kernel, this::find);
    if (sharedBytes > sharedLimits.getOrDefault(kernel, DEFAULT_SHARED_BYTES)) {
      sharedLimits.put(kernel, sharedBytes);
      CudaCheck.driver(
          JCudaDriver.cuFuncSetAttribute(
              function,
              CUfunction_attribute.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES,
              sharedBytes),
          "%,d bytes of shared memory for %s".formatted(sharedBytes, kernel));
    }
    return function;
  }

  private EarlyLaunch.Function find(String kernel) {
    EarlyLaunch.Function function = new EarlyLaunch.Function();
    int result = JCudaDriver.cuModuleGetFunction(function, module, kernel);
    if (result == CUresult.CUDA_ERROR_NOT_FOUND) {
      throw new CudaException(
          "%s.fatbin has no kernel '%s'; is it declared extern \"C\" __global__, by that name?"
              .formatted(name, kernel));
    }
    CudaCheck.driver(result, "looking for the kernel " + kernel + " in " + name);
    LOG.debug("uses {} of {}", kernel, name);
    return function;
  }

  @Override
  public void close() {
    CudaCheck.driver(JCudaDriver.cuModuleUnload(module), "unloading the kernels of " + name);
  }
}
