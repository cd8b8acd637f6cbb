package io.headwater.edge.care;

import java.util.regex.Pattern;

/**
 * Takes secrets out of texts that are sent to others: what follows a key whose name tells that it
 * is one, what stands between scheme and host in an address, and keys in PEM form. Names of files
 * that hold secrets stay.
 */
public final class Redaction {
  private static final String IN_PLACE = "(redacted)";

  private static final String KEY =
      "(?i)([\\w.-]*(?:password|passwd|passphrase|secret|token|credential|api[-_]?key|private[-_]?key)"
          + "(?![\\w-]*file)[\\w-]*";

  /** As YAML and JSON have it. */
  private static final String IN_QUOTES = "\"(?:[^\"\\\\\\n]|\\\\.)*\"|'(?:[^'\\n]|'')*'";

  /** {@code "token": "x"}, {@code "token": 7}. */
  private static final Pattern JSON =
      Pattern.compile(KEY + "[\"']\\s*:\\s*)(" + IN_QUOTES + "|[^\\s,}\\]]+)");

  /** {@code password: |}, and the lines further in behind it. */
  private static final Pattern BLOCK =
      Pattern.compile(KEY + "[ \\t]*:[ \\t]*)[|>][^\\n]*\\n(?:[ \\t]+[^\\n]*(?:\\n|$))+");

  /** {@code password: x y}, {@code HEADWATER_EDGE_SECRET=x}: all that follows in the line. */
  private static final Pattern PLAIN =
      Pattern.compile(KEY + "[ \\t]*[:=][ \\t]*+)(?!\\(redacted\\))(" + IN_QUOTES + "|[^\\n]+)");

  private static final Pattern USER_INFO = Pattern.compile("(\\b[a-z][a-z0-9+.-]*://)[^/\\s@]+@");
  private static final Pattern PEM_KEY =
      Pattern.compile("(-----BEGIN [A-Z ]*KEY-----)[^-]*(-----END [A-Z ]*KEY-----)");

  /** As MQTT servers keep passwords: salted, and still not for others. */
  private static final Pattern HASH = Pattern.compile("\\$(?:2[aby]|[67])\\$\\S+");

  private Redaction() {}

  /** The text without them. */
  public static String of(String text) {
    String rest = PEM_KEY.matcher(text).replaceAll("$1" + IN_PLACE + "$2");
    rest = JSON.matcher(rest).replaceAll("$1" + IN_PLACE);
    rest = BLOCK.matcher(rest).replaceAll("$1" + IN_PLACE + "\n");
    rest = PLAIN.matcher(rest).replaceAll("$1" + IN_PLACE);
    rest = USER_INFO.matcher(rest).replaceAll("$1" + IN_PLACE + "@");
    return HASH.matcher(rest).replaceAll(IN_PLACE);
  }
}
