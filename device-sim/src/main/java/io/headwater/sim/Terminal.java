package io.headwater.sim;

import java.io.PrintWriter;

/** Chooses how a run is shown. */
final class Terminal {
  private Terminal() {}

  /** Live where a person looks on, a line a second where output goes to a file. */
  @SuppressWarnings("NullAway") // since JDK 22 there always is a console
  static RunView view(PrintWriter out) {
    boolean live = System.console().isTerminal() && !"dumb".equals(System.getenv("TERM"));
    return live ? new LiveView(out) : new PlainView(out);
  }
}
