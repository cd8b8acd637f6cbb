package io.headwater.hub.zookeeper;

import io.headwater.testsupport.FreePorts;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** Members on this machine, at ports that are free now. */
final class FreeMembers {
  private static final int PORTS = 3;

  private FreeMembers() {}

  static SortedMap<Integer, Ensemble.Member> draw(int count) {
    var members = new TreeMap<Integer, Ensemble.Member>();
    for (int id = 1; id <= count; id++) {
      List<Integer> ports = FreePorts.take(PORTS);
      members.put(id, new Ensemble.Member("127.0.0.1", ports.get(0), ports.get(1), ports.get(2)));
    }
    return members;
  }
}
