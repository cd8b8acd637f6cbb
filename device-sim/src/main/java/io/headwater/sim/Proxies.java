package io.headwater.sim;

import io.headwater.process.HostPort;
import io.headwater.process.UserError;
import io.headwater.sim.proxy.FaultProxy;
import io.headwater.sim.scenario.Link;
import io.headwater.sim.scenario.Scenario;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Proxies in front of a system that runs already. */
final class Proxies implements AutoCloseable {
  private static final Pattern FORM = Pattern.compile("([a-z]+)=(\\d{1,5}):(.+:\\d{1,5})");

  private final Map<Link, FaultProxy> byLink = new EnumMap<>(Link.class);
  private final HostPort broker;

  private Proxies(HostPort broker) {
    this.broker = broker;
  }

  /**
   * Opens those that the user has led links through, and one for the devices if the scenario breaks
   * their link.
   *
   * @param broker where the devices would connect without it
   */
  static Proxies open(List<String> links, Scenario scenario, HostPort broker, long seed) {
    var proxies = new Proxies(broker);
    try {
      for (String link : links) {
        proxies.open(link, seed);
      }
      if (scenario.links().contains(Link.SENSORS)) {
        proxies.byLink.put(
            Link.SENSORS,
            new FaultProxy(Link.SENSORS.label(), new HostPort("127.0.0.1", 0), broker, seed));
      }
      return proxies;
    } catch (RuntimeException e) {
      proxies.close();
      throw e;
    }
  }

  private void open(String text, long seed) {
    Matcher matcher = FORM.matcher(text);
    if (!matcher.matches()) {
      throw UserError.usage(
          "--link '"
              + text
              + "': write NAME=PORT:HOST:PORT, for example uplink=1885:localhost:1884");
    }
    Link link =
        switch (matcher.group(1)) {
          case "uplink" -> Link.UPLINK;
          case "hub" -> Link.HUB;
          default -> throw UserError.usage("--link '" + text + "': the name must be uplink or hub");
        };
    if (byLink.containsKey(link)) {
      throw UserError.usage(
          "--link " + link.name().toLowerCase(Locale.ROOT) + " is given twice: give it once");
    }
    byLink.put(
        link,
        new FaultProxy(
            link.label(),
            new HostPort("127.0.0.1", Integer.parseInt(matcher.group(2))),
            LoadOptions.address("--link", matcher.group(3)),
            seed + link.ordinal()));
  }

  /** Where the devices connect. */
  HostPort broker() {
    FaultProxy sensors = byLink.get(Link.SENSORS);
    return sensors == null ? broker : sensors.address();
  }

  Map<Link, List<FaultProxy>> byLink() {
    var lists = new EnumMap<Link, List<FaultProxy>>(Link.class);
    byLink.forEach((link, proxy) -> lists.put(link, List.of(proxy)));
    return lists;
  }

  @Override
  public void close() {
    byLink.values().forEach(FaultProxy::close);
  }
}
