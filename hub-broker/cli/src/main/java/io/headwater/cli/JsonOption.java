package io.headwater.cli;

import picocli.CommandLine.Option;

/** {@code --json}, on commands that print tables. */
final class JsonOption {
  @Option(names = "--json", description = "Prints JSON in place of a table.")
  private boolean json;

  boolean wanted() {
    return json;
  }
}
