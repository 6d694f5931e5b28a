package io.colubrid.plugins.moe;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.colubrid.spi.op.CpuBody;
import io.colubrid.spi.op.CpuCall;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/** {@link ExpertQueues} on the CPU: a counting sort, which is done before a thread is awake. */
record ExpertQueuesCpu(ExpertQueues queues) implements CpuBody {
  private static final int NOBODY = -1;

  @Override
  public void forward(CpuCall call) {
    int[] choices = choices(call);
    int[] demand = new int[queues.experts()];
    for (int choice : choices) {
      if (choice != NOBODY) {
        demand[choice]++;
      }
    }
    write(demand, call.output(ExpertQueues.DEMAND));
    int[] offsets = offsets(demand);
    write(offsets, call.output(ExpertQueues.OFFSETS));
    line(choices, offsets, call);
  }

  /** What each position chose; padding chose nobody. */
  private static int[] choices(CpuCall call) {
    int[] choices = call.input(ExpertQueues.CHOICES).toArray(JAVA_INT);
    if (call.hasInput(ExpertQueues.SEGMENTS)) {
      int[] segments = call.input(ExpertQueues.SEGMENTS).toArray(JAVA_INT);
      for (int i = 0; i < choices.length; i++) {
        if (segments[i / (choices.length / segments.length)] < 0) {
          choices[i] = NOBODY;
        }
      }
    }
    return choices;
  }

  private int[] offsets(int[] demand) {
    int[] offsets = new int[demand.length + 1];
    for (int e = 0; e < demand.length; e++) {
      offsets[e + 1] = offsets[e] + (int) Math.min(demand[e], queues.capacity());
    }
    return offsets;
  }

  private void line(int[] choices, int[] offsets, CpuCall call) {
    int[] slots = new int[choices.length];
    int[] positions =
        new int[(int) (call.output(ExpertQueues.POSITIONS).byteSize() / Integer.BYTES)];
    Arrays.fill(positions, NOBODY);
    int k = choices.length / Math.max(1, positions(call));
    int[] waiting = new int[queues.experts()];
    for (int i = 0; i < choices.length; i++) {
      int expert = choices[i];
      slots[i] = NOBODY;
      if (expert != NOBODY && waiting[expert] < queues.capacity()) {
        int start = queues.spaced() ? (int) (expert * queues.capacity()) : offsets[expert];
        slots[i] = start + waiting[expert]++;
        positions[slots[i]] = i / k;
      }
    }
    write(slots, call.output(ExpertQueues.SLOTS));
    write(positions, call.output(ExpertQueues.POSITIONS));
  }

  private static int positions(CpuCall call) {
    var choices = call.inputTypes().get(ExpertQueues.CHOICES);
    return choices == null ? 0 : Math.toIntExact(choices.shape().dim(0));
  }

  private static void write(int[] from, MemorySegment to) {
    MemorySegment.copy(from, 0, to, JAVA_INT, 0, from.length);
  }
}
