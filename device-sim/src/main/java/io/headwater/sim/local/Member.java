package io.headwater.sim.local;

/**
 * One process of a system.
 *
 * @param number from 1 on where a system has several of its part, 0 where it is the only one
 */
public record Member(Part part, int number) {
  public static Member only(Part part) {
    return new Member(part, 0);
  }

  /** The name of folder and log file, and what scenarios call it: {@code hub}, {@code bridge-2}. */
  public String label() {
    return number == 0 ? part.command() : part.command() + "-" + number;
  }

  @Override
  public String toString() {
    return label();
  }
}
