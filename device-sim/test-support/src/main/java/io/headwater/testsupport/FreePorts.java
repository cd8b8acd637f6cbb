package io.headwater.testsupport;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;

/**
 * Ports for programs that must be told theirs before they start.
 *
 * <p>They lie below those that the kernel gives out by itself: between the choice and the start one
 * of those may go to any connection or listener of the same test. Each is given once in a JVM.
 */
public final class FreePorts {
  private static final int FIRST = 10_240;
  private static final int END = 32_768;
  private static final Set<Integer> GIVEN = ConcurrentHashMap.newKeySet();

  private FreePorts() {}

  /** One on which nobody listens. */
  public static int take() {
    while (true) {
      int port = ThreadLocalRandom.current().nextInt(FIRST, END);
      if (GIVEN.add(port) && isFree(port)) {
        return port;
      }
    }
  }

  /** As many different ones. */
  public static List<Integer> take(int count) {
    return Stream.generate(FreePorts::take).limit(count).toList();
  }

  private static boolean isFree(int port) {
    try (var socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
      return socket.isBound();
    } catch (IOException _) {
      return false;
    }
  }
}
