package io.headwater.bridge;

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

/** The command {@code headwater bridge}. */
@Command(
    name = "headwater bridge",
    description = "From MQTT gateways to the hub, each reading once.",
    subcommands = {AclCommand.class, PasswordCommand.class})
public final class BridgeMain extends ProcessCommand<BridgeConfig> {
  @Option(names = "--data", paramLabel = "DIR", description = "Folder in which it keeps its id.")
  private @Nullable String data;

  @Option(
      names = "--port",
      paramLabel = "PORT",
      description = "Port for gateways on this machine; 0 takes any. Default: 1884.")
  private @Nullable String port;

  @Option(
      names = "--hub",
      paramLabel = "HOST:PORT",
      description = "The hub, or any Kafka; several with commas.")
  private @Nullable String hub;

  private BridgeMain() {
    super("bridge", BridgeConfig.DEFAULTS);
  }

  public static void main(String[] args) {
    Main.run(new BridgeMain(), args);
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
    if (hub != null) {
      settings.add(new Setting("uplink.hub", hub, "--hub"));
    }
    return settings;
  }

  @Override
  protected void check(BridgeConfig config) {
    Bridge.check(config);
  }

  @Override
  protected RunningProcess start(BridgeConfig config) {
    return Bridge.start(config, Clock.systemUTC(), this::waits);
  }
}
