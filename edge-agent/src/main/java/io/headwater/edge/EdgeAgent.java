package io.headwater.edge;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.headwater.edge.access.AccessControl;
import io.headwater.edge.access.AccessPolicy;
import io.headwater.edge.access.AccessSettings.Anonymous;
import io.headwater.edge.access.AccessSettings.Certificates;
import io.headwater.edge.clock.ClockKeeper;
import io.headwater.edge.down.Downlink;
import io.headwater.edge.forward.DeviceRoster;
import io.headwater.edge.forward.Forwarder;
import io.headwater.edge.forward.StatusReporter;
import io.headwater.edge.forward.UplinkStatus;
import io.headwater.edge.input.InputPlan;
import io.headwater.edge.input.Inputs;
import io.headwater.edge.input.Machines;
import io.headwater.edge.log.EdgeLog;
import io.headwater.edge.log.EdgeLogMetrics;
import io.headwater.edge.mqtt.ClientWatch;
import io.headwater.edge.mqtt.LocalDelivery;
import io.headwater.edge.mqtt.MqttListener;
import io.headwater.edge.mqtt.MqttMetrics;
import io.headwater.edge.mqtt.PublishSink;
import io.headwater.edge.mqtt.ServerTls;
import io.headwater.edge.output.OutputPlan;
import io.headwater.edge.output.Outputs;
import io.headwater.edge.remote.Remotes;
import io.headwater.edge.route.RouteTable;
import io.headwater.edge.sparkplug.EdgeNode;
import io.headwater.edge.sparkplug.SparkplugIntake;
import io.headwater.process.DataFolder;
import io.headwater.process.Health;
import io.headwater.process.HostPort;
import io.headwater.process.HttpEndpoint;
import io.headwater.process.Resources;
import io.headwater.process.RunningProcess;
import io.headwater.process.SdNotify;
import io.headwater.process.Threads;
import io.headwater.process.UserError;
import io.headwater.uplink.StreamPartition;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The agent, wired. */
final class EdgeAgent implements RunningProcess {
  private static final Logger LOGGER = LoggerFactory.getLogger(EdgeAgent.class);
  static final String VERSION = "0.1.0";
  static final String LOG_FOLDER = "log";

  /** Path of the HTTP page that reloads. */
  static final String RELOAD = "/reload";

  /** Path of the HTTP page that tells how the agent does. */
  static final String STATUS = "/status";

  private static final Duration SELF_TEST = Duration.ofSeconds(60);
  private static final int WORKERS = 2;
  private static final int WORK_WAITING = 64;

  private final Resources resources = new Resources();
  private final Health health = Health.starting();

  /** A restart helps a log that cannot be written; it does not help against a far side. */
  private final Health watched = new Health();

  private final CompletableFuture<Void> fatal = new CompletableFuture<>();
  private final Map<String, String> addresses = new LinkedHashMap<>();

  private final AtomicReference<@Nullable Supplier<String>> reloading = new AtomicReference<>();
  private final SdNotify notify = SdNotify.ofEnvironment();
  private Supplier<String> statusLine = () -> "starting";

  private EdgeAgent() {}

  /**
   * Starts it.
   *
   * @param again reads the configuration anew, for a reload
   */
  static EdgeAgent start(EdgeConfig config, Supplier<EdgeConfig> again, InstantSource wall) {
    var agent = new EdgeAgent();
    try {
      agent.open(config, again, wall);
      return agent;
    } catch (RuntimeException | Error e) {
      agent.resources.closeAfter(e);
      throw e;
    }
  }

