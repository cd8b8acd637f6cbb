package io.headwater.process;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.pattern.ThrowableProxyConverter;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.slf4j.event.KeyValuePair;

/**
 * Writes to standard error, or, where that is systemd's journal, to the journal with fields of
 * their own: {@code PRIORITY}, {@code MESSAGE}, {@code LOGGER}, {@code THREAD} and {@code
 * HEADWATER_KEY} for each key and value ({@code journalctl HEADWATER_TOPIC=a/b}).
 *
 * <p>The protocol is systemd's "native" one: a datagram an entry. One that is too large for it, or
 * comes while the journal is not there, goes to standard error like everywhere else.
 */
public final class JournalAppender extends ConsoleAppender<ILoggingEvent> {
  private static final String SOCKET = "/run/systemd/journal/socket";

  private final ThrowableProxyConverter stackTrace = new ThrowableProxyConverter();
  private @Nullable UnixDatagram journal;

  @Override
  public void start() {
    stackTrace.start();
    if (isJournal(System.getenv().getOrDefault("JOURNAL_STREAM", ""), Path.of("/proc/self/fd/2"))) {
      journal = new UnixDatagram(SOCKET);
    }
    super.start();
  }

  /**
   * Whether a stream is the journal that systemd has handed to the process: {@code device:inode}.
   */
  static boolean isJournal(String stream, Path standardError) {
    try {
      return !stream.isEmpty()
          && stream.equals(
              Files.getAttribute(standardError, "unix:dev")
                  + ":"
                  + Files.getAttribute(standardError, "unix:ino"));
    } catch (IOException | UnsupportedOperationException _) {
      return false;
    }
  }

  @Override
  protected void append(ILoggingEvent event) {
    if (journal == null || !journal.send(entry(event))) {
      super.append(event);
    }
  }

  /** The entry's fields, one after the other. */
  byte[] entry(ILoggingEvent event) {
    var entry = new ByteArrayOutputStream();
    var message = new StringBuilder(event.getFormattedMessage());
    if (event.getKeyValuePairs() != null) {
      for (KeyValuePair pair : event.getKeyValuePairs()) {
        message.append(' ').append(pair.key).append("=\"").append(pair.value).append('"');
        field(entry, "HEADWATER_" + fieldName(pair.key), String.valueOf(pair.value));
      }
    }
    if (event.getThrowableProxy() != null) {
      message.append('\n').append(stackTrace.convert(event).strip());
    }
    field(entry, "MESSAGE", message.toString());
    field(entry, "PRIORITY", Integer.toString(priority(event.getLevel())));
    field(entry, "SYSLOG_IDENTIFIER", "headwater");
    field(entry, "LOGGER", event.getLoggerName());
    field(entry, "THREAD", event.getThreadName());
    return entry.toByteArray();
  }

  /** As syslog(3) counts: 3 error, 4 warning, 6 informational, 7 debug. */
  private static int priority(Level level) {
    return switch (level.toInt()) {
      case Level.ERROR_INT -> 3;
      case Level.WARN_INT -> 4;
      case Level.INFO_INT -> 6;
      default -> 7;
    };
  }

  /** {@code topicName} is {@code TOPIC_NAME}. */
  private static String fieldName(String key) {
    return key.replaceAll("([a-z0-9])([A-Z])", "$1_$2")
        .replaceAll("[^A-Za-z0-9]", "_")
        .toUpperCase(Locale.ROOT);
  }

  /** A value with line ends is told with its length. */
  private static void field(ByteArrayOutputStream entry, String name, String value) {
    byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
    entry.writeBytes(name.getBytes(StandardCharsets.UTF_8));
    if (value.indexOf('\n') < 0) {
      entry.write('=');
    } else {
      entry.write('\n');
      entry.writeBytes(
          ByteBuffer.allocate(Long.BYTES)
              .order(ByteOrder.LITTLE_ENDIAN)
              .putLong(bytes.length)
              .array());
    }
    entry.writeBytes(bytes);
    entry.write('\n');
  }
}
