package io.headwater.sim;

import io.headwater.process.HostPort;
import io.headwater.sim.local.LocalLinks;
import io.headwater.sim.local.LocalPorts;
import io.headwater.sim.local.LocalSystem;
import io.headwater.sim.local.Part;
import io.headwater.testsupport.Headwater;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Consumer;

/** All processes for real, on free ports; gone at the latest when the tests' JVM ends. */
final class LocalSystemFixture implements AutoCloseable {
  private static final Duration START_WITHIN = Duration.ofSeconds(60);

  private final LocalSystem system;
  private final LocalPorts ports;
  private final Thread killer;

  LocalSystemFixture(Path data, Consumer<String> progress) {
    this(data, LocalPorts.free(), LocalLinks.DIRECT, progress);
  }

  LocalSystemFixture(Path data, LocalPorts ports, LocalLinks links, Consumer<String> progress) {
    this.ports = ports;
    Path home = Headwater.home();
    system =
        new LocalSystem(
            home,
            data,
            ports,
            links,
            Part.OWN,
            home.resolve("streams-analytics/examples/demo-queries.yaml"),
            progress);
    killer = new Thread(system::killAll, "test-killer");
    Runtime.getRuntime().addShutdownHook(killer);
    system.start(START_WITHIN, () -> false);
  }

  LocalPorts ports() {
    return ports;
  }

  LocalSystem system() {
    return system;
  }

  HostPort mqtt() {
    return ports.mqttAddress();
  }

  HostPort hub() {
    return ports.kafkaAddress();
  }

  void restart(Part part) {
    system.start(part, START_WITHIN);
  }

  @Override
  public void close() {
    system.close();
    Runtime.getRuntime().removeShutdownHook(killer);
  }
}
