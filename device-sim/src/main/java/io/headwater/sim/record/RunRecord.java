package io.headwater.sim.record;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.headwater.process.UserError;
import io.headwater.sim.judge.Arrival;
import io.headwater.sim.judge.Judge;
import io.headwater.sim.judge.Ledger;
import io.headwater.sim.judge.Rules;
import io.headwater.sim.judge.Verdict;
import java.io.BufferedReader;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/**
 * A run record, judged again line by line, in as little memory as the run itself.
 *
 * @param verdict what the record leads to
 * @param recorded whether the run passed, as it said itself; absent if the record has no end: the
 *     run was killed
 */
public record RunRecord(Verdict verdict, Optional<Boolean> recorded) {
  private static final JsonMapper JSON = new JsonMapper();

  /** What has been read so far. */
  private static final class Reading {
    private final Ledger ledger = new Ledger();
    private @Nullable Judge judge;
    private Optional<Boolean> recorded = Optional.empty();
  }

  /**
   * Reads and judges a record.
   *
   * @throws UserError that names file and line of what is not understood
   */
  public static RunRecord judge(Path file) {
    var reading = new Reading();
    long number = 0;
    try (BufferedReader lines = open(file)) {
      String line = lines.readLine();
      while (line != null) {
        number++;
        String next = nextLine(lines);
        try {
          if (!line.isBlank()) {
            take(reading, JSON.readTree(line));
          }
        } catch (JacksonException | IllegalArgumentException e) {
          // A run that was killed leaves half a line at the end.
          if (next != null) {
            throw UserError.failure(
                file + " line " + number + ": is no line of a run record (" + reason(e) + ")", e);
          }
        }
        line = next;
      }
    } catch (NoSuchFileException e) {
      throw UserError.failure(file + ": there is no such file", e);
    } catch (IOException e) {
      throw UserError.failure(file + ": cannot be read (" + e + ")", e);
    }
    Judge judge = reading.judge;
    if (judge == null) {
      throw UserError.failure(
          file + ": is empty; a run record begins with a line {\"event\":\"run\",…}");
    }
    return new RunRecord(judge.verdict(reading.ledger), reading.recorded);
  }

  private static BufferedReader open(Path file) throws IOException {
    InputStream in = Files.newInputStream(file);
    if (file.toString().endsWith(".gz")) {
      in = new GZIPInputStream(in);
    }
    return new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8), 1 << 16);
  }

  private static @Nullable String nextLine(BufferedReader lines) throws IOException {
    try {
      return lines.readLine();
    } catch (EOFException _) {
      return null; // compressed, and the run was killed
    }
  }

  private static void take(Reading reading, JsonNode line) {
    String event = text(line, "event");
    Judge judge = reading.judge;
    if (judge == null) {
      if (!event.equals("run")) {
        throw new IllegalArgumentException("the first line must have the event run");
      }
      int version = line.path("version").asInt();
      if (version != RunRecordWriter.VERSION) {
        throw new IllegalArgumentException(
            "version " + version + "; this is read: " + RunRecordWriter.VERSION);
      }
      reading.judge =
          new Judge(
              text(line, "devicePrefix"),
              new Rules(line.path("lateAfterMs").asLong(), line.path("resentIsFault").asBoolean()));
      return;
    }
    switch (event) {
      case "published" ->
          reading.ledger.account(text(line, "device")).published(sequence(line), attempt(line));
      case "acknowledged" ->
          reading.ledger.account(text(line, "device")).acknowledged(sequence(line), attempt(line));
      case "arrived" ->
          judge.take(
              new Arrival(
                  line.path("ms").asLong(),
                  line.path("where").asText(),
                  bytes(line, "key"),
                  bytes(line, "value"),
                  optional(line, "edge.offset"),
                  optional(line, "gateway"),
                  optional(line, "track")));
      case "note" -> {
        // For people.
      }
      case "verdict" -> reading.recorded = Optional.of(line.path("passed").asBoolean());
      default -> throw new IllegalArgumentException("unknown event '" + event + "'");
    }
  }

  private static String text(JsonNode line, String name) {
    String text = optional(line, name);
    if (text == null) {
      throw new IllegalArgumentException("'" + name + "' is missing");
    }
    return text;
  }

  private static @Nullable String optional(JsonNode line, String name) {
    JsonNode node = line.get(name);
    return node == null ? null : node.asText();
  }

  private static long sequence(JsonNode line) {
    return positive(line, "seq", Long.MAX_VALUE);
  }

  private static int attempt(JsonNode line) {
    return (int) positive(line, "attempt", Integer.MAX_VALUE);
  }

  private static long positive(JsonNode line, String name, long max) {
    long number = line.path(name).asLong();
    if (number < 1 || number > max) {
      throw new IllegalArgumentException("'" + name + "' is no number from 1 on");
    }
    return number;
  }

  private static byte @Nullable [] bytes(JsonNode line, String name) {
    String text = optional(line, name);
    if (text != null) {
      return text.getBytes(StandardCharsets.UTF_8);
    }
    String base64 = optional(line, name + "Base64");
    return base64 == null ? null : Base64.getDecoder().decode(base64);
  }

  private static String reason(Exception e) {
    String message =
        e instanceof JacksonException json ? json.getOriginalMessage() : e.getMessage();
    return message == null ? e.toString() : message;
  }
}
