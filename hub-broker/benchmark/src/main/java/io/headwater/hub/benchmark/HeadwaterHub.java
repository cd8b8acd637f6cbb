package io.headwater.hub.benchmark;

import io.headwater.testsupport.Headwater;
import java.nio.file.Path;

/** The hub as its launcher starts it, with all its defaults: each acknowledgement means forced. */
final class HeadwaterHub implements Subject {
  @Override
  public String name() {
    return "headwater";
  }

  @Override
  public void prepare(Path folder, int port) {}

  @Override
  public Broker launch(Path folder, int port) {
    var process =
        Headwater.start(
            folder,
            "hub",
            "--data",
            folder.resolve("data").toString(),
            "--port",
            Integer.toString(port),
            "--set",
            "http=127.0.0.1:0",
            "--set",
            "zookeeper=127.0.0.1:0");
    return new Broker(process, "127.0.0.1:" + port);
  }
}
