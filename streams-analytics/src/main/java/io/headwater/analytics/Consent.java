package io.headwater.analytics;

import io.headwater.process.UserError;
import java.io.Console;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine.Option;

/** {@code --yes}, or a question on the terminal: no state is lost without one of them. */
final class Consent {
  @Option(names = "--yes", description = "Agrees to what is lost; without it, you are asked.")
  private boolean yes;

  /**
   * Tells what would be lost and asks.
   *
   * @throws UserError if it is not agreed to, or nobody is there to be asked
   */
  void require(String loss, PrintWriter out) {
    if (yes) {
      return;
    }
    out.println(loss);
    out.flush();
    Console console =
        Optional.ofNullable(System.console())
            .filter(Console::isTerminal)
            .orElseThrow(
                () -> UserError.usage("Nothing has changed; repeat it with --yes to do it."));
    String answer = console.readLine("Do it? [y/N] ");
    if (answer == null || !answer.strip().toLowerCase(Locale.ROOT).startsWith("y")) {
      throw UserError.failure("Nothing has changed.");
    }
  }
}
