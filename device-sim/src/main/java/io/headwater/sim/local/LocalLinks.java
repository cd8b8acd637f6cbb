package io.headwater.sim.local;

import io.headwater.process.HostPort;
import java.util.Optional;

/**
 * Where processes connect instead of straight to each other: to proxies, which must listen before
 * the system starts.
 *
 * @param uplink for the edge agent, on its way to the bridge
 * @param hub for bridge and analytics; the hub advertises it, so that all of its clients go there
 *     as soon as they know the hub's metadata
 */
public record LocalLinks(Optional<HostPort> uplink, Optional<HostPort> hub) {
  public static final LocalLinks DIRECT = new LocalLinks(Optional.empty(), Optional.empty());
}
