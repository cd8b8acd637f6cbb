package io.headwater.hub.bookkeeper;

import io.headwater.process.HostPort;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;

/**
 * How a bookie runs.
 *
 * @param listen for clients and other bookies; the port is part of the bookie's name, so it cannot
 *     be 0
 * @param advertisedHost by which all nodes reach it; with the port the bookie's name, for good
 * @param sessionTimeout after which the cluster takes a silent bookie for dead
 * @param syncJournal whether an entry is on disk before it is acknowledged; without, a power cut
 *     that takes several bookies takes what they have acknowledged last
 * @param autoRecovery whether it helps to copy what lost bookies held
 */
public record BookieSettings(
    HostPort listen,
    String advertisedHost,
    Duration sessionTimeout,
    boolean syncJournal,
    boolean autoRecovery) {
  public BookieSettings {
    if (listen.port() == 0) {
      throw new IllegalArgumentException(
          "the bookie's address " + listen + " has no port; its name contains it, so choose one");
    }
    if (isWildcard(advertisedHost)) {
      throw new IllegalArgumentException(
          "the bookie's advertised host "
              + advertisedHost
              + " is no address that others can connect to; give this machine's name");
    }
    if (!isWildcard(listen.host()) && !advertisedHost.equals(listen.host())) {
      throw new IllegalArgumentException(
          "the bookie is advertised as %s and listens on %s; let it listen there, or on 0.0.0.0"
              .formatted(advertisedHost, listen.host()));
    }
  }

  /** A bookie that is advertised where it listens, with all that makes it safe. */
  public static BookieSettings safe(HostPort listen, Duration sessionTimeout) {
    return new BookieSettings(listen, listen.host(), sessionTimeout, true, true);
  }

  /** By which the cluster knows it: {@code host:port}. */
  String id() {
    return advertisedHost + ":" + listen.port();
  }

  boolean listensEverywhere() {
    return isWildcard(listen.host());
  }

  private static boolean isWildcard(String host) {
    try {
      return InetAddress.getByName(host).isAnyLocalAddress();
    } catch (UnknownHostException _) {
      return false; // told when the port is opened
    }
  }
}
