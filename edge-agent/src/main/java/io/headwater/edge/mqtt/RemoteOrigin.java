package io.headwater.edge.mqtt;

/**
 * The client identifiers under which messages of other brokers are kept: {@code $remote/<name>}. No
 * client of the listener may use one, or what it publishes would be taken for a message that has
 * come from there and must not go back.
 */
public final class RemoteOrigin {
  private static final String PREFIX = "$remote/";

  private RemoteOrigin() {}

  public static String clientId(String remote) {
    return PREFIX + remote;
  }

  static boolean isReserved(String clientId) {
    return clientId.startsWith(PREFIX);
  }
}
