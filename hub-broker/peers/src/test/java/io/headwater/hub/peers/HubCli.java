package io.headwater.hub.peers;

import io.headwater.cli.HubCliMain;
import io.headwater.process.Main;
import org.apache.kafka.common.utils.Exit;

/** Headwater's command line as a program that {@link KafkaTools} can run. */
final class HubCli {
  private HubCli() {}

  public static void main(String[] arguments) {
    Exit.exit(Main.execute(new HubCliMain(), arguments));
  }
}
