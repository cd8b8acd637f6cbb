package io.headwater.sim.fleet;

/** Links with HiveMQ's client. */
final class HivemqLinks implements Link.Factory {
  HivemqLinks(FleetSettings settings) {}

  @Override
  public Link link(String device, Link.Owner owner, Pacer pacer) {
    throw new UnsupportedOperationException();
  }
}
