package io.headwater.edge.log;

import io.headwater.testsupport.KeptFolder;
import io.headwater.uplink.ClockQuality;
import io.headwater.uplink.Gap;
import io.headwater.uplink.GapReason;
import io.headwater.uplink.OffsetRanges;
import io.headwater.uplink.StreamPartition;
import io.headwater.uplink.UplinkRecord;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The data folder of an agent that was built from an earlier commit, unpacked, and what it has to
 * tell: {@code formats/edge-COMMIT.txt} says how each was made.
 *
 * @param data the data folder; the log is in its {@code log}
 * @param rows all readings as {@code topic=value}, in the order of writing
 * @param readings of each partition, by offset
 * @param gaps of each partition, by offset
 * @param retained values by topic
 * @param queued what sessions that are away have not got, as {@code topic=value}, by client
 */
public record OldFolder(
    Path data,
    int format,
    long epoch,
    List<String> rows,
    Map<StreamPartition, List<UplinkRecord>> readings,
    Map<StreamPartition, List<Gap>> gaps,
    Map<StreamPartition, OffsetRanges> settled,
    Map<String, String> retained,
    Map<String, List<String>> queued) {

  /** Those that there are, oldest first. */
  public static Stream<String> commits() {
    return Stream.of("55c8f81", "480ff2f", "9a9527c", "ae57599", "51a7cee", "07e19e6");
  }

  /** Unpacks one. */
  public static OldFolder unpack(String commit, Path to) throws IOException {
    KeptFolder.unpack(resource(commit, ".zip"), to);
    try (InputStream text = resource(commit, ".txt")) {
      return parse(to, new String(text.readAllBytes(), StandardCharsets.UTF_8));
    }
  }

  private static InputStream resource(String commit, String suffix) {
    String name = "/formats/edge-" + commit + suffix;
    return Objects.requireNonNull(OldFolder.class.getResourceAsStream(name), name);
  }

  private static OldFolder parse(Path data, String text) {
    int format = 0;
    long epoch = 0;
    var rows = new ArrayList<String>();
    var readings = new LinkedHashMap<StreamPartition, List<UplinkRecord>>();
    var gaps = new LinkedHashMap<StreamPartition, List<Gap>>();
    var settled = new LinkedHashMap<StreamPartition, OffsetRanges>();
    var retained = new TreeMap<String, String>();
    var queued = new LinkedHashMap<String, List<String>>();
    for (String line : text.lines().filter(each -> !each.startsWith("#")).toList()) {
      List<String> words = List.of(line.split("\t"));
      switch (words.getFirst()) {
        case "format" -> format = Integer.parseInt(words.get(1));
        case "epoch" -> epoch = Long.parseLong(words.get(1));
        case "reading" -> {
          rows.add(words.get(8) + "=" + value(words.get(9)));
          readings.computeIfAbsent(partition(words), _ -> new ArrayList<>()).add(reading(words));
        }
        case "gap" ->
            gaps.computeIfAbsent(partition(words), _ -> new ArrayList<>()).add(gap(words));
        case "settled" ->
            settled.merge(
                partition(words),
                OffsetRanges.of(number(words, 3), number(words, 4)),
                OffsetRanges::union);
        case "retained" -> retained.put(words.get(1), value(words.get(2)));
        case "session" -> queued.put(words.get(1), new ArrayList<>());
        case "queued" ->
            Objects.requireNonNull(queued.get(words.get(1)), line)
                .add(words.get(2) + "=" + value(words.get(3)));
        default -> throw new AssertionError(line);
      }
    }
    return new OldFolder(data, format, epoch, rows, readings, gaps, settled, retained, queued);
  }

  private static StreamPartition partition(List<String> words) {
    return new StreamPartition(words.get(1), Integer.parseInt(words.get(2)));
  }

  private static UplinkRecord reading(List<String> words) {
    ClockQuality clock =
        Arrays.stream(ClockQuality.values())
            .filter(each -> each.text().equals(words.get(5)))
            .findFirst()
            .orElseThrow();
    return new UplinkRecord(
        number(words, 3),
        number(words, 4),
        clock,
        words.get(6).getBytes(StandardCharsets.UTF_8),
        value(words.get(9)).getBytes(StandardCharsets.UTF_8),
        words.get(8),
        words.get(7));
  }

  private static Gap gap(List<String> words) {
    GapReason reason =
        Arrays.stream(GapReason.values())
            .filter(each -> each.text().equals(words.get(5)))
            .findFirst()
            .orElseThrow();
    long first = number(words, 3);
    long next = number(words, 4);
    return new Gap(first, next, reason, 0, next - first);
  }

  private static long number(List<String> words, int index) {
    return Long.parseLong(words.get(index));
  }

  private static String value(String text) {
    int star = text.indexOf('*');
    if (star < 0) {
      return text;
    }
    String number = text.substring(0, star);
    return number + ".".repeat(Integer.parseInt(text.substring(star + 1)) - number.length());
  }

  /** Where the log is. */
  public Path log() {
    return data.resolve("log");
  }

  /** The offset that a partition gives next. */
  long end(StreamPartition partition) {
    long end = 0;
    for (UplinkRecord reading : readings.getOrDefault(partition, List.of())) {
      end = Math.max(end, reading.offset() + 1);
    }
    for (Gap gap : gaps.getOrDefault(partition, List.of())) {
      end = Math.max(end, gap.nextOffset());
    }
    return end;
  }

  /** As a later agent may have it: a table more, and another column in one that there is. */
  static void makeNewer(Path file) throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      statement.executeUpdate(
          "UPDATE meta SET value = " + (LogFile.FORMAT + 1) + " WHERE name = 'format'");
      statement.executeUpdate("ALTER TABLE settled ADD COLUMN later INTEGER");
      statement.executeUpdate("CREATE TABLE later(id INTEGER PRIMARY KEY)");
      LifeCopy.write(connection);
      // What it keeps there is not what this agent would.
      statement.executeUpdate("UPDATE sp SET base = base + 1");
      connection.commit();
    }
  }

  /** The log of a newer agent, in place of its newest file's. */
  public void makeNewer() throws IOException, SQLException {
    makeNewer(LogFolder.list(log()).getLast());
  }

  /** What is in the log's folder. */
  public Map<String, String> bytes() throws IOException {
    return bytes(log());
  }

  /** All files but those in which SQLite's readers find each other. */
  static Map<String, String> bytes(Path folder) throws IOException {
    var bytes = new TreeMap<String, String>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        String name = file.getFileName().toString();
        if (!name.endsWith("-shm")) {
          bytes.put(name, HexFormat.of().formatHex(Files.readAllBytes(file)));
        }
      }
    }
    return bytes;
  }
}
