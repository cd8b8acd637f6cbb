package io.headwater.process;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** Runs a command and ends the JVM with its exit code: 0 ok, 1 failed, 2 usage. */
public final class Main {
  private static final Logger LOGGER = LoggerFactory.getLogger(Main.class);

  private Main() {}

  /** Does not return. */
  public static void run(Object command, String[] args) {
    InstalledNatives.use();
    System.exit(execute(command, args));
  }

  /** As {@link #run}, but returns the exit code. */
  public static int execute(Object command, String... args) {
    var start = new CommandLine(command);
    return (command instanceof ProcessCommand<?> && isStart(start, args)
            ? withExits(start)
            : commandLine(command))
        .execute(args);
  }

  /**
   * Whether a line can be understood by a process alone: it has options of its own, and no wish for
   * help. Then it can do without its subcommands: picocli would look at each one's class, which
   * takes longer than the rest of reading a line.
   */
  private static boolean isStart(CommandLine process, String... args) {
    try {
      return !process.parseArgs(args).isUsageHelpRequested();
    } catch (ParameterException _) {
      return false;
    }
  }

  /** The command and its subcommands, with the errors and exit codes of all of Headwater's. */
  public static CommandLine commandLine(Object command) {
    var line = new CommandLine(command);
    if (command instanceof ProcessCommand<?> process) {
      process.subcommands().forEach(line::addSubcommand);
    }
    return withExits(line);
  }

  private static CommandLine withExits(CommandLine line) {
    return line.setCaseInsensitiveEnumValuesAllowed(true)
        .setParameterExceptionHandler((wrong, _) -> {
          var err = wrong.getCommandLine().getErr();
          err.println(wrong.getMessage());
          if (!UnmatchedArgumentException.printSuggestions(wrong, err)) {
            err.println(
                "See '" + wrong.getCommandLine().getCommandSpec().qualifiedName() + " --help'.");
          }
          return 2;
        })
        .setExecutionExceptionHandler((failure, failed, _) -> {
          if (failure instanceof UserError error) {
            failed.getErr().println(error.getMessage());
            return error.exitCode();
          }
          LOGGER.atError().setCause(failure).log("The command failed");
          failed.getErr().println(failed.getCommandSpec().qualifiedName() + " failed: " + failure);
          return 1;
        });
  }
}
