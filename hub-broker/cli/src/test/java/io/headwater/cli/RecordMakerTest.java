package io.headwater.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headwater.process.UserError;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(10)
class RecordMakerTest {
  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static RecordMaker splitting(String separator) {
    return new RecordMaker("t", null, null, separator, List.of());
  }

  @Test
  void splitsAtTheFirstSeparatorOnly() {
    var record = splitting("::").record(bytes("dev::21.5::C"), 1);

    assertThat(record.key()).isEqualTo(bytes("dev"));
    assertThat(record.value()).isEqualTo(bytes("21.5::C"));
  }

  @Test
  void keyAndValueMayBeEmpty() {
    var record = splitting(":").record(bytes(":"), 1);

    assertThat(record.key()).isEmpty();
    assertThat(record.value()).isEmpty();
  }

  @Test
  void namesTheLineThatHasNoSeparator() {
    assertThatThrownBy(() -> splitting(":").record(bytes("21.5"), 17))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("line 17 has no ':'");
  }

  @Test
  void givesEveryRecordTheHeadersAndTheKey() {
    var maker = new RecordMaker("t", 2, "k", null, List.of("unit=C", "note=a=b", "unit=K"));
    var record = maker.record(bytes("21.5"), 1);

    assertThat(record.partition()).isEqualTo(2);
    assertThat(record.key()).isEqualTo(bytes("k"));
    assertThat(record.headers())
        .extracting(
            header -> header.key() + "=" + new String(header.value(), StandardCharsets.UTF_8))
        .containsExactly("unit=C", "note=a=b", "unit=K");
    assertThatThrownBy(() -> new RecordMaker("t", null, null, null, List.of("unit")))
        .isInstanceOf(UserError.class)
        .hasMessage("--header 'unit': write NAME=VALUE");
  }

  @Test
  void linesEndAtLfOrCrlfAndKeepTheirBytes() throws IOException {
    byte[] text = {'a', '\r', '\n', '\n', (byte) 0xff, '\r', 'b', '\n', 'c', '\r'};
    var lines = new Lines(new ByteArrayInputStream(text));
    var read = new ArrayList<byte[]>();
    for (byte[] line = lines.next(); line != null; line = lines.next()) {
      read.add(line);
    }

    assertThat(read)
        .containsExactly(
            new byte[] {'a'},
            new byte[] {},
            new byte[] {(byte) 0xff, '\r', 'b'},
            new byte[] {'c', '\r'});
    assertThat(lines.number()).isEqualTo(4);
  }
}
