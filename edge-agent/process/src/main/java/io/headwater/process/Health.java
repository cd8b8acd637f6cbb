package io.headwater.process;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * Whether a process can do its work, as a set of named checks.
 *
 * <p>A check answers quickly, from memory, with the problem or nothing. Thread-safe.
 */
public final class Health {
  /**
   * @param problems by check name; empty when all is well
   */
  public record Status(Map<String, String> problems) {
    public Status {
      problems = Map.copyOf(problems);
    }

    public boolean isUp() {
      return problems.isEmpty();
    }
  }

  private static final String START = "start";

  private final Map<String, Supplier<Optional<String>>> checks = new ConcurrentHashMap<>();

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

  public Status status() {
    var problems = new LinkedHashMap<String, String>();
    checks.forEach((name, check) -> check.get().ifPresent(problem -> problems.put(name, problem)));
    return new Status(problems);
  }
}
