package io.headwater.cli;

import java.io.IOException;
import java.io.OutputStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** Prints a record, with the end of its line. */
interface RecordPrinter {
  void write(ConsumerRecord<byte[], byte[]> record, OutputStream out) throws IOException;
}
