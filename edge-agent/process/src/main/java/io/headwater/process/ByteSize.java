package io.headwater.process;

import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/** A number of bytes, written {@code 65536}, {@code 64KiB}, {@code 16MiB} or {@code 1GiB}. */
public record ByteSize(long bytes) {
  private static final Pattern FORM = Pattern.compile("(\\d{1,18}) ?([A-Za-z]*)");
  private static final Map<String, Integer> SHIFTS =
      Map.of("", 0, "b", 0, "kib", 10, "mib", 20, "gib", 30, "tib", 40);

  public ByteSize {
    if (bytes < 0) {
      throw new IllegalArgumentException("size " + bytes + " is negative");
    }
  }

  /** Reads the forms of the class comment; anything else is an IllegalArgumentException. */
  public static ByteSize parse(String text) {
    var matcher = FORM.matcher(text.strip());
    if (matcher.matches()) {
      Integer shift = SHIFTS.get(matcher.group(2).toLowerCase(Locale.ROOT));
      if (shift != null) {
        long number = Long.parseLong(matcher.group(1));
        if (number <= Long.MAX_VALUE >> shift) {
          return new ByteSize(number << shift);
        }
      }
    }
    throw new IllegalArgumentException(
        "'" + text + "' is not a size: write bytes or KiB, MiB, GiB, for example 64MiB");
  }

  public static ByteSize ofMebibytes(long mebibytes) {
    return new ByteSize(mebibytes << 20);
  }

  public static ByteSize ofKibibytes(long kibibytes) {
    return new ByteSize(kibibytes << 10);
  }

  /** The largest unit that divides the number: parses back to the same size. */
  @Override
  public String toString() {
    for (String unit : new String[] {"TiB", "GiB", "MiB", "KiB"}) {
      Integer shift = SHIFTS.get(unit.toLowerCase(Locale.ROOT));
      if (shift != null && bytes != 0 && bytes % (1L << shift) == 0) {
        return (bytes >> shift) + unit;
      }
    }
    return Long.toString(bytes);
  }
}
