package io.colubrid.plugins.moe;

import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.testkit.cuda.CudaTrial;
import io.colubrid.testkit.cuda.CudaTrial.Operand;
import io.colubrid.testkit.cuda.OpenGpu;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A GPU chooses, queues and combines as the CPU does. */
@Tag("cuda")
final class ExpertsCudaTest {
  @RegisterExtension static final OpenGpu gpu = new OpenGpu();

  @ParameterizedTest
  @CsvSource({"1, 1, 1", "1, 8, 2", "37, 5, 5", "70, 33, 3", "19, 200, 7"})
  void theLargestAreChosen(int rows, int experts, int k) {
    Random random = new Random(rows);
    // Few different numbers, so that there are equal ones.
    double[] eighths = random.ints((long) rows * experts, 0, 9).mapToDouble(i -> i / 8.0).toArray();
    Operand probabilities = new Operand(CudaTrial.Role.STREAM, Shape.of(rows, experts), eighths);
    both(
        List.of(probabilities),
        (ops, in) -> {
          TopK.Result result = new TopK(k).apply(ops, in.getFirst());
          return List.of(result.weights(), result.choices());
        });
  }

  @ParameterizedTest
  @CsvSource({"1, 4, 1, 1, true", "5, 24, 8, 2, false", "33, 132, 40, 3, true"})
  void aRouterAtOnce(int positions, int width, int experts, int k, boolean renormalise) {
    Random random = new Random(width);
    List<Operand> operands =
        List.of(
            Operand.stream(random, 1, positions, width),
            Operand.parameter(random, 1, experts, width));
    CudaTrial.Function route =
        (ops, in) -> {
          Route.Result result = new Route(k, renormalise).apply(ops, in.get(0), in.get(1));
          return List.of(
              result.weights(), result.logits(), result.probabilities(), result.choices());
        };
    for (boolean gradients : new boolean[] {false, true}) {
      new CudaTrial(DType.F32, gradients, operands, route).agrees(gpu.backend(), 1e-4);
    }
    new CudaTrial(DType.BF16, false, operands, route).agrees(gpu.backend(), 2e-2);
  }

  @ParameterizedTest
  @CsvSource({
    "1, 2, 8, 1, false, false",
    "100, 2, 8, 100, false, false",
    "100, 2, 8, 20, false, true",
    "333, 3, 5, 211, true, false",
    "2500, 2, 40, 2500, false, true",
    "2100, 4, 256, 30, true, true",
    "9000, 1, 3, 2000, false, false"
  })
  void queuesFillInTheOrderOfPositions(
      int positions, int k, int experts, int capacity, boolean spaced, boolean padded) {
    Random random = new Random(positions);
    Operand choices =
        Operand.whole(random.ints((long) positions * k, 0, experts).toArray(), positions, k);
    Operand segments =
        Operand.whole(random.ints(positions, -1, 3).map(i -> Math.min(i, 0)).toArray(), positions);
    CudaTrial.Function queue =
        (ops, in) -> {
          ExpertQueues.Result result =
              new ExpertQueues(experts, capacity, spaced)
                  .apply(ops, in.getFirst(), padded ? in.getLast() : null);
          return List.of(result.slots(), result.positions(), result.offsets(), result.demand());
        };
    List<Operand> operands = padded ? List.of(choices, segments) : List.of(choices);
    new CudaTrial(DType.F32, false, operands, queue).agrees(gpu.backend(), 0);
  }

  @ParameterizedTest
  @CsvSource({"1, 1, 4, 8, 1", "30, 2, 5, 24, 30", "77, 3, 8, 33, 20", "65, 2, 3, 64, 17"})
  void positionsGoToExpertsAndComeBack(int positions, int k, int experts, int width, int capacity) {
    Random random = new Random(positions);
    int[] choices = new int[positions * k];
    for (int i = 0; i < choices.length; i++) {
      choices[i] = (i / k * 7 + i % k) % experts;
    }
    List<Operand> operands =
        List.of(
            Operand.stream(random, 1, positions, width),
            Operand.parameter(random, 1, positions, k),
            Operand.whole(choices, positions, k));
    both(operands, (ops, in) -> List.of(roundTrip(ops, in, experts, capacity)));
  }

  private static Tensor roundTrip(Ops ops, List<Tensor> in, int experts, int capacity) {
    ExpertQueues.Result queues =
        new ExpertQueues(experts, capacity, false).apply(ops, in.get(2), null);
    Tensor sent = new Dispatch().apply(ops, in.get(0), queues);
    return new Combine().apply(ops, ops.silu(sent), in.get(1), queues);
  }

  private static void both(List<Operand> operands, CudaTrial.Function function) {
    for (boolean gradients : new boolean[] {false, true}) {
      CudaTrial.agreesInBoth(gpu.backend(), gradients, operands, function);
    }
  }
}
