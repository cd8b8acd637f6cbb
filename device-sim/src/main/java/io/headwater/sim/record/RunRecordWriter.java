package io.headwater.sim.record;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.MinimalPrettyPrinter;
import io.headwater.process.Threads;
import io.headwater.process.UserError;
import io.headwater.sim.judge.Arrival;
import io.headwater.sim.judge.Rules;
import io.headwater.sim.judge.RunListener;
import io.headwater.sim.judge.Verdict;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * Writes a run record. Events come from any thread through a bounded queue; the writer's own thread
 * writes them. A full queue makes its callers wait: the record leaves nothing out.
 */
public final class RunRecordWriter implements RunListener, AutoCloseable {
  static final int VERSION = 1;

  private static final int QUEUED = 1 << 16;
  private static final int BUFFER = 1 << 16;

  private final Path file;
  private final InstantSource clock;
  private final BlockingQueue<Line> queue = new ArrayBlockingQueue<>(QUEUED);
  private final JsonGenerator json;
  private final Thread thread;
  private volatile @Nullable IOException failure;

  /** Writes the fields of one line. */
  private interface Line {
    void write(JsonGenerator json) throws IOException;
  }

  private static final Line END = _ -> {};

  private RunRecordWriter(Path file, JsonGenerator json, InstantSource clock) {
    this.file = file;
    this.json = json;
    this.clock = clock;
    thread = Threads.start("sim-record-0", this::run);
  }

  /**
   * Begins a record.
   *
   * @param name of the scenario
   * @throws UserError if the file cannot be made
   */
  public static RunRecordWriter open(
      Path file, String name, String devicePrefix, Rules rules, long seed, InstantSource clock) {
    try {
      OutputStream out = new BufferedOutputStream(Files.newOutputStream(file), BUFFER);
      if (file.toString().endsWith(".gz")) {
        out = new GZIPOutputStream(out, BUFFER);
      }
      JsonGenerator json = new JsonFactory().createGenerator(out);
      json.setPrettyPrinter(new MinimalPrettyPrinter("\n"));
      var writer = new RunRecordWriter(file, json, clock);
      writer.put(line -> {
        line.writeStringField("event", "run");
        line.writeNumberField("version", VERSION);
        line.writeStringField("scenario", name);
        line.writeStringField("devicePrefix", devicePrefix);
        line.writeNumberField("lateAfterMs", rules.lateAfterMs());
        line.writeBooleanField("resentIsFault", rules.resentIsFault());
        line.writeNumberField("seed", seed);
      });
      return writer;
    } catch (IOException e) {
      throw UserError.failure("--record " + file + ": cannot be written (" + e + ")", e);
    }
  }

  @Override
  public void published(String device, long sequence, int attempt) {
    attempt("published", device, sequence, attempt);
  }

  @Override
  public void acknowledged(String device, long sequence, int attempt) {
    attempt("acknowledged", device, sequence, attempt);
  }

  private void attempt(String event, String device, long sequence, int attempt) {
    long ms = clock.millis();
    put(line -> {
      line.writeStringField("event", event);
      line.writeNumberField("ms", ms);
      line.writeStringField("device", device);
      line.writeNumberField("seq", sequence);
      line.writeNumberField("attempt", attempt);
    });
  }

  @Override
  public void arrived(Arrival arrival) {
    put(line -> {
      line.writeStringField("event", "arrived");
      line.writeNumberField("ms", arrival.atMs());
      line.writeStringField("where", arrival.where());
      bytes(line, "key", arrival.key());
      bytes(line, "value", arrival.value());
      text(line, "edge.offset", arrival.edgeOffset());
      text(line, "gateway", arrival.gateway());
      text(line, "track", arrival.track());
    });
  }

  /** A phase begins, a fault begins or ends: for whoever reads the record. */
  public void note(String text) {
    long ms = clock.millis();
    put(line -> {
      line.writeStringField("event", "note");
      line.writeNumberField("ms", ms);
      line.writeStringField("text", text);
    });
  }

  /** The last line. */
  public void verdict(Verdict verdict) {
    String text = verdict.describe();
    put(line -> {
      line.writeStringField("event", "verdict");
      line.writeBooleanField("passed", verdict.passed());
      line.writeNumberField("lost", verdict.lost());
      line.writeNumberField("duplicated", verdict.duplicates());
      line.writeStringField("text", text);
    });
  }

  private void put(Line line) {
    try {
      queue.put(line);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    var lines = new ArrayList<Line>();
    boolean ended = false;
    while (!ended) {
      lines.clear();
      try {
        Line first = queue.poll(1, TimeUnit.SECONDS);
        if (first != null) {
          lines.add(first);
          queue.drainTo(lines);
        }
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
        return;
      }
      ended = lines.contains(END);
      if (failure == null) {
        try {
          write(lines);
        } catch (IOException e) {
          failure = e; // told when the record is closed; the run goes on
        }
      }
    }
  }

  private void write(List<Line> lines) throws IOException {
    for (Line line : lines) {
      if (!line.equals(END)) {
        json.writeStartObject();
        line.write(json);
        json.writeEndObject();
      }
    }
    if (lines.isEmpty()) {
      json.flush(); // a quiet moment: what is there can be looked at
    }
  }

  /** Text as it is, any other bytes as {@code <name>Base64}. */
  private static void bytes(JsonGenerator json, String name, byte @Nullable [] bytes)
      throws IOException {
    if (bytes == null) {
      return;
    }
    try {
      json.writeStringField(
          name, StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString());
    } catch (CharacterCodingException _) {
      json.writeStringField(name + "Base64", Base64.getEncoder().encodeToString(bytes));
    }
  }

  private static void text(JsonGenerator json, String name, @Nullable String text)
      throws IOException {
    if (text != null) {
      json.writeStringField(name, text);
    }
  }

  /**
   * Ends the record.
   *
   * @throws UserError if not all of it could be written
   */
  @Override
  public void close() {
    put(END);
    try {
      thread.join();
      json.writeRaw('\n');
      json.close();
    } catch (IOException e) {
      failure = failure == null ? e : failure;
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    if (failure != null) {
      throw UserError.failure("--record " + file + ": is not complete (" + failure + ")", failure);
    }
  }
}
