package io.headwater.edge;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/** Writes what {@link StatusPage} tells for people. */
final class StatusText {
  private static final int COLUMN = 8;
  private static final int MOST_PARTITIONS = 20;

  private final PrintWriter out;

  StatusText(PrintWriter out) {
    this.out = out;
  }

  /** One line for each thing, its name in front; more lines of the same are indented. */
  void print(JsonNode status) {
    boolean running = status.path("running").asBoolean();
    if (running) {
      line(
          "gateway",
          status.path("gateway").asText()
              + ", version "
              + status.path("version").asText()
              + ", up for "
              + span(status.path("uptimeSeconds").asLong()));
      line("clock", status.path("clock").asText());
    } else {
      JsonNode log = status.path("log");
      line("agent", "not running; what the disk holds:");
      line(
          "log",
          log.path("folder").asText()
              + ", files: "
              + log.path("files").asLong()
              + ", "
              + bytes(log.path("bytes").asLong()));
    }
    waiting(status.path("waiting"));
    if (running) {
      drain(status.path("waiting"));
      rates(status.path("rates"));
      storage(status.path("storage"));
      uplink(status.path("uplink"));
      status
          .path("problems")
          .properties()
          .forEach(
              problem -> line("problem", problem.getKey() + ": " + problem.getValue().asText()));
      status.path("errors").forEach(this::error);
    }
  }

  private void waiting(JsonNode waiting) {
    JsonNode oldest = waiting.path("oldestSeconds");
    line(
        "waiting",
        readings(waiting.path("readings").asLong())
            + (oldest.isNumber() ? ", the oldest for " + span(oldest.asLong()) : ""));
    List<JsonNode> partitions = new ArrayList<>();
    waiting.path("partitions").forEach(partitions::add);
    partitions.sort(
        Comparator.comparingLong((JsonNode each) -> each.path("readings").asLong()).reversed());
    List<JsonNode> shown = partitions.subList(0, Math.min(MOST_PARTITIONS, partitions.size()));
    int width = shown.stream().mapToInt(each -> name(each).length()).max().orElse(0);
    for (JsonNode each : shown) {
      line(
          "",
          name(each)
              + " ".repeat(width - name(each).length())
              + "  "
              + number(each.path("readings").asLong()));
    }
    if (partitions.size() > shown.size()) {
      line("", "and " + (partitions.size() - shown.size()) + " more: --json tells all");
    }
  }

  private static String name(JsonNode partition) {
    return partition.path("stream").asText() + "/" + partition.path("partition").asInt();
  }

  private void drain(JsonNode waiting) {
    JsonNode drain = waiting.path("drainSeconds");
    if (waiting.path("readings").asLong() > 0) {
      line(
          "drain",
          drain.isNumber()
              ? "in " + span(drain.asLong()) + ", if it goes on like this"
              : "not known: no bridge takes what waits, or less than comes");
    }
  }

  private void rates(JsonNode rates) {
    line(
        "rates",
        "in "
            + rate(rates.path("inPerSecond"))
            + ", out "
            + rate(rates.path("outPerSecond"))
            + " readings a second");
  }

  private static String rate(JsonNode rate) {
    return rate.isNumber() ? String.format(Locale.ROOT, "%,.1f", rate.asDouble()) : "?";
  }

  private void storage(JsonNode storage) {
    JsonNode written = storage.path("writtenBytesPerDay");
    JsonNode budget = storage.path("budgetBytesPerDay");
    double interval = storage.path("syncIntervalSeconds").asDouble();
    double configured = storage.path("configuredSyncIntervalSeconds").asDouble();
    line(
        "written",
        (written.isNumber() ? bytes(written.asLong()) + " a day" : "not known yet")
            + (budget.isNumber() ? ", budget " + bytes(budget.asLong()) : "")
            + (interval > configured
                ? ": 'interval' readings are forced after "
                    + seconds(interval)
                    + ", not "
                    + seconds(configured)
                : ""));
  }

  private static String seconds(double seconds) {
    return String.format(Locale.ROOT, seconds < 10 ? "%.1f s" : "%.0f s", seconds);
  }

  private void uplink(JsonNode uplink) {
    JsonNode bridge = uplink.path("bridge");
    String since = span(uplink.path("sinceSeconds").asLong());
    line(
        "uplink",
        uplink.path("connected").asBoolean()
            ? "connected to " + bridge.asText() + " for " + since
            : "not connected for "
                + since
                + (bridge.isTextual() ? ", last tried " + bridge.asText() : ""));
  }

  private void error(JsonNode error) {
    long times = error.path("times").asLong();
    line(
        "error",
        error.path("of").asText()
            + ", "
            + span(error.path("secondsAgo").asLong())
            + " ago: "
            + error.path("text").asText()
            + (times > 1 ? " (" + number(times) + " times)" : ""));
  }

  private void line(String name, String text) {
    out.println(name + " ".repeat(COLUMN - name.length()) + text);
  }

  private static String number(long count) {
    return String.format(Locale.ROOT, "%,d", count);
  }

  private static String readings(long count) {
    return number(count) + (count == 1 ? " reading" : " readings");
  }

  private static String bytes(long bytes) {
    return String.format(Locale.ROOT, "%,.1f MiB", bytes / 1048576.0);
  }

  /** In the largest unit of which there are two. */
  static String span(long seconds) {
    if (seconds < 120) {
      return seconds + " s";
    }
    if (seconds < 7_200) {
      return seconds / 60 + " min";
    }
    return seconds < 172_800 ? seconds / 3_600 + " h" : seconds / 86_400 + " d";
  }
}
