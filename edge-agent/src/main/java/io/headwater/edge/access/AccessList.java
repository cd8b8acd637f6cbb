package io.headwater.edge.access;

import io.headwater.process.UserError;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What users may publish and receive, as Mosquitto's {@code acl_file} says it. Immutable.
 *
 * <pre>
 * topic read weather/#              before the first user: for clients without a user
 * user dashboard
 * topic read sensors/#              read, write, readwrite (if left out) or deny
 * topic deny sensors/secret/#
 * pattern write sensors/%u/%c/#     for all: %u is the user, %c the client identifier
 * </pre>
 *
 * <p>What no line allows is forbidden. A user's own lines are looked at before the patterns, and in
 * each of the two what is denied before what is allowed.
 */
final class AccessList {
  private static final String OPTION = "access.acl-file";

  /** What a line grants. */
  enum Access {
    READ,
    WRITE,
    READWRITE,
    DENY;

    boolean allows(Access asked) {
      return this == READWRITE || this == asked;
    }
  }

  /** A line; its topic may hold placeholders if it is a pattern. */
  record Line(Access access, String topic) {}

  private final List<Line> anonymous = new ArrayList<>();
  private final Map<String, List<Line>> users = new HashMap<>();
  private final List<Line> patterns = new ArrayList<>();

  private AccessList() {}

  /**
   * Reads a file.
   *
   * @throws UserError that names the file and the line
   */
  static AccessList read(Path file) {
    var list = new AccessList();
    List<Line> section = list.anonymous;
    int number = 0;
    for (String line : lines(file)) {
      number++;
      String text = line.strip();
      if (text.isEmpty() || text.startsWith("#")) {
        continue;
      }
      String[] words = text.split("[ \t]+", 2);
      String rest = words.length < 2 ? "" : words[1];
      try {
        switch (words[0]) {
          case "user" -> {
            if (rest.isEmpty()) {
              throw new IllegalArgumentException("the user's name is missing");
            }
            section = list.users.computeIfAbsent(rest, _ -> new ArrayList<>());
          }
          case "topic" -> section.add(parse(rest));
          case "pattern" -> list.patterns.add(parse(rest));
          default ->
              throw new IllegalArgumentException(
                  "'" + words[0] + "' is not known; a line begins with user, topic or pattern");
        }
      } catch (IllegalArgumentException e) {
        throw UserError.usage(OPTION + ": line " + number + " of " + file + ": " + e.getMessage());
      }
    }
    return list;
  }

  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file);
    } catch (NoSuchFileException e) {
      throw UserError.usage(OPTION + ": cannot use " + file + ": no such file");
    } catch (CharacterCodingException e) {
      throw UserError.usage(OPTION + ": cannot use " + file + ": it is not UTF-8 text");
    } catch (IOException e) {
      throw UserError.usage(OPTION + ": cannot use " + file + ": " + e);
    }
  }

  private static Line parse(String rest) {
    String[] words = rest.split("[ \t]+", 2);
    Access access = Access.READWRITE;
    String topic = rest;
    if (words.length == 2) {
      // A topic may hold blanks; Mosquitto takes its first word for the access all the same.
      topic = words[1];
      access =
          switch (words[0]) {
            case "read" -> Access.READ;
            case "write" -> Access.WRITE;
            case "readwrite" -> Access.READWRITE;
            case "deny" -> Access.DENY;
            default ->
                throw new IllegalArgumentException(
                    "'" + words[0] + "' is not read, write, readwrite or deny");
          };
    }
    if (!TopicFilter.isFilter(topic)) {
      throw new IllegalArgumentException(
          topic.isEmpty()
              ? "the topic is missing"
              : "'" + topic + "' is not a topic filter: + and # stand alone, # at the end");
    }
    return new Line(access, topic);
  }

  /**
   * What it says of a client.
   *
   * @param user empty for a client without one
   */
  ClientAccess of(String user, String clientId) {
    List<Line> own = user.isEmpty() ? anonymous : users.getOrDefault(user, List.of());
    var filled = new ArrayList<Line>();
    // A name with wildcards or levels in it would reach into what is others'.
    if (isOneLevel(user) && isOneLevel(clientId)) {
      for (Line pattern : patterns) {
        if (!user.isEmpty() || !pattern.topic().contains("%u")) {
          filled.add(new Line(pattern.access(), fill(pattern.topic(), user, clientId)));
        }
      }
    }
    return new ClientAccess(own, filled);
  }

  private static boolean isOneLevel(String name) {
    return name.indexOf('+') < 0 && name.indexOf('#') < 0 && name.indexOf('/') < 0;
  }

  /** In one pass: what a client calls itself is never taken for a placeholder. */
  private static String fill(String pattern, String user, String clientId) {
    var filled = new StringBuilder();
    for (int i = 0; i < pattern.length(); i++) {
      if (pattern.startsWith("%u", i)) {
        filled.append(user);
        i++;
      } else if (pattern.startsWith("%c", i)) {
        filled.append(clientId);
        i++;
      } else {
        filled.append(pattern.charAt(i));
      }
    }
    return filled.toString();
  }
}
