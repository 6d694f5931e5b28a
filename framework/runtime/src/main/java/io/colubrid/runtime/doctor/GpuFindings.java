package io.colubrid.runtime.doctor;

import io.colubrid.engine.cuda.CublasLibrary;
import io.colubrid.engine.cuda.CudaException;
import io.colubrid.engine.cuda.CudaGpu;
import io.colubrid.engine.cuda.CudaProbe;
import io.colubrid.engine.cuda.Fatbin;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * The driver, GPUs, cuBLAS and kernels, and whether they suit each other.
 *
 * @param findings what there is
 * @param verdict what can be computed on
 */
record GpuFindings(List<Finding> findings, String verdict) {
  private static final String KERNELS = "kernels";

  /** CUDA 13: its compiler builds the kernels. */
  private static final int WANTED_DRIVER = 13_000;

  private static final String ADVICE =
      "only GPUs need this: install NVIDIA's driver, version 580 or newer";

  static GpuFindings look(List<KernelFile> kernels) {
    CudaProbe probe = CudaProbe.run();
    List<Finding> findings = new ArrayList<>();
    findings.add(driver(probe));
    List<CudaGpu> gpus = CudaGpu.all();
    gpus.forEach(gpu -> findings.add(Finding.of("GPU cuda:" + gpu.ordinal(), gpu.toString())));
    if (probe.usable()) {
      findings.add(cublas());
    }
    findings.addAll(kernels(kernels));
    findings.addAll(gpus.stream().map(gpu -> suits(gpu, kernels)).toList());
    boolean usable = probe.usable() && findings.stream().allMatch(Finding::isFine);
    String verdict =
        usable
            ? "The CPU and %s can be used.".formatted(gpus.size() == 1 ? "the GPU" : "all GPUs")
            : probe.usable()
                ? "The CPU can be used. GPUs: see what is marked → above."
                : "The CPU can be used; there is no GPU that could be.";
    return new GpuFindings(findings, verdict);
  }

  private static Finding driver(CudaProbe probe) {
    String version = "NVIDIA's driver, CUDA " + dotted(probe.driver());
    if (probe.driver() == 0) {
      return new Finding("driver", probe.problem(), ADVICE);
    }
    if (probe.driver() < WANTED_DRIVER) {
      return new Finding(
          "driver", version, "too old for the kernels, which CUDA 13 built; " + ADVICE);
    }
    return probe.usable()
        ? Finding.of("driver", version)
        : new Finding("driver", version + ": " + probe.problem(), "run nvidia-smi as this user");
  }

  private static String dotted(int version) {
    return "%d.%d".formatted(version / 1000, version % 1000 / 10);
  }

  private static Finding cublas() {
    try {
      return Finding.of("cuBLAS", CublasLibrary.load().toString());
    } catch (CudaException e) {
      return new Finding("cuBLAS", "none that loads", String.valueOf(e.getMessage()));
    }
  }

  private static List<Finding> kernels(List<KernelFile> kernels) {
    List<Finding> findings = new ArrayList<>(targets(kernels));
    if (!KernelFile.haveOwn(kernels)) {
      findings.addFirst(
          new Finding(
              KERNELS,
              "none: this was built where there was no nvcc",
              "only GPUs need this: install nvcc of CUDA 13 and build again, or take an archive"
                  + " of ./colubrid dist"));
    }
    for (KernelFile broken : kernels) {
      if (!broken.isWhole()) {
        findings.add(
            new Finding(
                KERNELS,
                "%s of %s: %s".formatted(broken.name(), broken.place(), broken.problem()),
                "only GPUs need this: build that jar again"));
      }
    }
    return findings;
  }

  /** The kernels, those with the same targets in one line. */
  private static List<Finding> targets(List<KernelFile> kernels) {
    Map<String, TreeSet<String>> byTargets = new LinkedHashMap<>();
    for (KernelFile file : kernels) {
      if (file.isWhole()) {
        byTargets
            .computeIfAbsent(file.fatbin().toString(), key -> new TreeSet<>())
            .add(file.name());
      }
    }
    return byTargets.entrySet().stream()
        .map(
            entry ->
                Finding.of(
                    KERNELS,
                    "for %s: %s".formatted(entry.getKey(), String.join(", ", entry.getValue()))))
        .toList();
  }

  private static Finding suits(CudaGpu gpu, List<KernelFile> kernels) {
    String topic = "on cuda:" + gpu.ordinal();
    List<String> unsuited = new ArrayList<>();
    TreeSet<String> used = new TreeSet<>();
    for (KernelFile file : kernels) {
      file.fatbin()
          .best(gpu.capability())
          .map(GpuFindings::told)
          .ifPresentOrElse(
              used::add,
              () -> {
                if (file.isWhole()) {
                  unsuited.add(file.name());
                }
              });
    }
    return unsuited.isEmpty()
        ? Finding.of(topic, "the kernels run: " + String.join(", ", used))
        : new Finding(
            topic,
            "no code for capability %d in %s"
                .formatted(gpu.capability(), String.join(", ", unsuited)),
            "GPUs before capability 8.0 (Ampere) cannot be used; for others, build with"
                + " kernels/build.sh's targets");
  }

  private static String told(Fatbin.Target target) {
    return target.ptx()
        ? target + ", compiled by the driver when it is loaded"
        : target + ", machine code";
  }
}
