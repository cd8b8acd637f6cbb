package io.headwater.process;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.LoggingEvent;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.event.KeyValuePair;

@Timeout(30)
class JournalAppenderTest {
  private final LoggerContext context = new LoggerContext();
  private final JournalAppender appender = new JournalAppender();

  private String entry(LoggingEvent event) {
    event.setKeyValuePairs(List.of(new KeyValuePair("topicName", "a/b")));
    return new String(appender.entry(event), StandardCharsets.UTF_8);
  }

  private LoggingEvent event(String message) {
    return new LoggingEvent(
        "", context.getLogger("io.headwater.edge.Reload"), Level.WARN, message, null, null);
  }

  @Test
  void tellsAnEntrysFields() {
    assertThat(entry(event("Routes overlap")).lines())
        .containsExactly(
            "HEADWATER_TOPIC_NAME=a/b",
            "MESSAGE=Routes overlap topicName=\"a/b\"",
            "PRIORITY=4",
            "SYSLOG_IDENTIFIER=headwater",
            "LOGGER=io.headwater.edge.Reload",
            "THREAD=" + Thread.currentThread().getName());
  }

  @Test
  void tellsTheLengthOfATextWithSeveralLines() {
    String text = "one\ntwo topicName=\"a/b\"";

    assertThat(entry(event("one\ntwo")))
        .contains("\nMESSAGE\n" + (char) text.length() + "\0\0\0\0\0\0\0" + text + "\nPRIORITY=");
  }

  @Test
  void knowsTheJournalByItsDeviceAndInode(@TempDir Path folder) throws Exception {
    Path stream = Files.createFile(folder.resolve("stderr"));
    String identity =
        Files.getAttribute(stream, "unix:dev") + ":" + Files.getAttribute(stream, "unix:ino");

    assertThat(JournalAppender.isJournal(identity, stream)).isTrue();
    assertThat(JournalAppender.isJournal("1:1", stream)).isFalse();
    assertThat(JournalAppender.isJournal("", stream)).isFalse();
    assertThat(JournalAppender.isJournal(identity, folder.resolve("none"))).isFalse();
  }
}
