package io.headwater.edge;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.DSYNC;
import static java.nio.file.StandardOpenOption.TRUNCATE_EXISTING;
import static java.nio.file.StandardOpenOption.WRITE;

import io.headwater.edge.care.DeviceAccess;
import io.headwater.edge.input.InputPlan;
import io.headwater.edge.output.FaultyOutput;
import io.headwater.process.Config;
import io.headwater.process.LastingFolder;
import io.headwater.process.Setting;
import io.headwater.process.UserError;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The command {@code headwater edge init}. */
@Command(
    name = "init",
    description =
        "Writes a configuration in which every key is explained, with what these options say. And,"
            + " with --drop-in, what systemd must be told so that the service reaches the devices"
            + " that the configuration's inputs and outputs need.")
final class InitCommand implements Callable<Integer> {
  private static final String DROP_IN = "/etc/systemd/system/headwater-edge.service.d/devices.conf";

  /** What needs no quotes in YAML. */
  private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9/.][A-Za-z0-9/._:-]*");

  @Option(
      names = "--config",
      paramLabel = "FILE",
      required = true,
      description = "Where it goes. One that is there already is left as it is.")
  private Path config = Path.of("");

  @Option(names = "--data", paramLabel = "DIR", description = "Folder of the log.")
  private @Nullable String data;

  @Option(names = "--gateway", paramLabel = "NAME", description = "Name of this gateway.")
  private @Nullable String gateway;

  @Option(
      names = "--bridge",
      paramLabel = "HOST:PORT",
      split = ",",
      description = "Broker where a bridge listens; several with commas.")
  private List<String> bridges = new ArrayList<>();

  @Option(
      names = "--listen",
      paramLabel = "HOST:PORT",
      description = "Where sensors connect. Default: 127.0.0.1:1883.")
  private @Nullable String listen;

  @Option(
      names = "--password-file",
      paramLabel = "FILE",
      description = "Users of sensors, made by 'headwater edge password'.")
  private @Nullable String passwordFile;

  @Option(
      names = "--drop-in",
      paramLabel = "FILE",
      arity = "0..1",
      fallbackValue = DROP_IN,
      description =
          "Writes the drop-in of the service for the devices, or deletes it if none are needed."
              + " Without FILE: "
              + DROP_IN)
  private @Nullable Path dropIn;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Shows this text.")
  @SuppressWarnings("UnusedVariable") // picocli looks at it
  private boolean help;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    if (spec == null) {
      throw new IllegalStateException("not called by picocli");
    }
    PrintWriter out = spec.commandLine().getOut();
    List<Setting> settings = settings();
    if (!Files.exists(config)) {
      write(settings);
      out.println("Wrote " + config + ". 'headwater edge check --config " + config + "' tries it.");
    } else if (!settings.isEmpty()) {
      throw UserError.usage(
          config
              + " is there already and stays as it is: write "
              + settings.stream().map(Setting::key).collect(Collectors.joining(", "))
              + " there, or move it away");
    } else if (dropIn == null) {
      throw UserError.failure(config + " is there already; move it away to begin anew");
    }
    if (dropIn != null) {
      access(dropIn, out);
    }
    out.flush();
    return 0;
  }

  private List<Setting> settings() {
    var settings = new ArrayList<Setting>();
    add(settings, "data", data, "--data");
    add(settings, "gateway", gateway, "--gateway");
    add(settings, "listen.mqtt", listen, "--listen");
    add(settings, "access.password-file", passwordFile, "--password-file");
    if (!bridges.isEmpty()) {
      settings.add(new Setting("uplink.bridges", String.join(",", bridges), "--bridge"));
    }
    return settings;
  }

  private static void add(
      List<Setting> settings, String key, @Nullable String value, String option) {
    if (value != null) {
      settings.add(new Setting(key, value, option));
    }
  }

  private void write(List<Setting> settings) throws IOException {
    // Mistakes are told by their options, before there is a file.
    EdgeConfig told =
        Config.read("edge", EdgeConfig.DEFAULTS, Optional.empty(), Map.of(), settings);
    String text = example();
    if (data != null) {
      text = put(text, "(?m)^data: .*$", "data: " + quoted(data));
    }
    if (gateway != null) {
      text = put(text, "(?m)^# gateway: .*$", "gateway: " + quoted(gateway));
    }
    if (listen != null) {
      text = put(text, "(?m)^  mqtt: .*$", "  mqtt: " + quoted(listen));
    }
    if (passwordFile != null) {
      text = put(text, "(?m)^  # password-file: .*$", "  password-file: " + quoted(passwordFile));
    }
    if (!bridges.isEmpty()) {
      text =
          put(
              text,
              "(?m)^  bridges: .*$",
              told.uplink().bridges().stream()
                  .map(each -> quoted(each.toString()))
                  .collect(Collectors.joining(", ", "  bridges: [", "]")));
    }
    replace(config, text);
  }

  private static String example() throws IOException {
    try (InputStream in = InitCommand.class.getResourceAsStream("edge.yaml")) {
      if (in == null) {
        throw new IllegalStateException("the example is not in the jar");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static String put(String text, String pattern, String line) {
    Matcher matcher = Pattern.compile(pattern).matcher(text);
    if (!matcher.find()) {
      throw new IllegalStateException("the example has no line " + pattern);
    }
    return matcher.replaceFirst(Matcher.quoteReplacement(line));
  }

  private static String quoted(String value) {
    return PLAIN.matcher(value).matches()
        ? value
        : '"' + value.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }

  private void access(Path file, PrintWriter out) throws IOException {
    EdgeConfig read = EdgeConfig.of(config);
    InputPlan inputs = read.inputPlan();
    var problems = new ArrayList<>(inputs.problems());
    var files = new TreeSet<>(inputs.deviceFiles());
    var outputs = read.outputPlan(inputs);
    outputs.faulty().stream().map(FaultyOutput::problem).forEach(problems::add);
    files.addAll(outputs.deviceFiles());
    if (!problems.isEmpty()) {
      throw UserError.usage(String.join(System.lineSeparator(), problems));
    }
    boolean isThere = Files.exists(file);
    if (isThere && !Files.readString(file).startsWith(DeviceAccess.MARK)) {
      throw UserError.failure(
          file + " was not written by this command and stays as it is; name another file");
    }
    if (!files.isEmpty()) {
      replace(file, DeviceAccess.dropIn(config.toAbsolutePath(), files, groups()));
      out.println("Wrote " + file + " for " + String.join(", ", files) + ".");
    } else if (isThere) {
      Files.delete(file);
      out.println("Deleted " + file + ": no input and no output needs a device.");
    } else {
      out.println("No input and no output needs a device: nothing to tell systemd.");
      return;
    }
    out.println("'systemctl daemon-reload && systemctl restart headwater-edge' takes it.");
  }

  /** Of this machine. */
  private static Set<String> groups() throws IOException {
    Path file = Path.of("/etc/group");
    return Files.isReadable(file)
        ? Files.readAllLines(file).stream()
            .map(line -> line.replaceFirst(":.*", ""))
            .collect(Collectors.toSet())
        : Set.of();
  }

  /** Whole or not at all. */
  private static void replace(Path file, String text) throws IOException {
    Path whole = file.toAbsolutePath();
    Path folder = whole.resolveSibling(".").normalize();
    LastingFolder.make(folder);
    Path fresh = folder.resolve(file.getFileName() + ".new");
    Files.writeString(fresh, text, CREATE, TRUNCATE_EXISTING, WRITE, DSYNC);
    Files.move(fresh, whole, StandardCopyOption.ATOMIC_MOVE);
    LastingFolder.force(folder);
  }
}
