package io.headwater.analytics;

import io.headwater.process.DataFolder;
import io.headwater.process.Health;
import io.headwater.process.HostPort;
import io.headwater.process.HttpEndpoint;
import io.headwater.process.Resources;
import io.headwater.process.RunningProcess;
import io.headwater.process.UserError;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The analytics process.
 *
 * <p>Started, it answers over HTTP; the queries come up by themselves as soon as the hub is there.
 * Nothing that happens to a query or to the hub ends the process.
 */
final class Analytics implements RunningProcess {
  private static final Logger LOGGER = LoggerFactory.getLogger(Analytics.class);

  private final Resources resources;
  private final QueryAdmin admin;
  private final Health health;
  private final HostPort http;
  private final CompletableFuture<Void> fatal = new CompletableFuture<>();

  private Analytics(Resources resources, QueryAdmin admin, Health health, HostPort http) {
    this.resources = resources;
    this.admin = admin;
    this.health = health;
    this.http = http;
  }

  /**
   * The queries that a configuration names.
   *
   * @throws UserError if there are none, or something in them is wrong
   */
  static List<Query> queries(AnalyticsConfig config) {
    return QueryFile.read(
        config
            .queries()
            .orElseThrow(() ->
                UserError.usage("analytics needs a query file: name one with --queries FILE")));
  }

  /**
   * The topologies of the user's own that a configuration names; to be closed.
   *
   * @throws UserError if something is wrong with them
   */
  static OwnTopologies ownTopologies(AnalyticsConfig config, List<Query> queries) {
    OwnTopologies own = OwnTopologies.find(config.topologies());
    for (Query query : queries) {
      if (own.names().contains(query.name())) {
        own.close();
        throw UserError.usage(
            "topologies: '" + query.name() + "' is the name of a query, too: give one another");
      }
    }
    return own;
  }

  static Analytics start(AnalyticsConfig config, Clock clock) {
    List<Query> queries = queries(config);
    var resources = new Resources();
    try {
      DataFolder data = resources.open("data folder", DataFolder.lock(config.data(), "analytics"));
      String instance = InstanceId.of(data.path());
      var registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
      resources.onClose("metrics", registry::close);
      var metrics = new AnalyticsMetrics(registry);
      Health health = Health.starting();
      var endpoint =
          resources.open("http", new HttpEndpoint("analytics", config.http(), registry, health));
      HostPort self = advertised(config, endpoint.address());
      StateMemory memory =
          resources.open("state memory", new StateMemory(config.stateMemory().bytes()));
      var hub =
          resources.open(
              "hub watch",
              new HubWatch(ClientConfigs.bootstrap(config), ClientConfigs.admin(config)));
      health.check("hub", hub::problem);
      var running = new RunningQueries();
      Peers peers = resources.open("peers", new Peers());
      LiveFeed live =
          resources.open("live results", new LiveFeed(ClientConfigs.live(config), metrics));
      GatewayBacklogs backlogs =
          resources.open("backlogs", new GatewayBacklogs(ClientConfigs.history(config)));
      var starter =
          new QueryStarter(
              config, instance, self, memory, metrics, health, running, backlogs, clock);
      QueryAdmin admin =
          resources.open(
              "queries",
              new QueryAdmin(
                  config.queries().orElseThrow(),
                  Definitions.open(data.path()),
                  running,
                  starter,
                  live));
      OwnTopologies own = resources.open("own topologies", ownTopologies(config, queries));
      own.start(starter, health);
      admin.startAll(queries);
      endpoint.handle(
          HttpApi.PATH, new HttpApi(running, own, new WindowService(self, peers), live, admin));
      endpoint.handle("/", new Page());
      health.started();
      return new Analytics(resources, admin, health, endpoint.address());
    } catch (RuntimeException e) {
      resources.closeAfter(e);
      throw e;
    }
  }

  /** Reads the query file again, as far as no state is lost by it. */
  void reload() {
    try {
      LOGGER.atInfo().addKeyValue("changes", admin.apply(false)).log("The query file was applied");
    } catch (ApiError | UserError e) {
      LOGGER
          .atWarn()
          .addKeyValue("error", e.getMessage())
          .log("The query file was not applied; the queries go on as they were");
    }
  }

  /** Where other instances find this one. */
  private static HostPort advertised(AnalyticsConfig config, HostPort bound) {
    if (config.advertise().isPresent()) {
      return config.advertise().get();
    }
    try {
      return InetAddress.getByName(bound.host()).isAnyLocalAddress()
          ? new HostPort(InetAddress.getLocalHost().getHostName(), bound.port())
          : bound;
    } catch (UnknownHostException e) {
      throw UserError.failure(
          "http is bound to all addresses and this machine's name leads nowhere ("
              + e.getMessage()
              + "): say by advertise=host:port where other instances find this one",
          e);
    }
  }

  @Override
  public Map<String, String> addresses() {
    return Map.of("http", http.toString());
  }

  @Override
  public CompletableFuture<Void> fatal() {
    return fatal;
  }

  /** A hub that is away is not mended by a restart: only a process that hangs is. */
  @Override
  public Health health() {
    return new Health();
  }

  @Override
  public String statusLine() {
    Health.Status told = health.status();
    return told.isUp() ? "all queries run" : told.line();
  }

  @Override
  public void close() {
    resources.close();
  }
}
