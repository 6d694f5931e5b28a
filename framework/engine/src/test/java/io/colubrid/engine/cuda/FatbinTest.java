package io.colubrid.engine.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.colubrid.engine.cuda.Fatbin.Target;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The headers are those that nvcc 13.0 wrote, with other sizes. */
final class FatbinTest {
  private static final int CODE_OF_ONE_CHIP = 0x100011;
  private static final int CODE = 0x11;
  private static final int COMPRESSED = 0x8011;

  private static byte[] fatbin(int[]... parts) {
    int size = 0;
    for (int[] part : parts) {
      size += part[1] + part[2];
    }
    ByteBuffer all = ByteBuffer.allocate(16 + size).order(ByteOrder.LITTLE_ENDIAN);
    all.putInt(0xBA55ED50).putShort((short) 1).putShort((short) 16).putLong(size);
    for (int[] part : parts) {
      int start = all.position();
      all.putShort((short) part[0]).putShort((short) 257).putInt(part[1]).putLong(part[2]);
      all.position(start + 28).putInt(part[3]);
      all.position(start + 40).putLong(part[4]);
      all.position(start + part[1] + part[2]);
    }
    return all.array();
  }

  private static byte[] ours() {
    return fatbin(
        new int[] {1, 80, 200, 80, COMPRESSED},
        new int[] {2, 64, 2984, 80, CODE},
        new int[] {2, 64, 3440, 90, CODE_OF_ONE_CHIP});
  }

  @Test
  void tellsEveryTarget() {
    assertThat(Fatbin.read(ours()).targets())
        .containsExactly(
            new Target(80, true, false), new Target(80, false, false), new Target(90, false, true));
    assertThat(Fatbin.read(ours())).hasToString("compute_80, sm_80, sm_90a");
  }

  @Test
  void findsWhatAGpuRuns() {
    Fatbin ours = Fatbin.read(ours());
    assertThat(ours.best(80)).hasValue(new Target(80, false, false));
    assertThat(ours.best(89)).hasValue(new Target(80, false, false));
    assertThat(ours.best(90)).hasValue(new Target(90, false, true));
    assertThat(ours.best(100)).hasValue(new Target(80, true, false));
    assertThat(ours.best(75)).isEmpty();
  }

  @Test
  void refusesWhatIsNoFatbin() {
    for (byte[] bytes : List.of(new byte[3], new byte[64])) {
      assertThatThrownBy(() -> Fatbin.read(bytes))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("no fatbin: byte 0 begins none");
    }
  }

  @Test
  void refusesTheBeginningOfOne() {
    byte[] ours = ours();
    for (int length = 1; length < ours.length; length++) {
      byte[] cut = Arrays.copyOf(ours, length);
      assertThatThrownBy(() -> Fatbin.read(cut))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageMatching("no (whole )?fatbin: .*");
    }
  }

  @Test
  void saysWhatToDoAboutOneThatDoesNotLoad() {
    assertThat(Fatbin.advice(ours(), 75)).contains("sm_90a").contains("capability is 7.5");
    assertThat(Fatbin.advice(new byte[64], 90)).endsWith("build its jar again");
    assertThat(Fatbin.advice(ours(), 90)).contains("older than the nvcc");
  }
}
