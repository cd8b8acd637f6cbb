package io.headwater.edge;

import io.headwater.edge.care.Card;
import io.headwater.edge.care.DeviceAccess;
import io.headwater.edge.care.Finding;
import io.headwater.edge.care.Reach;
import io.headwater.edge.clock.ClockSettings;
import io.headwater.edge.clock.Synchronisation;
import io.headwater.edge.input.InputPlan;
import io.headwater.edge.log.SpaceSettings;
import io.headwater.edge.output.FaultyOutput;
import io.headwater.edge.remote.RemoteSettings;
import io.headwater.process.HostPort;
import io.headwater.process.UserError;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Looks at all that an agent with a configuration needs. */
final class Checkup {
  private static final Duration EACH_SPEED = Duration.ofSeconds(1);

  private final EdgeConfig config;
  private final Consumer<Finding> found;
  private boolean failed;

  /**
   * @param found gets each finding as soon as it is there
   */
  Checkup(EdgeConfig config, Consumer<Finding> found) {
    this.config = config;
    this.found = found;
  }

  /** Looks; returns whether all is well enough. */
  boolean run() {
    files();
    devices();
    var card = new Card(config.data());
    SpaceSettings space = config.log().space();
    long needed = space.free().bytes() + space.reserve().bytes();
    card.room(needed, needed + space.scarce().bytes()).forEach(this::tell);
    tell(card.speed(EACH_SPEED));
    tell(clock());
    for (HostPort bridge : config.uplink().bridges()) {
      tell(Reach.check("bridge", bridge, config.uplink().tls()));
    }
    for (RemoteSettings remote : config.remotes()) {
      for (HostPort address : remote.addresses()) {
        tell(Reach.check("remote '" + remote.name() + "'", address, remote.tls()));
      }
    }
    return !failed;
  }

  private void tell(Finding finding) {
    failed |= finding.isFailed();
    found.accept(finding);
  }

  /** What the configuration names: users, rights, certificates, routes. */
  private void files() {
    try {
      EdgeAgent.check(config);
      tell(Finding.ok("configuration", "it and the files that it names can be used"));
    } catch (UserError | IllegalArgumentException e) {
      tell(Finding.failed("configuration", String.valueOf(e.getMessage())));
    }
    Instant now = Instant.now();
    var certificates = new ArrayList<Finding>(Reach.certificate("tls", config.tls(), now));
    config
        .uplink()
        .tls()
        .ifPresent(tls -> certificates.addAll(Reach.certificate("uplink.tls", tls, now)));
    for (RemoteSettings remote : config.remotes()) {
      remote
          .tls()
          .ifPresent(tls ->
              certificates.addAll(
                  Reach.certificate("tls of remote '" + remote.name() + "'", tls, now)));
    }
    certificates.forEach(this::tell);
  }

  private void devices() {
    InputPlan inputs = config.inputPlan();
    inputs.problems().forEach(problem -> tell(Finding.failed("inputs", problem)));
    var outputs = config.outputPlan(inputs);
    outputs.faulty().stream()
        .map(FaultyOutput::problem)
        .forEach(problem -> tell(Finding.failed("outputs", problem)));
    var files = new ArrayList<>(inputs.deviceFiles());
    files.addAll(outputs.deviceFiles());
    List<String> all = files.stream().distinct().sorted().toList();
    if (!config.simulate()) {
      all.forEach(file -> tell(DeviceAccess.check(file)));
    } else if (!all.isEmpty()) {
      tell(Finding.warning("devices", "what is not there is simulated ('simulate: true')"));
    }
  }

  private Finding clock() {
    var error = Synchronisation.ofThisMachine().maxErrorMs();
    String now = "it is " + Instant.now().truncatedTo(ChronoUnit.SECONDS);
    if (error.isPresent()) {
      return Finding.ok(
          "clock", now + ", at most " + error.getAsLong() + " ms wrong, as the kernel says");
    }
    return config.clock().trust() == ClockSettings.Trust.ALWAYS
        ? Finding.ok("clock", now + "; nothing synchronises it, and clock.trust is 'always'")
        : Finding.warning(
            "clock",
            now
                + "; nothing synchronises it (timesyncd, chrony): readings are dated once it, or"
                + " the bridge's, is known");
  }
}
