package io.headwater.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(10)
class RecordFormatTest {
  private static ConsumerRecord<byte[], byte[]> record(byte @Nullable [] value) {
    return new ConsumerRecord<>("t", 1, 42, "kä".getBytes(StandardCharsets.UTF_8), value);
  }

  private static byte[] written(RecordPrinter format, ConsumerRecord<byte[], byte[]> record)
      throws IOException {
    var out = new ByteArrayOutputStream();
    format.write(record, out);
    return out.toByteArray();
  }

  @Test
  void aValueIsWrittenByteForByte() throws IOException {
    assertThat(written(RecordFormat.VALUE, record(new byte[] {(byte) 0xff, 0})))
        .isEqualTo(new byte[] {(byte) 0xff, 0, '\n'});
    assertThat(written(RecordFormat.VALUE, record(null))).isEqualTo(new byte[] {'\n'});
  }

  @Test
  void keyAndValueBecomeALineThatProduceTakes() throws IOException {
    assertThat(written(new KeyedLines(": "), record("a:b".getBytes(StandardCharsets.UTF_8))))
        .isEqualTo("kä: a:b\n".getBytes(StandardCharsets.UTF_8));
    assertThat(written(new KeyedLines("="), new ConsumerRecord<>("t", 0, 0, null, null)))
        .isEqualTo("=\n".getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void jsonHoldsAllAndBytesThatAreNoTextInBase64() throws IOException {
    var record = record(new byte[] {(byte) 0xff, 0});
    record.headers().add("unit", "C".getBytes(StandardCharsets.UTF_8)).add("none", null);

    assertThat(new String(written(RecordFormat.JSON, record), StandardCharsets.UTF_8))
        .isEqualTo(
            """
            {"topic":"t","partition":1,"offset":42,"timestamp":"1969-12-31T23:59:59.999Z",\
            "key":"kä","value":{"base64":"/wA="},\
            "headers":[{"key":"unit","value":"C"},{"key":"none","value":null}]}
            """);
  }

  @Test
  void jsonTellsNoValueFromAnEmptyOne() throws IOException {
    assertThat(new String(written(RecordFormat.JSON, record(null)), StandardCharsets.UTF_8))
        .contains("\"value\":null");
    assertThat(new String(written(RecordFormat.JSON, record(new byte[0])), StandardCharsets.UTF_8))
        .contains("\"value\":\"\"");
  }
}
