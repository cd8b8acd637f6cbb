package io.headwater.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;

/** How a record is printed. */
enum RecordFormat implements RecordPrinter {
  /** The value's bytes and a line end; an empty line where there is no value. */
  VALUE {
    @Override
    public void write(ConsumerRecord<byte[], byte[]> record, OutputStream out) throws IOException {
      byte[] value = record.value();
      if (value != null) {
        out.write(value);
      }
      out.write('\n');
    }
  },

  /** All of the record as a line of JSON. */
  JSON {
    @Override
    public void write(ConsumerRecord<byte[], byte[]> record, OutputStream out) throws IOException {
      ObjectNode object =
          Json.object()
              .put("topic", record.topic())
              .put("partition", record.partition())
              .put("offset", record.offset())
              .put("timestamp", Instant.ofEpochMilli(record.timestamp()).toString());
      object.set("key", Json.bytes(record.key()));
      object.set("value", Json.bytes(record.value()));
      // A list: a name may be there several times.
      ArrayNode headers = object.putArray("headers");
      for (Header header : record.headers()) {
        headers.addObject().put("key", header.key()).set("value", Json.bytes(header.value()));
      }
      out.write(Json.line(object).getBytes(StandardCharsets.UTF_8));
      out.write('\n');
    }
  }
}
