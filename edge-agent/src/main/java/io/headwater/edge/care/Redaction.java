package io.headwater.edge.care;

import java.util.regex.Pattern;

/**
 * Takes secrets out of texts that are sent to others: what follows a key whose name tells that it
 * is one, what stands between scheme and host in an address, and keys in PEM form. Names of files
 * that hold secrets stay.
 */
public final class Redaction {
  private static final String IN_PLACE = "(redacted)";

  /** {@code password: x}, {@code api-token = "x"}, {@code HEADWATER_EDGE_SECRET=x}. */
  private static final Pattern KEYED =
      Pattern.compile(
          "(?i)([\\w.\"'-]*(?:password|passwd|passphrase|secret|token|credential|api[-_]?key|private[-_]?key)"
              + "(?![\\w-]*file)[\\w\"'-]*\\s*[:=]\\s*)(\"[^\"\\n]*\"|'[^'\\n]*'|[^\\s,}\\]]+)");

  private static final Pattern USER_INFO = Pattern.compile("(\\b[a-z][a-z0-9+.-]*://)[^/\\s@]+@");
  private static final Pattern PEM_KEY =
      Pattern.compile("(-----BEGIN [A-Z ]*KEY-----)[^-]*(-----END [A-Z ]*KEY-----)");

  /** As MQTT servers keep passwords: salted, and still not for others. */
  private static final Pattern HASH = Pattern.compile("\\$(?:2[aby]|[67])\\$\\S+");

  private Redaction() {}

  /** The text without them. */
  public static String of(String text) {
    String rest = PEM_KEY.matcher(text).replaceAll("$1" + IN_PLACE + "$2");
    rest = KEYED.matcher(rest).replaceAll("$1" + IN_PLACE);
    rest = USER_INFO.matcher(rest).replaceAll("$1" + IN_PLACE + "@");
    return HASH.matcher(rest).replaceAll(IN_PLACE);
  }
}
