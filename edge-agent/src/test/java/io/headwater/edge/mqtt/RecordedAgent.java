package io.headwater.edge.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.testsupport.Headwater;
import io.headwater.testsupport.powercut.Disk;
import io.headwater.testsupport.powercut.Event;
import io.headwater.testsupport.powercut.Recording;
import io.headwater.testsupport.powercut.Strace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;
import org.jspecify.annotations.Nullable;

/** The real agent on one data folder, over several lives, each system call of it recorded. */
@NullMarked
final class RecordedAgent implements AutoCloseable {
  /** Where its log lies, below what is recorded. */
  static final Path LOG = Path.of("edge", "log");

  /** What of the JVM's work pays in a life of some seconds. */
  private static final String SHORT_LIFE = "-XX:TieredStopAtLevel=1 ";

  /** What a JVM that has closed all in order returns after SIGTERM. */
  private static final int TERMINATED = 128 + 15;

  private final Path folder;
  private final Path place;
  private final String javaOptions;
  private final Recording recording;
  private @Nullable Strace process;
  private int lives;
  private int port;

  /**
   * @param folder a folder of its own
   * @param javaOptions further ones
   */
  RecordedAgent(Path folder, String javaOptions) throws IOException {
    this.folder = folder.toRealPath();
    this.place = Files.createDirectory(this.folder.resolve("disk"));
    this.javaOptions = javaOptions;
    this.recording = new Recording(place);
  }

  /** Begins a life; returns the MQTT port. */
  int start(String fileSize) throws IOException {
    return start("file-size: %s, space: {reserve: 64KiB}".formatted(fileSize), "");
  }

  /**
   * Begins a life in which the log gets full.
   *
   * @param dropped a topic filter: its oldest readings are given up for newer ones
   */
  int startLimited(String dropped) throws IOException {
    return start(
        "file-size: 64KiB, space: {reserve: 4MiB, limit: 8MiB}",
        """
        routes:
          - {topic: "%s", stream: dropped, key: k, when-full: drop-oldest}
        """
            .formatted(dropped));
  }

  private int start(String log, String routes) throws IOException {
    lives++;
    Path config =
        Files.writeString(
            folder.resolve("edge-" + lives + ".yaml"),
            """
            data: %s
            gateway: recorded
            listen: {mqtt: "127.0.0.1:0"}
            http: 127.0.0.1:0
            log: {%s}
            uplink: {bridges: []}
            %s\
            """
                .formatted(place.resolve("edge"), log, routes));
    process =
        Strace.start(
            folder,
            folder.resolve("notes-" + lives),
            Map.of("HEADWATER_BUILD", "never", "HEADWATER_JAVA_OPTIONS", SHORT_LIFE + javaOptions),
            Headwater.home().resolve("headwater").toString(),
            "edge",
            "--config=" + config);
    String address = process.awaitReady(Duration.ofMinutes(2)).getOrDefault("mqtt", "");
    port = Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
    return port;
  }

  /** How many files the log has now. */
  int logFiles() {
    try (Stream<Path> files = Files.list(place.resolve(LOG))) {
      return (int) files.filter(each -> each.toString().endsWith(".edgelog")).count();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** SIGKILL. */
  void kill() throws IOException {
    running().kill();
    add();
  }

  /** SIGTERM. */
  void terminate() throws IOException {
    assertThat(running().terminate()).as(running().output()).isEqualTo(TERMINATED);
    add();
  }

  private Strace running() {
    if (process == null) {
      throw new IllegalStateException("not started");
    }
    return process;
  }

  private void add() throws IOException {
    recording.add(running().notes(), port);
    Files.delete(running().notes()); // large
    // The notes are whole, and the disk follows them rightly: or all the rest would prove nothing.
    var disk = new Disk(RecordedAgent::isMapped);
    recording.events().forEach(disk::apply);
    Path seen = folder.resolve("seen-" + lives);
    disk.build(seen);
    Map<Path, byte[]> expected = files(place);
    Map<Path, byte[]> found = files(seen);
    assertThat(found.keySet()).as("files by the recording").isEqualTo(expected.keySet());
    expected.forEach((path, bytes) ->
        assertThat(Arrays.mismatch(found.get(path), bytes))
            .as("first byte of %s that the recording does not explain", path)
            .isEqualTo(-1));
  }

  private static Map<Path, byte[]> files(Path folder) throws IOException {
    var files = new TreeMap<Path, byte[]>();
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path each : all.filter(Files::isRegularFile).toList()) {
        if (!isMapped(each.toString())) {
          files.put(folder.relativize(each), Files.readAllBytes(each));
        }
      }
    }
    return files;
  }

  /** SQLite's index of its write-ahead log. */
  static boolean isMapped(String name) {
    return name.endsWith("-shm");
  }

  List<Event> events() {
    return recording.events();
  }

  @Override
  public void close() {
    if (process != null) {
      process.close();
    }
  }
}
