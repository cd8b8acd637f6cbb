package io.headwater.edge.forward;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.edge.log.DeviceWrites;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 30, unit = TimeUnit.SECONDS)
class WrittenPerDayTest {
  private static final long MINUTE = TimeUnit.MINUTES.toNanos(1);

  @TempDir private Path folder;

  private Path counters(long written, long cancelled) throws IOException {
    return Files.writeString(
        folder.resolve("io"),
        """
        rchar: 1
        wchar: 2
        syscr: 3
        syscw: 4
        read_bytes: 5
        write_bytes: %d
        cancelled_write_bytes: %d
        """
            .formatted(written, cancelled));
  }

  private static WrittenPerDay perDay(Path counters) {
    return new WrittenPerDay(new DeviceWrites(counters), 0);
  }

  @Test
  void shortRunIsCarriedOnToADay() throws Exception {
    var perDay = perDay(counters(1_000_000, 0));
    counters(1_002_000, 1_000);

    assertThat(perDay.bytes(MINUTE - 1)).isEqualTo(WrittenPerDay.UNKNOWN);
    assertThat(perDay.bytes(MINUTE)).isEqualTo(1_000 * 60 * 24);
  }

  @Test
  void onlyTheLastDayCounts() throws Exception {
    var perDay = perDay(counters(0, 0));
    long written = 0;
    long told = 0;
    for (long minute = 1; minute <= 48 * 60; minute++) {
      written += minute <= 24 * 60 ? 1_000_000 : 10;
      counters(written, 0);
      told = perDay.bytes(minute * MINUTE);
    }

    assertThat(told).isBetween(10 * 60 * 24L, 11 * 1_000_000L);
  }

  @Test
  void systemThatDoesNotTellIsNotKnown() throws Exception {
    var perDay = perDay(folder.resolve("none"));
    assertThat(perDay.bytes(2 * MINUTE)).isEqualTo(WrittenPerDay.UNKNOWN);

    Files.writeString(folder.resolve("none"), "write_bytes: many\n");
    assertThat(perDay.bytes(3 * MINUTE)).isEqualTo(WrittenPerDay.UNKNOWN);
  }

  /** Linux's own file; other systems have none. */
  @Test
  void fileOfThisProcessIsUnderstood() {
    var perDay = perDay(DeviceWrites.OF_THIS_PROCESS);

    long told = perDay.bytes(2 * MINUTE);
    if (Files.isReadable(DeviceWrites.OF_THIS_PROCESS)) {
      assertThat(told).isGreaterThanOrEqualTo(0);
    } else {
      assertThat(told).isEqualTo(WrittenPerDay.UNKNOWN);
    }
  }
}
