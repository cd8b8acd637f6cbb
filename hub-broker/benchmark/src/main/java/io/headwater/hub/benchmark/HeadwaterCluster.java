package io.headwater.hub.benchmark;

import io.headwater.testsupport.ChildProcess;
import io.headwater.testsupport.Headwater;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Three hubs with all roles, as their launcher starts them: each record on three bookies, on two
 * disks before it is acknowledged.
 *
 * @param journalSync whether bookies force what they acknowledge
 */
record HeadwaterCluster(boolean journalSync) implements Subject {
  private static final int NODES = 3;

  @Override
  public String name() {
    return "headwater";
  }

  @Override
  public void prepare(Path folder, int port) throws IOException {
    var ensemble = new StringBuilder();
    for (int node = 1; node <= NODES; node++) {
      ensemble.append(
          "    %d: 127.0.0.1:%d:%d;%d%n".formatted(node, Ports.free(), Ports.free(), Ports.free()));
    }
    for (int node = 1; node <= NODES; node++) {
      Files.writeString(
          config(folder, node),
          """
          node-id: %d
          data: %s
          listen:
            kafka: 127.0.0.1:%d
          http: 127.0.0.1:0
          cluster:
            zookeeper:
          %s  bookie: 127.0.0.1:%d
            bookies: %d
            journal-sync: %b
          """
              .formatted(
                  node,
                  folder.resolve("data-" + node),
                  node == 1 ? port : Ports.free(),
                  ensemble,
                  Ports.free(),
                  NODES,
                  journalSync));
    }
  }

  private static Path config(Path folder, int node) {
    return folder.resolve("hub-" + node + ".yaml");
  }

  @Override
  public Broker launch(Path folder, int port) {
    List<ChildProcess> started = new ArrayList<>();
    for (int node = 1; node <= NODES; node++) {
      started.add(Headwater.start(folder, "hub", "--config=" + config(folder, node)));
    }
    return new Broker(started, "127.0.0.1:" + port);
  }
}
