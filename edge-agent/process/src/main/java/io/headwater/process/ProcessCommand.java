package io.headwater.process;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Option;

/**
 * A command that is a process: reads its configuration, starts, says that it is ready, and runs
 * until it is told to stop.
 *
 * <p>When it is ready it prints one line, which supervisors and tests read: {@code ready hub
 * kafka=127.0.0.1:9092 http=127.0.0.1:8080 pid=4711}. SIGTERM and SIGINT close it in order; the
 * exit code is then the JVM's, 143 or 130.
 *
 * @param <C> the configuration record
 */
public abstract class ProcessCommand<C extends Record> implements Callable<Integer> {
  private static final Logger LOGGER = LoggerFactory.getLogger(ProcessCommand.class);

  private final String process;
  private final C defaults;
  private final SdNotify notify = SdNotify.ofEnvironment();

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "YAML file with the settings; the examples folder has one with every key.")
  private @Nullable Path configFile;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "One setting, with the key as in the file, joined by dots. May be repeated.")
  private List<String> sets = new ArrayList<>();

  @Option(
      names = "--check",
      description =
          "Only checks the settings: says what is wrong, with its line, and exits with 2.")
  private boolean checkOnly;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Shows this text.")
  @SuppressWarnings("UnusedVariable") // picocli looks at it
  private boolean help;

  protected ProcessCommand(String process, C defaults) {
    this.process = process;
    this.defaults = defaults;
  }

  /** Options of the concrete command that stand for settings: {@code --port} and the like. */
  protected abstract List<Setting> settings();

  /**
   * Commands beside the process, for its data folder or for one that runs. Here and not in the
   * {@code @Command}, so that a start of the process need not look at them.
   */
  protected List<Class<?>> subcommands() {
    return List.of();
  }

  /**
   * Looks at what the configuration names, as far as that needs neither the data folder nor a
   * network.
   *
   * @throws UserError that names what cannot be used
   */
  protected void check(C config) {}

  /** Builds the wiring class. Returns once the process can do its work. */
  protected abstract RunningProcess start(C config) throws Exception;

  /**
   * For a start that waits for others, for as long as they take: from now on its supervisor is told
   * what is missing, and after a while does not wait any more.
   */
  protected final void waits(Health health) {
    notify.waiting(process, health);
  }

  /** The configuration from defaults, file, environment and command line. */
  protected final C readConfig() {
    var all = new ArrayList<>(settings());
    for (String set : sets) {
      int equals = set.indexOf('=');
      if (equals <= 0) {
        throw UserError.usage("--set " + set + ": write --set key=value");
      }
      all.add(new Setting(set.substring(0, equals), set.substring(equals + 1), "--set"));
    }
    return Config.read(process, defaults, Optional.ofNullable(configFile), System.getenv(), all);
  }

  @Override
  public Integer call() throws Exception {
    try {
      C config = readConfig();
      if (checkOnly) {
        check(config);
        return 0;
      }
      notify.starting();
      return run(start(config));
    } catch (UserError e) {
      // Where it is to be tried again, 'systemctl status' has forgotten the journal's lines.
      notify.failed(e.getMessage());
      throw e;
    }
  }

  private int run(RunningProcess running) throws Exception {
    Thread hook =
        new Thread(
            () -> {
              notify.stopping();
              closeQuietly(running);
            },
            process + "-shutdown-0");
    Runtime.getRuntime().addShutdownHook(hook);
    announce(running);
    notify.ready(process, running.health(), running::statusLine);
    try (notify) {
      running.fatal().get();
      return 0;
    } catch (ExecutionException | CompletionException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      LOGGER.atError().setCause(cause).log("The process cannot go on");
      notify.stopping();
      Runtime.getRuntime().removeShutdownHook(hook);
      closeQuietly(running);
      throw cause instanceof UserError error
          ? error
          : UserError.failure("headwater " + process + " stopped: " + cause, cause);
    }
  }

  @SuppressWarnings("SystemOut") // the ready line is this command's output
  private void announce(RunningProcess running) {
    String addresses =
        running.addresses().entrySet().stream()
            .map(entry -> entry.getKey() + "=" + entry.getValue() + " ")
            .collect(Collectors.joining());
    System.out.println(
        "ready " + process + " " + addresses + "pid=" + ProcessHandle.current().pid());
    System.out.flush();
  }

  private static void closeQuietly(RunningProcess running) {
    try {
      running.close();
    } catch (RuntimeException e) {
      LOGGER.atError().setCause(e).log("Stopping failed");
    }
  }
}
