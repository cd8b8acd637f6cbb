package io.headwater.process;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;

/**
 * An address as users write it: {@code localhost:9092}, {@code [::1]:9092}.
 *
 * @param host name or address, IPv6 without brackets
 * @param port 0 to 65535; 0 on a listener means any free port
 */
public record HostPort(String host, int port) {
  public HostPort {
    if (host.isBlank()) {
      throw new IllegalArgumentException("host is empty: write host:port");
    }
    if (port < 0 || port > 65535) {
      throw new IllegalArgumentException("port " + port + " is not between 0 and 65535");
    }
  }

  /** Reads {@code host:port}; anything else is an IllegalArgumentException that says so. */
  public static HostPort parse(String text) {
    int colon = text.lastIndexOf(':');
    if (colon > 0) {
      String host = text.substring(0, colon);
      if (host.startsWith("[") && host.endsWith("]")) {
        host = host.substring(1, host.length() - 1);
      } else if (host.contains(":")) {
        throw new IllegalArgumentException(
            "'" + text + "' is not an address: write IPv6 as [::1]:9092");
      }
      try {
        return new HostPort(host, Integer.parseInt(text.substring(colon + 1)));
      } catch (NumberFormatException _) {
        // Falls through: the message below says what is expected.
      }
    }
    throw new IllegalArgumentException(
        "'" + text + "' is not an address: write host:port, for example localhost:9092");
  }

  public HostPort withPort(int newPort) {
    return new HostPort(host, newPort);
  }

  /** Looks the host up. */
  public InetSocketAddress socketAddress() {
    return new InetSocketAddress(host, port);
  }

  /** Whether only this machine can reach a listener bound to this host. */
  public boolean isLoopback() {
    try {
      return InetAddress.getByName(host).isLoopbackAddress();
    } catch (UnknownHostException _) {
      return false;
    }
  }

  @Override
  public String toString() {
    return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
  }
}
