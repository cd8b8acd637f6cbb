package io.headwater.process;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.UnmatchedArgumentException;

/** Runs a command and ends the JVM with its exit code: 0 ok, 1 failed, 2 usage. */
public final class Main {
  private static final Logger LOGGER = LoggerFactory.getLogger(Main.class);

  private Main() {}

  /** Does not return. */
  public static void run(Object command, String[] args) {
    System.exit(execute(command, args));
  }

  /** As {@link #run}, but returns the exit code. */
  public static int execute(Object command, String... args) {
    return commandLine(command).execute(args);
  }

  /** The command with the errors and exit codes of all of Headwater's. */
  public static CommandLine commandLine(Object command) {
    return new CommandLine(command)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setParameterExceptionHandler((wrong, _) -> {
          var err = wrong.getCommandLine().getErr();
          err.println(wrong.getMessage());
          if (!UnmatchedArgumentException.printSuggestions(wrong, err)) {
            err.println(
                "See '" + wrong.getCommandLine().getCommandSpec().qualifiedName() + " --help'.");
          }
          return 2;
        })
        .setExecutionExceptionHandler((failure, line, _) -> {
          if (failure instanceof UserError error) {
            line.getErr().println(error.getMessage());
            return error.exitCode();
          }
          LOGGER.atError().setCause(failure).log("The command failed");
          line.getErr().println(line.getCommandSpec().qualifiedName() + " failed: " + failure);
          return 1;
        });
  }
}
