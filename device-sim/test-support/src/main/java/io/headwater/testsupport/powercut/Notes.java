package io.headwater.testsupport.powercut;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * What strace has noted, one call a line; two where others came in between:
 *
 * <pre>
 * 4711 fsync(61&lt;\x2f\x74&gt;)                = 0
 * 4711 pwrite64(61&lt;\x2f\x74&gt;, "\x00\x01", 2, 512 &lt;unfinished ...&gt;
 * 4711 &lt;... pwrite64 resumed&gt;)          = 2
 * </pre>
 */
final class Notes {
  private static final String UNFINISHED = " <unfinished ...>";

  /** What is told of each call. */
  interface Listener {
    /** A call has begun; what stands behind its end is not known yet. */
    void begun(Call call);

    /** It has ended; arguments that it fills in are known now. */
    void ended(Call call, long result);
  }

  /**
   * A call of the system.
   *
   * @param number in the order of beginning
   * @param arguments as strace writes them
   */
  record Call(int number, String name, List<String> arguments) {
    String argument(int n) {
      return arguments.get(n);
    }

    long number(int n) {
      return Long.decode(arguments.get(n));
    }

    /** A path. */
    String text(int n) {
      return new String(bytes(n), StandardCharsets.UTF_8);
    }

    /** What a descriptor stands for: a path, or {@code TCPv6:[here->there]}. */
    String target(int n) {
      String argument = arguments.get(n);
      String inside = argument.substring(argument.indexOf('<') + 1, argument.lastIndexOf('>'));
      return inside.startsWith("\\x")
          ? new String(HexFormat.of().parseHex(inside.replace("\\x", "")), StandardCharsets.UTF_8)
          : inside;
    }

    /** Whether a descriptor stands for a file that has lost its name. */
    boolean isDeleted(int n) {
      return arguments.get(n).endsWith("(deleted)");
    }

    /** All strings of an argument, one behind the other: of a list of buffers too. */
    byte[] bytes(int n) {
      String argument = arguments.get(n);
      var bytes = new byte[argument.length() / 4];
      int length = 0;
      boolean inside = false;
      for (int i = 0; i < argument.length(); i++) {
        char each = argument.charAt(i);
        if (each == '"') {
          inside = !inside;
          if (!inside && argument.startsWith("...", i + 1)) {
            throw new IllegalStateException("strace has cut short " + name);
          }
        } else if (inside) { // \x4f
          bytes[length++] =
              (byte)
                  (Character.digit(argument.charAt(i + 2), 16) << 4
                      | Character.digit(argument.charAt(i + 3), 16));
          i += 3;
        }
      }
      return length == bytes.length ? bytes : Arrays.copyOf(bytes, length);
    }
  }

  /** Begun and not ended: the call, and the text of its arguments. */
  private record Open(Call call, String text) {}

  private final Listener listener;
  private final Map<String, Open> open = new HashMap<>(); // by thread
  private int calls;

  private Notes(Listener listener, int calls) {
    this.listener = listener;
    this.calls = calls;
  }

  /**
   * Reads notes.
   *
   * @param calls so many have been before
   * @return so many have been now
   */
  static int read(Path file, int calls, Listener listener) throws IOException {
    var notes = new Notes(listener, calls);
    try (BufferedReader lines = Files.newBufferedReader(file, StandardCharsets.ISO_8859_1)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        notes.read(line);
      }
    }
    return notes.calls;
  }

  private void read(String line) {
    int space = line.indexOf(' ');
    String thread = line.substring(0, space);
    String rest = line.substring(space).stripLeading();
    if (rest.startsWith("<... ")) {
      Open before = open.remove(thread);
      if (before != null) {
        ended(before.call(), before.text() + rest.substring(rest.indexOf('>') + 1));
      }
      return;
    }
    int bracket = rest.indexOf('(');
    if (bracket < 0 || rest.startsWith("+++") || rest.startsWith("---")) {
      return;
    }
    String name = rest.substring(0, bracket);
    String text = rest.substring(bracket + 1);
    if (text.endsWith(UNFINISHED)) {
      text = text.substring(0, text.length() - UNFINISHED.length());
      var call = new Call(++calls, name, split(text, text.length()));
      open.put(thread, new Open(call, text));
      listener.begun(call);
    } else {
      var call = new Call(++calls, name, split(text, end(text)));
      listener.begun(call);
      ended(call, text);
    }
  }

  private void ended(Call call, String text) {
    int equals = text.lastIndexOf(" = ");
    if (equals < 0) {
      return; // the process's end, too
    }
    String result = text.substring(equals + 3);
    result = result.split("[ <]", 2)[0];
    if (!result.equals("?")) { // the process's end
      listener.ended(
          new Call(call.number(), call.name(), split(text, end(text))), Long.decode(result));
    }
  }

  /** Where the arguments end. */
  private static int end(String text) {
    int equals = text.lastIndexOf(" = ");
    return text.lastIndexOf(')', equals);
  }

  /** Strings hold no commas, for they are written as bytes. */
  private static List<String> split(String text, int end) {
    var arguments = new ArrayList<String>();
    int depth = 0;
    int from = 0;
    for (int i = 0; i < end; i++) {
      switch (text.charAt(i)) {
        case '(', '[', '{' -> depth++;
        case ')', ']', '}' -> depth--;
        case ',' -> {
          if (depth == 0) {
            arguments.add(text.substring(from, i).strip());
            from = i + 1;
          }
        }
        default -> {}
      }
    }
    arguments.add(text.substring(from, Math.max(from, end)).strip());
    return arguments;
  }
}
