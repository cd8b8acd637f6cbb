package io.headwater.cli;

/** Numbers of things, in words. */
final class Count {
  private Count() {}

  /** {@code 1 record}, {@code 2 records}. */
  static String of(long count, String thing) {
    return count + " " + thing + (count == 1 ? "" : "s");
  }
}
