package io.headwater.hub;

import io.headwater.process.Main;
import io.headwater.process.ProcessCommand;
import io.headwater.process.RunningProcess;
import io.headwater.process.Setting;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The command {@code headwater hub}. */
@Command(
    name = "headwater hub",
    description = "The Kafka-protocol hub: topics, consumer groups, transactions, on this machine.")
public final class HubMain extends ProcessCommand<HubConfig> {
  @Option(names = "--data", paramLabel = "DIR", description = "Folder for everything it keeps.")
  private @Nullable String data;

  @Option(
      names = "--port",
      paramLabel = "PORT",
      description = "Port for Kafka clients on this machine; 0 takes any. Default: 9092.")
  private @Nullable String port;

  private HubMain() {
    super("hub", HubConfig.DEFAULTS);
  }

  public static void main(String[] args) {
    Main.run(new HubMain(), args);
  }

  @Override
  protected List<Class<?>> subcommands() {
    return List.of(HubBackupCommand.class, HubRestoreCommand.class);
  }

  @Override
  protected List<Setting> settings() {
    var settings = new ArrayList<Setting>();
    if (data != null) {
      settings.add(new Setting("data", data, "--data"));
    }
    if (port != null) {
      settings.add(new Setting("listen.kafka", "127.0.0.1:" + port, "--port"));
    }
    return settings;
  }

  @Override
  protected void check(HubConfig config) {
    Hub.check(config);
  }

  @Override
  protected RunningProcess start(HubConfig config) {
    return Hub.start(config, Clock.systemUTC(), this::waits);
  }
}
