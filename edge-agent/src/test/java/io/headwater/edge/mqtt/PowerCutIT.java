package io.headwater.edge.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import io.headwater.edge.log.EdgeLog;
import io.headwater.testsupport.powercut.CutPoints;
import io.headwater.testsupport.powercut.Disk;
import io.headwater.testsupport.powercut.Event;
import io.headwater.testsupport.powercut.Recording;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.IntPredicate;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.jspecify.annotations.NullMarked;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Recorded once, cut everywhere: what the real agent writes to its disk and sends to its clients is
 * recorded, and for many instants of it the folder is made that a disk may hold after a power cut
 * right then ({@link Disk} says what a disk may do). Nothing acknowledged is lost, nothing is there
 * that nobody has published, nothing is there twice unless it was sent twice.
 *
 * <p>{@code -Dheadwater.cuts=20000} cuts more often. A failure keeps its recording and tells how to
 * cut it again in the same way.
 */
@NullMarked
@Timeout(value = 4, unit = TimeUnit.HOURS)
class PowerCutIT {
  private static final Logger LOGGER = LoggerFactory.getLogger(PowerCutIT.class);
  private static final int CUTS = Integer.getInteger("headwater.cuts", 1000);
  private static final int CUTS_OF_THE_BROKEN = 100;
  private static final int SHOWN = 10;
  private static final int ALL = -1;

  /** Once more, of a recording that was kept: this cut alone, by its number. */
  private static final int ONLY = Integer.getInteger("headwater.cuts.only", ALL);

  private static final Path MEMORY = Path.of("/dev/shm");

  /** What is wrong after a cut. */
  private record Finding(int cut, int at, List<String> wrong) {}

  @TempDir private Path folder;
  private final ReturningClient.Trial trial = new ReturningClient.Trial();

  /** Of the client whose readings are large. */
  private final ReturningClient.Trial largeTrial = new ReturningClient.Trial();

  /** Of the client whose oldest readings are given up. */
  private final ReturningClient.Trial droppedTrial = new ReturningClient.Trial();

  private final long seed = Long.getLong("headwater.cuts.seed", System.nanoTime());

  /** The log would say at each cut that it was opened. */
  @BeforeAll
  static void quiet() {
    level(Level.OFF);
  }

  @AfterAll
  static void loud() {
    level(null);
  }

  private static void level(@Nullable Level level) {
    if (LoggerFactory.getLogger(EdgeLog.class.getPackageName())
        instanceof ch.qos.logback.classic.Logger logger) {
      logger.setLevel(level);
    }
  }

  @Test
  void nothingAcknowledgedIsLostWhereverThePowerIsCut() throws Exception {
    String kept = System.getProperty("headwater.cuts.recording");
    List<Event> events = kept == null ? record() : Recording.load(Path.of(kept));

    List<Finding> findings = cut(events, CUTS, ONLY);

    if (!findings.isEmpty()) {
      Path recording =
          kept == null
              ? Path.of("target", "power-cut-" + seed + ".recording").toAbsolutePath()
              : Path.of(kept);
      if (kept == null) {
        Recording.save(events, recording);
      }
      throw new AssertionError(failure(findings, events.size(), recording));
    }
  }

  private String failure(List<Finding> findings, int events, Path recording) {
    Finding first = findings.getFirst();
    return """
    %d of %d cuts cost something; cut %d, before event %d of %d:
    %s
    replay with -Dheadwater.cuts=%d -Dheadwater.cuts.seed=%d -Dheadwater.cuts.only=%d \
    -Dheadwater.cuts.recording=%s
    """
        .formatted(
            findings.size(),
            CUTS,
            first.cut(),
            first.at(),
            events,
            String.join("\n", first.wrong().subList(0, Math.min(SHOWN, first.wrong().size()))),
            CUTS,
            seed,
            first.cut(),
            recording);
  }

  /** SQLite's OFF and NORMAL. */
  @ParameterizedTest
  @ValueSource(strings = {"0", "1"})
  void logThatDoesNotForceItsCommitsIsFoundOut(String synchronous) throws Exception {
    List<Event> events;
    try (var agent = new RecordedAgent(folder, Unforced.option(folder, synchronous));
        var clients = new Clients()) {
      trial.listensOn(agent.start("64KiB"));
      clients.await(() -> clients.first.count() > 100 && clients.second.count() > 100);
      stop();
      agent.kill();
      events = agent.events();
    }

    List<Finding> findings = cut(events, CUTS_OF_THE_BROKEN, ALL);

    assertThat(findings)
        .as("headwater.cuts.seed=%d", seed)
        .anySatisfy(each -> assertThat(each.wrong()).anyMatch(what -> what.startsWith("lost: ")));
  }

  /** Publishers at each QoS, one of retained messages, one of large ones; a subscriber. */
  private final class Clients implements AutoCloseable {
    private final ReturningPublisher first = new ReturningPublisher(trial, "1", 1, false, 8, 300);
    private final ReturningPublisher second = new ReturningPublisher(trial, "2", 2, false, 4, 300);
    private final ReturningPublisher retained = new ReturningPublisher(trial, "r", 1, true, 2, 100);
    private final ReturningPublisher large =
        new ReturningPublisher(largeTrial, "l", 1, false, 1, 2500);
    private final ReturningPublisher dropped =
        new ReturningPublisher(droppedTrial, "d", 1, false, 4, 30_000);
    private final ReturningSubscriber subscriber = new ReturningSubscriber(trial);

    Clients() {
      subscriber.begin();
      first.begin();
      second.begin();
      retained.begin();
      large.begin();
      dropped.begin();
    }

