package io.headwater.edge;

import io.headwater.process.HangUp;
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

/** The command {@code headwater edge}. */
@Command(
    name = "headwater edge",
    description = "The agent on a device: takes readings, keeps them on disk, forwards them once.")
public final class EdgeMain extends ProcessCommand<EdgeConfig> {
  @Option(names = "--data", paramLabel = "DIR", description = "Folder of the log.")
  private @Nullable String data;

  @Option(
      names = "--port",
      paramLabel = "PORT",
      description = "Port for sensors on this machine; 0 takes any. Default: 1883.")
  private @Nullable String port;

  @Option(
      names = "--bridge",
      paramLabel = "HOST:PORT",
      description = "Broker where a bridge listens; several with commas.")
  private @Nullable String bridge;

  @Option(
      names = "--simulate",
      description = "Simulates inputs and outputs whose bus is not there.")
  private boolean simulate;

  private EdgeMain() {
    super("edge", EdgeConfig.DEFAULTS);
  }

  public static void main(String[] args) {
    Main.run(new EdgeMain(), args);
  }

  @Override
  protected List<Class<?>> subcommands() {
    return List.of(
        LogCommand.class,
        StatusCommand.class,
        RoutesCommand.class,
        PasswordCommand.class,
        ReloadCommand.class,
        ImportMosquittoCommand.class,
        InputsCommand.class,
        InitCommand.class,
        CheckCommand.class,
        DiagCommand.class,
        EdgeBackupCommand.class,
        EdgeRestoreCommand.class);
  }

  @Override
  protected List<Setting> settings() {
    var settings = new ArrayList<Setting>();
    if (data != null) {
      settings.add(new Setting("data", data, "--data"));
    }
    if (port != null) {
      settings.add(new Setting("listen.mqtt", "127.0.0.1:" + port, "--port"));
    }
    if (bridge != null) {
      settings.add(new Setting("uplink.bridges", bridge, "--bridge"));
    }
    if (simulate) {
      settings.add(new Setting("simulate", "true", "--simulate"));
    }
    return settings;
  }

  @Override
  protected void check(EdgeConfig config) {
    EdgeAgent.check(config);
  }

  @Override
  protected RunningProcess start(EdgeConfig config) {
    EdgeAgent agent =
        EdgeAgent.start(config, this::readConfig, ShiftedClock.ifAsked(Clock.systemUTC()));
    HangUp.run(agent::reload);
    return agent;
  }
}
