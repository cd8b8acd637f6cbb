package io.headwater.cli;

import io.headwater.process.UserError;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;

/** Makes records of lines. */
final class RecordMaker {
  private final String topic;
  private final @Nullable Integer partition;
  private final byte @Nullable [] key;
  private final byte @Nullable [] separator;
  private final List<Header> headers;

  /**
   * @param partition null: by the key
   * @param key of every record
   * @param separator what a line's key ends at; not together with a key
   * @param headers of every record, {@code name=value}
   */
  RecordMaker(
      String topic,
      @Nullable Integer partition,
      @Nullable String key,
      @Nullable String separator,
      List<String> headers) {
    this.topic = topic;
    this.partition = partition;
    this.key = bytes(key);
    this.separator = bytes(separator);
    this.headers = headers(headers);
  }

  private static List<Header> headers(List<String> texts) {
    var headers = new ArrayList<Header>();
    for (String text : texts) {
      int equals = text.indexOf('=');
      if (equals < 1) {
        throw UserError.usage("--header '" + text + "': write NAME=VALUE");
      }
      headers.add(new TextHeader(text.substring(0, equals), text.substring(equals + 1)));
    }
    return List.copyOf(headers);
  }

  private static byte @Nullable [] bytes(@Nullable String text) {
    return text == null ? null : text.getBytes(StandardCharsets.UTF_8);
  }

  /**
   * The line's record.
   *
   * @throws UserError if the line has no key where it should have one
   */
  ProducerRecord<byte[], byte[]> record(byte[] line, long number) {
    if (separator == null) {
      return new ProducerRecord<>(topic, partition, key, line, headers);
    }
    int at = indexOf(line, separator);
    if (at < 0) {
      throw UserError.failure(
          "line %d has no '%s' behind a key; mend it, or leave out --key-separator"
              .formatted(number, new String(separator, StandardCharsets.UTF_8)));
    }
    return new ProducerRecord<>(
        topic,
        partition,
        Arrays.copyOf(line, at),
        Arrays.copyOfRange(line, at + separator.length, line.length),
        headers);
  }

  private static int indexOf(byte[] line, byte[] wanted) {
    for (int at = 0; at <= line.length - wanted.length; at++) {
      if (Arrays.equals(line, at, at + wanted.length, wanted, 0, wanted.length)) {
        return at;
      }
    }
    return -1;
  }

  /** Kafka has a class for it only among its internals. */
  private record TextHeader(String key, String text) implements Header {
    @Override
    public byte[] value() {
      return text.getBytes(StandardCharsets.UTF_8);
    }
  }
}
