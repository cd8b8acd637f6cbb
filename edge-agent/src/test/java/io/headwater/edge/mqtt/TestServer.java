package io.headwater.edge.mqtt;

import io.headwater.edge.clock.DeviceClock;
import io.headwater.edge.log.Append;
import io.headwater.edge.log.Durability;
import io.headwater.edge.log.EdgeLog;
import io.headwater.edge.log.EdgeLogMetrics;
import io.headwater.edge.log.LogRow;
import io.headwater.edge.log.LogSettings;
import io.headwater.process.ByteSize;
import io.headwater.process.HostPort;
import io.headwater.uplink.StreamPartition;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;

/** The server on a real log, whose way there can be held up. */
final class TestServer implements AutoCloseable {
  /** A log that begins new files soon. */
  static final LogSettings SMALL_FILES =
      new LogSettings(ByteSize.ofKibibytes(64), ByteSize.ofMebibytes(64), Duration.ZERO, 8192);

  private static final StreamPartition STREAM = new StreamPartition("mqtt", 0);

  /** Publishes are refused for want of room. */
  final AtomicBoolean full = new AtomicBoolean();

  /** Publishes do not get to the log until they are let through. */
  final AtomicBoolean hold = new AtomicBoolean();

  final List<Publish> published = new CopyOnWriteArrayList<>();
  final LocalDelivery delivery = new LocalDelivery();
  final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final Path folder;
  private final Admission admission;
  private final MqttSettings settings;
  private final LogSettings logSettings;
  private final int loops;
  private EdgeLog log;
  private MqttListener listener;

  TestServer(Path folder) {
    this(folder, MqttSettings.DEFAULTS, LogSettings.DEFAULTS);
  }

  TestServer(Path folder, Admission admission) {
    this(folder, MqttSettings.DEFAULTS, LogSettings.DEFAULTS, admission);
  }

  TestServer(Path folder, MqttSettings settings, LogSettings logSettings) {
    this(folder, settings, logSettings, Admission.ANYONE);
  }

  /**
   * @param loops event loops
   */
  TestServer(Path folder, int loops) {
    this(folder, MqttSettings.DEFAULTS, LogSettings.DEFAULTS, Admission.ANYONE, loops);
  }

  private TestServer(
      Path folder, MqttSettings settings, LogSettings logSettings, Admission admission) {
    this(folder, settings, logSettings, admission, 1);
  }

  private TestServer(
      Path folder, MqttSettings settings, LogSettings logSettings, Admission admission, int loops) {
    this.folder = folder;
    this.loops = loops;
    this.admission = admission;
    this.settings = settings;
    this.logSettings = logSettings;
    log = openLog();
    listener = listen();
  }

  private EdgeLog openLog() {
    return EdgeLog.open(folder, logSettings, new EdgeLogMetrics(new SimpleMeterRegistry()));
  }

  private MqttListener listen() {
    return new MqttListener(
        MqttListener.Endpoints.of(new HostPort("127.0.0.1", 0)),
        settings,
        this::offer,
        delivery,
        log,
        ClientWatch.NONE,
        admission,
        DeviceClock.of(Clock.systemUTC()),
        new MqttMetrics(registry),
        loops);
  }

  private boolean offer(Publish publish) {
    if (full.get()) {
      return false;
    }
    published.add(publish);
    return hold.get() || append(publish);
  }

  private boolean append(Publish publish) {
    return append(log, publish);
  }

  /** As the agent does it, but for routes. */
  static boolean append(EdgeLog log, Publish publish) {
    return log.offer(
        new Append(
            STREAM,
            null,
            publish.payload(),
            DeviceClock.of(Clock.systemUTC()).now(),
            publish.topic(),
            publish.clientId(),
            publish.attributes(),
            durability(publish.topic()),
            publish.also(),
            publish.done()));
  }

  /** By the topic's first level, as routes would say it. */
  private static Durability durability(String topic) {
    return topic.startsWith("interval/")
        ? Durability.INTERVAL
        : topic.startsWith("memory/") ? Durability.MEMORY : Durability.FSYNC;
  }

  /** Lets a held publish through. */
  void letThrough(int index) {
    append(published.get(index));
  }

  /** A connection without a socket. */
  MqttConnection connection() {
    return new MqttServer(
            settings,
            this::offer,
            delivery,
            log,
            ClientWatch.NONE,
            admission,
            GlobalEventExecutor.INSTANCE,
            DeviceClock.of(Clock.systemUTC()),
            new MqttMetrics(registry))
        .connection(settings, new Flight(new FlightBudget(() -> 1 << 20), 1 << 20));
  }

  /** As the agent does. */
  void tellOfItself() {
    listener.tellOfItself("test");
  }

  int port() {
    return listener.address().port();
  }

  RawClient client() throws IOException {
    return RawClient.open(port());
  }

  EdgeLog log() {
    return log;
  }

  /** All rows as "topic=payload". */
  List<String> rows() {
    var found = new ArrayList<String>();
    long next = 1;
    for (List<LogRow> rows = log.rows(next, 500, 1 << 20).rows();
        !rows.isEmpty();
        rows = log.rows(next, 500, 1 << 20).rows()) {
      rows.forEach(row ->
          found.add(row.mqttTopic() + "=" + new String(row.value(), StandardCharsets.UTF_8)));
      next = rows.getLast().seq() + 1;
    }
    return found;
  }

  /** Stops and starts again on the same folder. */
  void restart() {
    close();
    log = openLog();
    listener = listen();
  }

  @Override
  public void close() {
    listener.close();
    log.close();
  }
}
