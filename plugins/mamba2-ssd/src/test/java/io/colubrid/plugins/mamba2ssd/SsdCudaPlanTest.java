package io.colubrid.plugins.mamba2ssd;

import static org.assertj.core.api.Assertions.assertThat;

import io.colubrid.plugins.mamba2ssd.SsdCudaPlan.Pass;
import io.colubrid.spi.tensor.DType;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What kernels are asked for fits into a GPU, whatever the recurrence. */
class SsdCudaPlanTest {
  private static final int SHARED_BYTES = 227 << 10;

  private static SsdCudaPlan plan(
      int batch, int length, int heads, int groups, int states, DType dtype, Pass pass) {
    SsdShape shape = new SsdShape(batch, length, heads, 64, groups, states, 256);
    return new SsdCudaPlan(shape, dtype, pass);
  }

  @ParameterizedTest
  @CsvSource({"16, F32", "128, F32", "256, F32", "16, BF16", "128, BF16", "256, BF16"})
  void sharedMemorySuffices(int states, DType dtype) {
    SsdCudaPlan forward = plan(2, 300, 8, 2, states, dtype, Pass.CHUNKS);
    SsdCudaPlan backward = plan(2, 300, 8, 2, states, dtype, Pass.BACKWARD);
    assertThat(forward.statesShared()).isLessThanOrEqualTo(SHARED_BYTES);
    assertThat(forward.outputsShared()).isLessThanOrEqualTo(SHARED_BYTES);
    assertThat(backward.gradStatesShared()).isLessThanOrEqualTo(SHARED_BYTES);
    assertThat(backward.gradXShared()).isLessThanOrEqualTo(SHARED_BYTES);
    assertThat(backward.gradSharedShared()).isLessThanOrEqualTo(SHARED_BYTES);
  }

  @ParameterizedTest
  @CsvSource({"16, 2048, 24, 1", "8, 4096, 32, 1", "1, 65536, 32, 1", "1, 100, 9, 3"})
  void aRecurrenceHasTwoStagesAtLeast(int batch, int length, int heads, int groups) {
    SsdCudaPlan plan = plan(batch, length, heads, groups, 128, DType.BF16, Pass.RECURRENCE);
    assertThat(plan.stages()).isGreaterThanOrEqualTo(2);
    assertThat(plan.recurrenceShared()).isLessThanOrEqualTo(SHARED_BYTES);
  }

  @ParameterizedTest
  @CsvSource({"8, 4096, 32, 1", "1, 65536, 32, 4", "1, 2047, 24, 3", "1, 1, 1, 1", "64, 200, 6, 2"})
  void segmentsAndBlocksCoverAll(int batch, int length, int heads, int groups) {
    for (Pass pass : Pass.values()) {
      SsdCudaPlan plan = plan(batch, length, heads, groups, 128, DType.BF16, pass);
      long[] extents = plan.extents();
      int last = extents.length;
      assertThat(extents[last - 4] * extents[last - 3])
          .isBetween((long) plan.chunks(), plan.chunks() + extents[last - 3] - 1);
      assertThat(extents[last - 2] * extents[last - 1]).isGreaterThanOrEqualTo(heads / groups);
      assertThat(plan.blocks()).isEqualTo(groups * extents[last - 1]);
    }
  }

  @ParameterizedTest
  @EnumSource
  void partsOfScratchMemoryFollowEachOther(Pass pass) {
    SsdCudaPlan plan = plan(3, 1000, 6, 2, 128, DType.BF16, pass);
    long before = 0;
    for (SsdCudaPlan.Part part : SsdCudaPlan.Part.values()) {
      assertThat(plan.offset(part)).isGreaterThanOrEqualTo(before);
      assertThat(plan.offset(part) % 256).isZero();
      before = plan.offset(part);
    }
    assertThat(plan.bytes()).isGreaterThanOrEqualTo(before);
  }
}
