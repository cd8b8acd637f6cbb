package io.headwater.sim.proxy;

/** Which way bytes go through a proxy. */
public enum Direction {
  TO_TARGET,
  TO_CLIENT;

  public Direction opposite() {
    return this == TO_TARGET ? TO_CLIENT : TO_TARGET;
  }
}
