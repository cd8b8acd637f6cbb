package io.headwater.sim.reading;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.sim.reading.Reading.Decoded;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(20)
class ReadingTest {
  private static final Reading READING =
      new Reading("sim-0007", 12, 1, 1_764_135_082_123L, "21.53");

  @Test
  void writesTheFormThatOthersRead() {
    // The checksum is that of a separate implementation of CRC-32C.
    assertThat(new String(READING.encode(), StandardCharsets.UTF_8))
        .isEqualTo(
            "{\"device\":\"sim-0007\",\"seq\":12,\"attempt\":1,\"due\":1764135082123,"
                + "\"value\":21.53,\"crc\":\"037c07e7\"}");
    assertThat(Reading.decode(READING.encode())).isEqualTo(new Decoded.Intact(READING));
  }

  @Test
  void findsEveryFlippedBitAndEveryCut() {
    byte[] payload = READING.encode();
    for (int bit = 0; bit < payload.length * 8; bit++) {
      byte[] damaged = payload.clone();
      damaged[bit / 8] ^= (byte) (1 << bit % 8);
      assertThat(Reading.decode(damaged)).as("bit %d", bit).isNotInstanceOf(Decoded.Intact.class);
    }
    for (int length = 0; length < payload.length; length++) {
      assertThat(Reading.decode(Arrays.copyOf(payload, length)))
          .as("cut to %d", length)
          .isNotInstanceOf(Decoded.Intact.class);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"21.5", "", "null", "[1,2]", "{\"device\":\"x\",\"value\":1}", "hello"})
  void takesNothingElseForAReading(String payload) {
    assertThat(Reading.decode(payload.getBytes(StandardCharsets.UTF_8)))
        .isEqualTo(new Decoded.Foreign());
  }
}
