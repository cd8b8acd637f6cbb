package io.headwater.edge;

import io.headwater.edge.care.SupportBundle;
import io.headwater.edge.log.LogSurvey;
import io.headwater.process.UserError;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.http.HttpResponse;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The command {@code headwater edge diag}. */
@Command(
    name = "diag",
    description =
        "Packs what somebody needs who is asked for help: configuration, status and metrics of the"
            + " running agent, its files by name and size, what 'check' finds, the journal, the"
            + " machine. Passwords, keys and readings are not in it.")
final class DiagCommand implements Callable<Integer> {
  private static final String UNIT = "headwater-edge.service";
  private static final String JOURNAL_LINES = "5000";

  @Option(
      names = "--config",
      paramLabel = "FILE",
      required = true,
      description = "The agent's configuration.")
  private Path config = Path.of("");

  @Option(
      names = "--into",
      paramLabel = "FILE",
      description = "Where it goes. Default: headwater-edge-diag.zip, here.")
  private Path into = Path.of("headwater-edge-diag.zip");

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Shows this text.")
  @SuppressWarnings("UnusedVariable") // picocli looks at it
  private boolean help;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (spec == null) {
      throw new IllegalStateException("not called by picocli");
    }
    PrintWriter out = spec.commandLine().getOut();
    try (SupportBundle bundle = SupportBundle.create(into)) {
      machine(bundle);
      bundle.add("config.yaml", () -> Files.readString(config));
      bundle.add("environment.txt", DiagCommand::environment);
      bundle.add("check.txt", this::checkup);
      bundle.add("log-files.txt", () -> logFiles(EdgeConfig.of(config)));
      bundle.add("health.json", () -> page("/health"));
      bundle.add("status.json", () -> page(EdgeAgent.STATUS));
      bundle.add("metrics.txt", () -> page("/metrics"));
      service(bundle);
    } catch (FileAlreadyExistsException _) {
      throw UserError.failure(into + " is there already; name another file with --into");
    } catch (NoSuchFileException _) {
      throw UserError.failure("there is no folder for " + into + "; name another file with --into");
    }
    out.println(
        "Wrote " + into + ". Names of hosts, users and topics are in it; look at it first.");
    out.flush();
    return 0;
  }

  private static void machine(SupportBundle bundle) throws IOException, InterruptedException {
    bundle.add(
        "machine.txt",
        () ->
            """
            time     %s
            java     %s, %s
            system   %s %s, %d processors
            """
                .formatted(
                    Instant.now(),
                    System.getProperty("java.runtime.version"),
                    System.getProperty("java.home"),
                    System.getProperty("os.arch"),
                    System.getProperty("os.version"),
                    Runtime.getRuntime().availableProcessors()));
    for (String file : new String[] {"os-release", "device-model", "meminfo", "mounts"}) {
      bundle.add(
          file + ".txt",
          () ->
              Files.readString(
                  switch (file) {
                    case "os-release" -> Path.of("/etc/os-release");
                    case "device-model" -> Path.of("/proc/device-tree/model");
                    default -> Path.of("/proc", file);
                  }));
    }
    bundle.add("disks.txt", SupportBundle.command("df", "-h"));
    bundle.add("network.txt", SupportBundle.command("ip", "address"));
    bundle.add("clock.txt", SupportBundle.command("timedatectl"));
  }

  private static String environment() {
    var text = new StringBuilder();
    new TreeMap<>(System.getenv())
        .forEach((name, value) -> {
          if (name.startsWith("HEADWATER_")) {
            text.append(name).append('=').append(value).append('\n');
          }
        });
    return text.toString();
  }

  private String checkup() {
    var text = new StringBuilder();
    new Checkup(EdgeConfig.of(config), finding -> text.append(finding).append('\n')).run();
    return text.toString();
  }

  private static String logFiles(EdgeConfig read) {
    var text = new StringBuilder();
    for (LogSurvey.Report report :
        LogSurvey.look(read.data().resolve(EdgeAgent.LOG_FOLDER), false)) {
      text.append(report).append('\n');
    }
    return text.toString();
  }

  private String page(String path) throws IOException, InterruptedException {
    HttpResponse<String> answer = new RunningAgent(config).ask("GET", path);
    return answer.body();
  }

  private static void service(SupportBundle bundle) throws IOException, InterruptedException {
    bundle.add("unit.txt", SupportBundle.command("systemctl", "cat", "--no-pager", UNIT));
    bundle.add(
        "service.txt", SupportBundle.command("systemctl", "status", "--no-pager", "--full", UNIT));
    bundle.add(
        "journal.txt",
        SupportBundle.command(
            "journalctl",
            "--unit=" + UNIT,
            "--lines=" + JOURNAL_LINES,
            "--output=short-iso",
            "--no-pager"));
  }
}
