package io.headwater.edge.log;

import io.headwater.process.UserError;
import io.headwater.uplink.OffsetRanges;
import io.headwater.uplink.StreamPartition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Looks at the files of a log without disturbing the agent that writes it. */
public final class LogSurvey {
  /** What a file is to the log. */
  public enum Kind {
    /** Written to. */
    ACTIVE,
    /** Whole, and only read. */
    SEALED,
    /** Was found damaged; its rows were told as a gap. */
    PUT_ASIDE
  }

  /** Rows of a partition in one file: offsets {@code first} to {@code next}, exclusive. */
  public record Held(long first, long next, long rows) {
    private static Held of(BatchHead.Part part) {
      return new Held(part.firstOffset(), part.nextOffset(), part.rows());
    }

    private Held and(Held other) {
      return new Held(Math.min(first, other.first), Math.max(next, other.next), rows + other.rows);
    }
  }

  /**
   * One file.
   *
   * @param bytes with its write-ahead log
   * @param rows that are whole
   * @param settled as far as it was known when the file was written to last
   * @param damage what is wrong with it, in words; empty if nothing was found
   */
  public record Report(
      Path file,
      Kind kind,
      long bytes,
      long rows,
      Map<StreamPartition, Held> partitions,
      Map<StreamPartition, OffsetRanges> settled,
      List<String> damage) {}

  private final boolean thorough;

  private LogSurvey(boolean thorough) {
    this.thorough = thorough;
  }

  /**
   * All files, oldest first, then those that were put aside.
   *
   * @param thorough whether every byte is checked
   * @throws UserError if there is no log in the folder
   */
  public static List<Report> look(Path folder, boolean thorough) {
    if (!Files.isDirectory(folder)) {
      throw UserError.failure(
          "there is no log in " + folder + "; name the agent's folder with --data");
    }
    var survey = new LogSurvey(thorough);
    var reports = new ArrayList<Report>();
    try {
      List<Path> files = LogFolder.list(folder);
      for (Path file : files) {
        boolean newest = file.equals(files.getLast());
        reports.add(survey.report(file, newest ? Kind.ACTIVE : Kind.SEALED));
      }
      for (Path file : LogFolder.listPutAside(folder)) {
        reports.add(survey.report(file, Kind.PUT_ASIDE));
      }
    } catch (IOException e) {
      throw UserError.failure("the log in " + folder + " cannot be read: " + e.getMessage(), e);
    }
    return reports;
  }

  /**
   * Readings that are not known to be settled, of each partition that has rows. The log writes down
   * what is settled now and then, so it may be fewer.
   *
   * @param files all of a log's
   */
  public static Map<StreamPartition, Long> depths(List<Report> files) {
    var ends = new HashMap<StreamPartition, Long>();
    var settled = new HashMap<StreamPartition, OffsetRanges>();
    for (Report file : files) {
      if (file.kind() != Kind.PUT_ASIDE) {
        file.partitions()
            .forEach((partition, held) -> ends.merge(partition, held.next(), Math::max));
        file.settled()
            .forEach((partition, ranges) -> settled.merge(partition, ranges, OffsetRanges::union));
      }
    }
    var depths = new HashMap<StreamPartition, Long>();
    ends.forEach((partition, end) ->
        depths.put(
            partition, end - settled.getOrDefault(partition, OffsetRanges.EMPTY).count(0, end)));
    return depths;
  }

  private Report report(Path file, Kind kind) throws IOException {
    var held = new TreeMap<StreamPartition, Held>();
    var settled = new HashMap<StreamPartition, OffsetRanges>();
    var damage = new ArrayList<String>();
    long[] rows = {0};
    try (var reader = FileReader.open(file)) {
      if (thorough) {
        reader.structureDamage().ifPresent(damage::add);
      }
      settled.putAll(reader.settled());
      var names = new HashMap<Integer, StreamPartition>();
      reader.partitionNumbers().forEach((partition, number) -> names.put(number, partition));
      reader.survey(
          thorough,
          head -> {
            rows[0] += head.rows();
            for (BatchHead.Part part : head.parts()) {
              StreamPartition partition = names.get(part.partition());
              if (partition != null) {
                held.merge(partition, Held.of(part), Held::and);
              }
            }
          },
          seq -> damage.add("the checksum of the rows from " + seq + " on does not match"));
    } catch (SQLException e) {
      damage.add(String.valueOf(e.getMessage()));
    }
    Path ahead = Path.of(file + "-wal");
    long bytes = Files.size(file) + (Files.exists(ahead) ? Files.size(ahead) : 0);
    return new Report(
        file, kind, bytes, rows[0], Map.copyOf(held), Map.copyOf(settled), List.copyOf(damage));
  }
}
