package io.headwater.analytics;

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

/** {@code headwater analytics}. */
@Command(
    name = "headwater analytics",
    description = "Computes windowed aggregates over hub topics, as declared in a query file.")
public final class AnalyticsMain extends ProcessCommand<AnalyticsConfig> {
  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "Folder for state, used by this process alone.")
  private @Nullable String data;

  @Option(
      names = "--hub",
      paramLabel = "HOST:PORT",
      description = "The hub, or any Kafka cluster; several separated by commas.")
  private @Nullable String hub;

  @Option(
      names = "--queries",
      paramLabel = "FILE",
      description = "YAML file that declares the queries.")
  private @Nullable String queries;

  @Option(
      names = "--http",
      paramLabel = "HOST:PORT",
      description = "Where the page, /api, /metrics and /health are served.")
  private @Nullable String http;

  AnalyticsMain() {
    super("analytics", AnalyticsConfig.DEFAULTS);
  }

  public static void main(String[] args) {
    Main.run(new AnalyticsMain(), args);
  }

  @Override
  protected List<Class<?>> subcommands() {
    return List.of(
        ListCommand.class,
        DescribeCommand.class,
        DiffCommand.class,
        ApplyCommand.class,
        ResetCommand.class,
        RunCommand.class);
  }

  @Override
  protected List<Setting> settings() {
    var settings = new ArrayList<Setting>();
    add(settings, "data", data);
    add(settings, "hub", hub);
    add(settings, "queries", queries);
    add(settings, "http", http);
    return settings;
  }

  private static void add(List<Setting> settings, String key, @Nullable String value) {
    if (value != null) {
      settings.add(new Setting(key, value, "--" + key));
    }
  }

  @Override
  protected void check(AnalyticsConfig config) {
    Analytics.ownTopologies(config, Analytics.queries(config)).close();
  }

  @Override
  protected RunningProcess start(AnalyticsConfig config) {
    Analytics analytics = Analytics.start(config, Clock.systemUTC());
    HangUp.run(analytics::reload);
    return analytics;
  }
}
