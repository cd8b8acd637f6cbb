package io.headwater.packages;

import io.headwater.process.Main;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/**
 * Makes man pages, and the lists that the shell completes by, from what commands say of themselves.
 *
 * <p>Runs as a process of its own, with the class path of the commands: {@code ManPages INTO MAIN
 * NAME…}. A page {@code headwater-NAME.1} and a list {@code NAME.words} each. A line of a list is
 * {@code edge log: ls cat --help}: after these words come those.
 */
final class ManPages {
  private ManPages() {}

  public static void main(String[] arguments) throws Exception {
    Path into = Path.of(arguments[0]);
    Object command =
        CommandLine.defaultFactory().create(Class.forName(arguments[1]).asSubclass(Object.class));
    CommandSpec root = Main.commandLine(command).getCommandSpec();
    for (String name : List.of(arguments).subList(2, arguments.length)) {
      CommandLine sub = root.subcommands().get(name);
      write(into, name, sub == null ? root : sub.getCommandSpec());
    }
  }

  /** Writes both for one command. */
  static void write(Path into, String name, CommandSpec spec) throws IOException {
    Files.writeString(into.resolve("headwater-" + name + ".1"), page("headwater " + name, spec));
    var words = new ArrayList<String>();
    addWords(name, spec, words);
    Files.write(into.resolve(name + ".words"), words);
  }

  private static void addWords(String path, CommandSpec spec, List<String> lines) {
    lines.add(
        path
            + ": "
            + Stream.concat(
                    subcommands(spec).keySet().stream(),
                    spec.options().stream()
                        .filter(option -> !option.hidden())
                        .map(OptionSpec::longestName))
                .collect(Collectors.joining(" ")));
    subcommands(spec)
        .forEach((name, sub) -> addWords(path + " " + name, sub.getCommandSpec(), lines));
  }

  private static Map<String, CommandLine> subcommands(CommandSpec spec) {
    return spec.subcommands();
  }

  private static String page(String name, CommandSpec spec) {
    String title = name.replace(' ', '-');
    var page = new StringBuilder();
    page.append(".TH ")
        .append(title.toUpperCase(java.util.Locale.ROOT))
        .append(" 1 \"\" Headwater\n");
    page.append(".SH NAME\n")
        .append(escape(title))
        .append(" \\- ")
        .append(brief(spec))
        .append('\n');
    page.append(".SH SYNOPSIS\n").append(synopsis(name, spec)).append('\n');
    page.append(".SH DESCRIPTION\n").append(description(spec)).append('\n');
    options(page, spec);
    commands(page, name, spec);
    page.append(".SH EXIT STATUS\n0 well, 1 failed, 2 wrong usage or configuration.\n");
    page.append(".SH SEE ALSO\n.BR headwater (1)\n");
    return page.toString();
  }

  private static void commands(StringBuilder page, String name, CommandSpec spec) {
    subcommands(spec)
        .forEach((sub, line) -> {
          CommandSpec command = line.getCommandSpec();
          page.append(".SH ").append(escape((name + " " + sub).toUpperCase(java.util.Locale.ROOT)));
          page.append('\n').append(synopsis(name + " " + sub, command)).append("\n.PP\n");
          page.append(description(command)).append('\n');
          entries(page, command);
          commands(page, name + " " + sub, command);
        });
  }

  private static String synopsis(String name, CommandSpec spec) {
    return ".B "
        + escape(name)
        + (spec.options().isEmpty() ? "" : "\n[OPTIONS]")
        + (subcommands(spec).isEmpty() ? "" : "\n[COMMAND]")
        + spec.positionalParameters().stream()
            .map(each -> "\n" + escape(each.paramLabel()))
            .collect(Collectors.joining());
  }

  private static void options(StringBuilder page, CommandSpec spec) {
    if (!spec.options().isEmpty() || !spec.positionalParameters().isEmpty()) {
      page.append(".SH OPTIONS\n");
      entries(page, spec);
    }
  }

  private static void entries(StringBuilder page, CommandSpec spec) {
    for (PositionalParamSpec each : spec.positionalParameters()) {
      entry(page, each.paramLabel(), each.description());
    }
    for (OptionSpec each : spec.options()) {
      if (!each.hidden()) {
        entry(
            page,
            String.join(", ", each.names())
                + (each.arity().max() == 0 ? "" : " " + each.paramLabel()),
            each.description());
      }
    }
  }

  private static void entry(StringBuilder page, String what, String... description) {
    page.append(".TP\n.B ").append(escape(what)).append('\n');
    page.append(escape(String.join(" ", description))).append('\n');
  }

  /** The first sentence, without its end. */
  private static String brief(CommandSpec spec) {
    String all = String.join(" ", spec.usageMessage().description());
    return escape(all.replaceAll("[.:] .*|\\.$", ""));
  }

  private static String description(CommandSpec spec) {
    return escape(String.join(" ", spec.usageMessage().description()));
  }

  /** What roff would take for commands of its own. */
  private static String escape(String text) {
    String plain =
        text.replace("\\", "\\e").replace("-", "\\-").replace("%n", " ").replace("%%", "%");
    return plain.startsWith(".") || plain.startsWith("'") ? "\\&" + plain : plain;
  }
}
