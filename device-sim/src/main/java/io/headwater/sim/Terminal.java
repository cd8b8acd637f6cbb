package io.headwater.sim;

import java.io.Console;
import java.io.PrintWriter;

/** Chooses how a run is shown. */
final class Terminal {
  private Terminal() {}

  /** Live where a person looks on, a line a second where output goes to a file. */
  @SuppressWarnings("SystemConsoleNull") // it is null where java.base's own console is in use
  static RunView view(PrintWriter out) {
    Console console = System.console();
    boolean live = console != null && console.isTerminal() && !"dumb".equals(System.getenv("TERM"));
    return live ? new LiveView(out) : new PlainView(out);
  }
}
