package io.headwater.process;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * Whether a process can do its work, as a set of named checks.
 *
 * <p>A check answers quickly, from memory, with the problem or nothing. Thread-safe.
 */
public final class Health {
  /**
   * @param problems by check name; empty when all is well
   * @param notes what there is to know though the process does its work, by the same names
   */
  public record Status(Map<String, String> problems, Map<String, String> notes) {
    public Status {
      problems = Map.copyOf(problems);
      notes = Map.copyOf(notes);
    }

    public boolean isUp() {
      return problems.isEmpty();
    }

    /** All problems in one line; empty if there are none. */
    public String line() {
      return problems.values().stream().sorted().collect(Collectors.joining("; "));
    }
  }

  private static final String START = "start";

  private final Map<String, Supplier<Optional<String>>> checks = new ConcurrentHashMap<>();
  private final Map<String, Supplier<Optional<String>>> notes = new ConcurrentHashMap<>();

  /** Of a process that answers before it can do its work: down until {@link #started}. */
  public static Health starting() {
    var health = new Health();
    health.check(START, () -> Optional.of("it is still starting"));
    return health;
  }

  /** All that it starts with is there. */
  public void started() {
    checks.remove(START);
  }

  /** Adds a check; its problem text says what is wrong and since when, not how to call support. */
  public void check(String name, Supplier<Optional<String>> problem) {
    checks.put(name, problem);
  }

  /** Takes a check away: what it was about is no longer there. */
  public void forget(String name) {
    checks.remove(name);
  }

  /** Adds what is told without being a problem of the process: a restart would not mend it. */
  public void note(String name, Supplier<Optional<String>> note) {
    notes.put(name, note);
  }

  public Status status() {
    return new Status(ask(checks), ask(notes));
  }

  private static Map<String, String> ask(Map<String, Supplier<Optional<String>>> all) {
    var answers = new LinkedHashMap<String, String>();
    all.forEach((name, each) -> each.get().ifPresent(answer -> answers.put(name, answer)));
    return answers;
  }
}
