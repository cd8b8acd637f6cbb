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
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * The analytics process.
 *
 * <p>Started, it answers {@code /health} and {@code /metrics}; the queries come up by themselves as
 * soon as the hub is there. Nothing that happens to a query or to the hub ends the process.
 */
final class Analytics implements RunningProcess {
  private final Resources resources;
  private final Health health;
  private final HostPort http;
  private final CompletableFuture<Void> fatal = new CompletableFuture<>();

  private Analytics(Resources resources, Health health, HostPort http) {
    this.resources = resources;
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

  static Analytics start(AnalyticsConfig config) {
    List<Query> queries = queries(config);
    var resources = new Resources();
    try {
      DataFolder data = resources.open("data folder", DataFolder.lock(config.data(), "analytics"));
      String instance = InstanceId.of(data.path());
      var registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
      resources.onClose("metrics", registry::close);
      var metrics = new AnalyticsMetrics(registry);
      var health = new Health();
      StateMemory memory =
          resources.open("state memory", new StateMemory(config.stateMemory().bytes()));
      Map<String, Object> admin = ClientConfigs.admin(config);
      var hub = resources.open("hub watch", new HubWatch(ClientConfigs.bootstrap(config), admin));
      health.check("hub", hub::problem);
      for (Query query : queries) {
        var runner =
            resources.open(
                "query " + query.name(),
                new QueryRunner(
                    query,
                    admin,
                    ClientConfigs.streams(config, query, instance, memory),
                    metrics.forQuery(query.name())));
        metrics.running(query.name(), runner::isRunning);
        health.check("query " + query.name(), runner::problem);
      }
      // Last: without its checks, health would be green.
      var endpoint =
          resources.open("http", new HttpEndpoint("analytics", config.http(), registry, health));
      return new Analytics(resources, health, endpoint.address());
    } catch (RuntimeException e) {
      resources.closeAfter(e);
      throw e;
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