  private void open(EdgeConfig config, Supplier<EdgeConfig> again, InstantSource wall) {
    config.listen().endpoints().stream()
        .filter(each -> !each.address().isLoopback())
        .filter(_ -> config.access().allowAnonymous() == Anonymous.ALWAYS)
        .forEach(each ->
            LOGGER
                .atWarn()
                .addKeyValue("address", each.address())
                .log("Clients are served without authentication on a network"));
    var registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    resources.onClose("metrics", registry::close);
    DataFolder data = resources.open("data folder", DataFolder.lock(config.data(), "edge"));
    HttpEndpoint http =
        resources.open("http", new HttpEndpoint("edge", config.http(), registry, health));
    Path logFolder = data.path().resolve(LOG_FOLDER);
    EdgeLog.requireNotNewer(logFolder); // the clock has a file there
    ClockKeeper clock =
        resources.open("clock", ClockKeeper.start(config.clock(), logFolder, wall, registry));
    EdgeLog log =
        resources.open(
            "log", EdgeLog.open(logFolder, config.log(), new EdgeLogMetrics(registry), clock));
    log.failed()
        .whenComplete((_, failure) -> {
          if (failure != null) {
            fatal.completeExceptionally(failure);
          }
        });
    health.check("log", log::problem);
    health.check("room", log::fullness);
    watched.check("log", log::problem);
    String gateway = config.gateway().orElseGet(EdgeAgent::hostName);
    var devices = new DeviceRoster(clock);
    var reporter =
        new StatusReporter(log, gateway, VERSION, config.uplink(), clock, devices, registry);
    var delivery = new LocalDelivery();
    Downlink downlink =
        resources.open(
            "downlink",
            new Downlink(
                data.path(),
                log,
                gateway,
                config.commands(),
                config.uplink(),
                delivery,
                () -> status(gateway, log, clock),
                registry));
    var routes = new AtomicReference<>(routes(config, log));
    Forwarder forwarder =
        resources.open(
            "forwarder",
            new Forwarder(
                log,
                gateway,
                VERSION,
                config.uplink(),
                stream -> routes.get().order(stream),
                reporter,
                downlink,
                clock,
                registry));
    downlink.sendBy(forwarder::send);
    health.check("uplink", forwarder::problem);
    var mqttMetrics = new MqttMetrics(registry);
    var status =
        new StatusPage(
            gateway,
            log,
            config.log(),
            clock,
            reporter,
            forwarder::uplink,
            mqttMetrics::refusals,
            health);
    http.page(STATUS, "application/json", status::json);
    ThreadPoolExecutor workers = workers(registry);
    resources.onClose("workers", workers::shutdownNow);
    var access = new AccessControl(AccessPolicy.read(config.access()), workers);
    Optional<ServerTls> tls = tls(config, workers);
    PublishSink routing = new PublishRouting(routes::get, clock, log::offer, registry);
    Optional<SparkplugIntake> sparkplug = sparkplug(config, routing, clock, registry);
    PublishSink sink = sparkplug.<PublishSink>map(intake -> intake).orElse(routing);
    var selfTest = new SelfTest(log, SELF_TEST);
    MqttListener mqtt =
        resources.open(
            "mqtt",
            new MqttListener(
                new MqttListener.Endpoints(
                    config.listen().endpoints(), tls, config.listen().origins()),
                config.mqtt(),
                selfTest.sink(sink),
                delivery,
                log,
                selfTest.watch(
                    sparkplug
                        .<ClientWatch>map(intake -> ClientWatch.both(devices, intake))
                        .orElse(devices)),
                selfTest.admission(access),
                clock,
                mqttMetrics));
    mqtt.tellOfItself(VERSION);
    if (!config.remotes().isEmpty()) {
      resources.open(
          "remotes",
          new Remotes(data.path(), config.remotes(), gateway, config.mqtt(), log, sink, registry));
    }
    if (config.sparkplug().node().isPresent()) {
      EdgeNode node =
          resources.open(
              "edge node",
              new EdgeNode(data.path(), config.sparkplug().node().get(), log, clock, registry));
      health.note("edge-node", node::note);
    }
    openBoard(config, log, delivery, sink, registry);
    var reload =
        new Reload(
            config,
            again,
            access,
            tls,
            mqtt,
            next -> routes(next, log),
            table -> {
              routes.set(table);
              forwarder.ordersChanged();
            });
    mqtt.addresses()
        .forEach((transport, address) -> addresses.put(transport.key(), address.toString()));
    selfTest.run(mqtt.addresses(), config.access().certificates() == Certificates.REQUIRED);
    addresses.put("http", http.address().toString());
    addresses.put("gateway", gateway);
    statusLine = () -> statusLine(log, forwarder.uplink());
    // Last: systemd takes the end of a reload for the end of a start, too.
    Supplier<String> telling = () -> notify.reloading(reload::run);
    reloading.set(telling);
    http.command(RELOAD, telling);
    health.started();
  }

  private Optional<SparkplugIntake> sparkplug(
      EdgeConfig config, PublishSink routing, ClockKeeper clock, MeterRegistry registry) {
    if (!config.sparkplug().decode()) {
      return Optional.empty();
    }
    SparkplugIntake intake =
        resources.open(
            "sparkplug",
            new SparkplugIntake(
                config.sparkplug(),
                routing,
                config::isTopic,
                clock::millis,
                System::nanoTime,
                registry));
    health.note("sparkplug", intake::note);
    return Optional.of(intake);
  }

