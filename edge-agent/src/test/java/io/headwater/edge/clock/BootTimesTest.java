package io.headwater.edge.clock;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.uplink.ClockQuality;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 30, unit = TimeUnit.SECONDS)
class BootTimesTest {
  private static final long START = 1_790_000_000_000L;

  @TempDir Path folder;

  private static BootTime boot(long boot, ClockQuality source) {
    return new BootTime(boot, START + boot, 7, 1000, source);
  }

  private static Capture at(long boot, long uptimeMs, ClockQuality quality) {
    return new Capture(boot, uptimeMs, 42, quality);
  }

  @Test
  void readingsOfABootGetTheirTimesOnceItsStartIsKnown() {
    BootTimes boots = BootTimes.none();
    assertThat(boots.time(at(1, 500, ClockQuality.UNSYNCED)))
        .isEqualTo(new CaptureTime(42, ClockQuality.UNSYNCED));

    boots.learn(boot(1, ClockQuality.SYNCED));
    boots.learn(boot(2, ClockQuality.BRIDGE));

    assertThat(boots.time(at(1, 500, ClockQuality.UNSYNCED)))
        .isEqualTo(new CaptureTime(START + 1 + 500, ClockQuality.CORRECTED));
    assertThat(boots.time(at(2, 500, ClockQuality.UNSYNCED)))
        .isEqualTo(new CaptureTime(START + 2 + 500, ClockQuality.BRIDGE));
    assertThat(boots.time(at(3, 500, ClockQuality.UNSYNCED)).isTrusted()).isFalse();
    assertThat(boots.time(at(1, 500, ClockQuality.SYNCED)))
        .isEqualTo(new CaptureTime(42, ClockQuality.SYNCED));
  }

  @Test
  void theDevicesOwnTimeWinsOverTheBridges() {
    BootTimes boots = BootTimes.none();
    boots.learn(boot(1, ClockQuality.BRIDGE));
    boots.learn(boot(1, ClockQuality.SYNCED));
    boots.learn(boot(1, ClockQuality.BRIDGE));

    assertThat(boots.of(1)).contains(boot(1, ClockQuality.SYNCED));
  }

  @Test
  void aStartIsReplacedByOneThatDiffersOrIsMoreExactAndByNoOther() {
    BootTimes boots = BootTimes.none();
    var first = new BootTime(1, START, 50, 0, ClockQuality.BRIDGE);
    boots.learn(first);
    boots.learn(new BootTime(1, START + 60, 40, 0, ClockQuality.BRIDGE));
    assertThat(boots.of(1)).contains(first);

    var exact = new BootTime(1, START + 20, 5, 0, ClockQuality.BRIDGE);
    boots.learn(exact);
    assertThat(boots.of(1)).contains(exact);

    var moved = new BootTime(1, START + 2000, 500, 0, ClockQuality.BRIDGE);
    boots.learn(moved);
    assertThat(boots.of(1)).contains(moved);
  }

  @Test
  void whatIsWrittenIsRead() throws IOException {
    BootTimes boots = BootTimes.none();
    boots.learn(boot(-1, ClockQuality.SYNCED));
    boots.learn(boot(5, ClockQuality.BRIDGE));
    boots.write(folder);
    boots.learn(boot(6, ClockQuality.BRIDGE));
    boots.write(folder);

    BootTimes read = BootTimes.read(folder);

    for (long boot : new long[] {-1, 5, 6}) {
      assertThat(read.of(boot)).isEqualTo(boots.of(boot)).isPresent();
    }
    assertThat(BootTimes.read(folder.resolve("nowhere")).of(5)).isEmpty();
  }

  @Test
  void aDamagedLineCostsItsBootAlone() throws IOException {
    BootTimes boots = BootTimes.none();
    boots.learn(boot(1, ClockQuality.SYNCED));
    boots.learn(boot(2, ClockQuality.SYNCED));
    boots.learn(boot(3, ClockQuality.SYNCED));
    boots.write(folder);
    Path file = folder.resolve(BootTimes.FILE);
    byte[] whole = Files.readAllBytes(file);
    int second = new String(whole, java.nio.charset.StandardCharsets.UTF_8).indexOf('\n') + 1;
    for (int bit = 0; bit < 8 * 20; bit++) {
      byte[] flipped = whole.clone();
      flipped[second + bit / 8] ^= (byte) (1 << bit % 8);
      Files.write(file, flipped);

      BootTimes read = BootTimes.read(folder);

      assertThat(read.of(1)).as("bit %d", bit).isPresent();
      assertThat(read.of(2)).as("bit %d", bit).isEmpty();
      assertThat(read.of(3)).as("bit %d", bit).isPresent();
    }
  }

  @Test
  void theOldestBootsAreForgotten() {
    BootTimes boots = BootTimes.none();
    for (int i = 1; i <= BootTimes.MOST + 2; i++) {
      boots.learn(boot(i, ClockQuality.SYNCED));
    }

    assertThat(boots.of(2)).isEmpty();
    assertThat(boots.of(3)).isPresent();
    assertThat(boots.of(BootTimes.MOST + 2)).isPresent();
  }

  @Test
  void aCaptureComesBackFromItsBytes() {
    var capture = new Capture(-5, 6, -7, ClockQuality.CORRECTED);

    assertThat(Capture.decode(capture.encode())).isEqualTo(capture);
    assertThat(Capture.decode(new byte[3])).isEqualTo(Capture.UNKNOWN);
  }
}
