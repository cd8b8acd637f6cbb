package io.headwater.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * Key, separator and value, byte for byte: lines that {@code produce --key-separator} takes. A key
 * or a value that is not there is empty.
 */
record KeyedLines(String separator) implements RecordPrinter {
  @Override
  public void write(ConsumerRecord<byte[], byte[]> record, OutputStream out) throws IOException {
    byte[] key = record.key();
    if (key != null) {
      out.write(key);
    }
    out.write(separator.getBytes(StandardCharsets.UTF_8));
    RecordFormat.VALUE.write(record, out);
  }
}