    void await(BooleanSupplier until) {
      Awaitility.await()
          .atMost(Duration.ofMinutes(3))
          .pollInterval(Duration.ofMillis(20))
          .until(() -> until.getAsBoolean() || failure() != null);
      Throwable failure = failure();
      if (failure != null) {
        throw new AssertionError("a client has failed", failure);
      }
    }

    private @Nullable Throwable failure() {
      return Stream.of(trial, largeTrial, droppedTrial)
          .map(ReturningClient.Trial::failure)
          .filter(Objects::nonNull)
          .findFirst()
          .orElse(null);
    }

    @Override
    public void close() {
      stop();
      trial.giveUp();
      largeTrial.giveUp();
      droppedTrial.giveUp();
      subscriber.end();
    }
  }

  private void stop() {
    trial.listensOn(0);
    largeTrial.listensOn(0);
    droppedTrial.listensOn(0);
  }

  /**
   * A life that ends with SIGKILL, one that ends well, one more, and one in which the log is full
   * and gives up readings; all in traffic.
   */
  private List<Event> record() throws Exception {
    try (var agent = new RecordedAgent(folder, "");
        var clients = new Clients()) {
      trial.listensOn(agent.start("64KiB"));
      clients.await(() -> agent.logFiles() > 3 && clients.retained.count() > 100);
      stop();
      agent.kill();

      // One file, whose write-ahead log comes to its end and begins anew.
      largeTrial.listensOn(agent.start("32MiB"));
      clients.await(() -> clients.large.count() > 350);
      trial.listensOn(largeTrial.port());
      int before = clients.second.count();
      clients.await(() -> clients.second.count() > before + 100);
      stop();
      agent.terminate();

      int port = agent.start("64KiB");
      trial.listensOn(port);
      largeTrial.listensOn(port);
      int files = agent.logFiles();
      clients.await(() -> agent.logFiles() > files + 1);
      stop();
      agent.kill();

      droppedTrial.listensOn(agent.startLimited("d/#"));
      clients.await(() -> clients.dropped.count() > 300); // 4.5 MB, of which 3 fit
      stop();
      agent.kill();
      assertCovers(agent.events());
      return agent.events();
    }
  }

  /** A recording of nothing would prove nothing. */
  private void assertCovers(List<Event> events) {
    var names = new HashMap<Integer, String>();
    var begun = new TreeMap<Integer, Integer>(); // how often a write-ahead log began, by file
    int checkpoints = 0;
    int givenUp = 0;
    for (Event event : events) {
      switch (event) {
        case Event.Made made -> names.put(made.inode(), made.name());
        case Event.WriteBegun written -> {
          String name = names.getOrDefault(written.file(), "");
          if (name.endsWith("-wal") && written.position() == 0) {
            begun.merge(written.file(), 1, Integer::sum);
          }
          checkpoints += name.endsWith(".edgelog") && written.position() == 0 ? 1 : 0;
        }
        case Event.Renamed renamed -> givenUp += renamed.toName().endsWith(".edgelog") ? 1 : 0;
        default -> {}
      }
    }
    assertThat(givenUp).as("files of which readings were given up").isGreaterThan(1);
    assertThat(names.values().stream().filter(name -> name.endsWith(".edgelog")).distinct())
        .as("files of the log")
        .hasSizeGreaterThan(5);
    assertThat(checkpoints).as("checkpoints").isGreaterThan(8);
    assertThat(begun.values()).as("beginnings of write-ahead logs").anyMatch(count -> count > 1);
  }

  private List<Finding> cut(List<Event> events, int count, int only) throws Exception {
    int[] points =
        CutPoints.choose(events, count, new SplittableRandom(seed), Told::isAcknowledgement);
    Path memory = Files.isDirectory(MEMORY) && Files.isWritable(MEMORY) ? MEMORY : folder;
    Path disks = Files.createTempDirectory(memory, "power-cuts");
    // A log takes its time to close, and does nothing in it.
    int workers = 4 * Runtime.getRuntime().availableProcessors();
    long started = System.nanoTime();
    var findings = new ArrayList<Finding>();
    try (ExecutorService executor = Executors.newFixedThreadPool(workers)) {
      var parts = new ArrayList<Callable<List<Finding>>>();
      for (int i = 0; i < workers; i++) {
        int worker = i;
        parts.add(() -> {
          Path target = disks.resolve("disk-" + worker);
          IntPredicate wanted = cut -> cut % workers == worker && (only == ALL || only == cut);
          return cut(events, points, wanted, target);
        });
      }
      for (Future<List<Finding>> part : executor.invokeAll(parts)) {
        findings.addAll(part.get());
      }
    } finally {
      delete(disks);
    }
    findings.sort(Comparator.comparingInt(Finding::cut));
    LOGGER
        .atInfo()
        .addKeyValue("events", events.size())
        .addKeyValue("cuts", count)
        .addKeyValue("costly", findings.size())
        .addKeyValue("seconds", TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - started))
        .log("Cut the power");
    return findings;
  }

  /** Some of the cuts, by their numbers. */
  private List<Finding> cut(List<Event> events, int[] points, IntPredicate wanted, Path target)
      throws IOException {
    var disk = new Disk(RecordedAgent::isMapped);
    var told = new Told();
    var findings = new ArrayList<Finding>();
    int at = 0;
    for (int cut = 0; cut < points.length; cut++) {
      if (!wanted.test(cut)) {
        continue;
      }
      for (; at < points[cut]; at++) {
        disk.apply(events.get(at));
        told.apply(events.get(at));
      }
      disk.cut(target, RecordedAgent.LOG, new SplittableRandom(seed + cut));
      List<String> wrong = AfterCut.findings(target.resolve(RecordedAgent.LOG), told);
      if (!wrong.isEmpty()) {
        findings.add(new Finding(cut, at, wrong));
      }
      delete(target);
    }
    return findings;
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(each);
      }
    }
  }
}