  /** Waits for no sensor; one that fails is told of and keeps nothing from starting. */
  private void openBoard(
      EdgeConfig config,
      EdgeLog log,
      LocalDelivery delivery,
      PublishSink sink,
      MeterRegistry registry) {
    InputPlan inputPlan = config.inputPlan();
    OutputPlan outputPlan = config.outputPlan(inputPlan);
    if (inputPlan.isEmpty() && outputPlan.isEmpty()) {
      return;
    }
    Machines machines = resources.open("machines", new Machines(Path.of("/")));
    if (!inputPlan.isEmpty()) {
      InputPlan started = config.simulate() ? inputPlan.simulateMissing(machines) : inputPlan;
      Inputs inputs = resources.open("inputs", new Inputs(started, machines, sink, registry));
      health.note("inputs", inputs::note);
    }
    if (!outputPlan.isEmpty()) {
      OutputPlan started = config.simulate() ? outputPlan.simulateMissing(machines) : outputPlan;
      Outputs outputs = resources.open("outputs", new Outputs(started, machines, sink, registry));
      health.note("outputs", outputs::note);
      log.onRows(outputs::committed);
      delivery.onValue(outputs::command);
    }
  }

  /**
   * Reads the files that a configuration names and puts together what can be without a data folder
   * and a network.
   *
   * @throws UserError that names what cannot be used
   */
  static void check(EdgeConfig config) {
    AccessPolicy.read(config.access());
    tls(config, Runnable::run);
    var _ = new RouteTable(config.routes(), Set.of());
  }

  private static RouteTable routes(EdgeConfig config, EdgeLog log) {
    var routes =
        new RouteTable(
            config.routes(),
            log.ends().keySet().stream().map(StreamPartition::stream).collect(Collectors.toSet()));
    routes
        .overlaps()
        .forEach(pair -> LOGGER.atWarn().addKeyValue("routes", pair).log("Routes overlap"));
    return routes;
  }

  private static Optional<ServerTls> tls(EdgeConfig config, Executor workers) {
    return config.listen().endpoints().stream().anyMatch(each -> each.transport().isTls())
        ? Optional.of(
            new ServerTls(
                config.tls(),
                config.access().certificates() == Certificates.REQUIRED,
                workers,
                config.mqtt().connectTimeout()))
        : Optional.empty();
  }

  /** Reads the files again; what is wrong with them stands in the log. */
  void reload() {
    Supplier<String> reload = reloading.get();
    if (reload != null) {
      try {
        String _ = reload.get();
      } catch (UserError _) {
        // Logged; there is nobody else to tell.
      }
    }
  }

  /** For password hashes and handshakes; one task too many throws. */
  private static ThreadPoolExecutor workers(MeterRegistry registry) {
    var workers =
        new ThreadPoolExecutor(
            WORKERS,
            WORKERS,
            0,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(WORK_WAITING),
            Threads.factory("edge-worker"));
    Gauge.builder("edge.workers.waiting", workers, each -> each.getQueue().size())
        .description("Password checks and handshakes that wait; at most " + WORK_WAITING)
        .register(registry);
    return workers;
  }

  /** What {@code systemctl status} shows. */
  private String statusLine(EdgeLog log, UplinkStatus uplink) {
    Health.Status told = health.status();
    return (told.isUp() ? "takes readings" : told.line())
        + ", "
        + log.depth()
        + " wait for the hub, "
        + (uplink.isConnected() ? "connected to " : "no connection to ")
        + uplink.bridge().map(HostPort::toString).orElse("a bridge");
  }

  /** What the command {@code status} is answered with. */
  private static byte[] status(String gateway, EdgeLog log, ClockKeeper clock) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("gateway", gateway)
        .put("version", VERSION)
        .put("epoch", Long.toHexString(log.epoch()))
        .put("depth", log.depth())
        .put("clock", clock.quality().text())
        .put("time", clock.millis())
        .put("uptime", clock.now().uptimeMs())
        .toString()
        .getBytes(StandardCharsets.UTF_8);
  }

  /** The host's name, cut to what a gateway may be called. */
  private static String hostName() {
    String name;
    try {
      name = InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException _) {
      name = "gateway";
    }
    String clean = name.replaceAll("[^A-Za-z0-9._-]", "-");
    return clean.isEmpty() ? "gateway" : clean.substring(0, Math.min(clean.length(), 64));
  }

  @Override
  public Map<String, String> addresses() {
    return addresses;
  }

  @Override
  public CompletableFuture<Void> fatal() {
    return fatal;
  }

  @Override
  public Health health() {
    return watched;
  }

  @Override
  public String statusLine() {
    return statusLine.get();
  }

  @Override
  public void close() {
    resources.close();
  }
}
