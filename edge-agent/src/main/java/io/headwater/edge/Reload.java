package io.headwater.edge;

import io.headwater.edge.access.AccessControl;
import io.headwater.edge.access.AccessPolicy;
import io.headwater.edge.access.AccessSettings.Certificates;
import io.headwater.edge.mqtt.MqttListener;
import io.headwater.edge.mqtt.ServerTls;
import io.headwater.edge.route.RouteTable;
import io.headwater.process.UserError;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the agent's files again while it runs: users, rights, certificates, routes and limits.
 *
 * <p>Everything is read before anything is put in force, so that a mistake leaves all as it was.
 * Thread-safe.
 */
final class Reload {
  private static final Logger LOGGER = LoggerFactory.getLogger(Reload.class);

  private final EdgeConfig atStart;
  private final Supplier<EdgeConfig> read;
  private final AccessControl access;
  private final Optional<ServerTls> tls;
  private final MqttListener listener;
  private final Function<EdgeConfig, RouteTable> routes;
  private final Consumer<RouteTable> routesInForce;

  /**
   * @param read the configuration, as at the start
   * @param routes makes a table of what is configured
   */
  Reload(
      EdgeConfig atStart,
      Supplier<EdgeConfig> read,
      AccessControl access,
      Optional<ServerTls> tls,
      MqttListener listener,
      Function<EdgeConfig, RouteTable> routes,
      Consumer<RouteTable> routesInForce) {
    this.atStart = atStart;
    this.read = read;
    this.access = access;
    this.tls = tls;
    this.listener = listener;
    this.routes = routes;
    this.routesInForce = routesInForce;
  }

  /**
   * Does it.
   *
   * @return what there is to say about it, a line each
   * @throws UserError that names what cannot be used; then nothing has changed
   */
  synchronized String run() {
    try {
      EdgeConfig next = read.get();
      AccessPolicy policy = AccessPolicy.read(next.access());
      RouteTable table = routes.apply(next);
      Runnable certificates =
          tls.map(server ->
                  server.prepare(next.tls(), next.access().certificates() == Certificates.REQUIRED))
              .orElse(() -> {});
      access.policy(policy);
      routesInForce.accept(table);
      certificates.run();
      listener.settings(next.mqtt());
      List<String> onlyAtStart = onlyAtStart(next);
      LOGGER.atInfo().log("Read the configuration and its files again");
      String said = "users, rights, certificates, routes and limits are read again\n";
      if (!onlyAtStart.isEmpty()) {
        String changed =
            String.join(", ", onlyAtStart) + " changed too, which counts from the next start on";
        LOGGER.atWarn().addKeyValue("keys", onlyAtStart).log("Changed keys need a restart");
        said += changed + "\n";
      }
      return said;
    } catch (UserError e) {
      LOGGER
          .atError()
          .addKeyValue("error", e.getMessage())
          .log("Nothing is reloaded: everything stays as it was");
      throw e;
    }
  }

  /** Sections that differ from those that the agent was started with. */
  private List<String> onlyAtStart(EdgeConfig next) {
    var changed = new ArrayList<String>();
    record Section(String name, Object before, Object after) {}
    for (Section section :
        List.of(
            new Section("data", atStart.data(), next.data()),
            new Section("gateway", atStart.gateway(), next.gateway()),
            new Section("listen", atStart.listen(), next.listen()),
            new Section("http", atStart.http(), next.http()),
            new Section("log", atStart.log(), next.log()),
            new Section("clock", atStart.clock(), next.clock()),
            new Section("uplink", atStart.uplink(), next.uplink()),
            new Section("commands", atStart.commands(), next.commands()),
            new Section("remotes", atStart.remotes(), next.remotes()),
            new Section("inputs", atStart.inputs(), next.inputs()),
            new Section("outputs", atStart.outputs(), next.outputs()),
            new Section("simulate", atStart.simulate(), next.simulate()),
            new Section("sparkplug", atStart.sparkplug(), next.sparkplug()))) {
      if (!section.before().equals(section.after())) {
        changed.add(section.name());
      }
    }
    return changed;
  }
}
