package io.headwater.hub.zookeeper;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** Members on this machine, at ports that are free now. */
final class FreeMembers {
  private static final int PORTS = 3;

  private FreeMembers() {}

  static SortedMap<Integer, Ensemble.Member> draw(int count) {
    List<ServerSocket> sockets = new ArrayList<>();
    try {
      for (int i = 0; i < count * PORTS; i++) {
        sockets.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
      }
      var members = new TreeMap<Integer, Ensemble.Member>();
      for (int id = 1; id <= count; id++) {
        members.put(
            id,
            new Ensemble.Member(
                "127.0.0.1",
                sockets.get((id - 1) * PORTS).getLocalPort(),
                sockets.get((id - 1) * PORTS + 1).getLocalPort(),
                sockets.get((id - 1) * PORTS + 2).getLocalPort()));
      }
      for (ServerSocket socket : sockets) {
        socket.close();
      }
      return members;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
