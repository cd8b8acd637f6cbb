package io.headwater.cli;

import io.headwater.process.Main;
import picocli.CommandLine.Command;

/**
 * {@code headwater topics}, {@code groups}, {@code produce}, {@code consume}, {@code commands} and
 * {@code gateways}.
 */
@Command(
    name = "headwater",
    mixinStandardHelpOptions = true,
    description = "Topics, groups and records of a hub, or of any Kafka.",
    subcommands = {
      TopicsCommand.class,
      GroupsCommand.class,
      ProduceCommand.class,
      ConsumeCommand.class,
      CommandsCommand.class,
      GatewaysCommand.class
    })
public final class HubCliMain extends CommandFamily {
  public static void main(String[] args) {
    Main.run(new HubCliMain(), args);
  }
}
