package io.headwater.edge.access;

/**
 * A topic filter, taken apart. Immutable.
 *
 * <p>By the rules of MQTT: {@code a/#} also fits {@code a}, and a wildcard at the first level fits
 * no topic that begins with $.
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record TopicFilter(String[] levels) {
  static TopicFilter of(String filter) {
    return new TopicFilter(filter.split("/", -1));
  }

  /** Whether a filter may be written so: + and # stand alone, # at the end. */
  static boolean isFilter(String filter) {
    if (filter.isEmpty() || filter.indexOf('\0') >= 0) {
      return false;
    }
    String[] levels = filter.split("/", -1);
    for (int i = 0; i < levels.length; i++) {
      boolean wildcard = levels[i].equals("+") || (levels[i].equals("#") && i == levels.length - 1);
      if (!wildcard && (levels[i].indexOf('+') >= 0 || levels[i].indexOf('#') >= 0)) {
        return false;
      }
    }
    return true;
  }

  boolean matches(String topic) {
    int from = 0; // past the end once the topic's levels are used up
    for (int i = 0; i < levels.length; i++) {
      String level = levels[i];
      if (i == 0 && isWildcard(level) && topic.startsWith("$")) {
        return false;
      }
      if (level.equals("#")) {
        return true;
      }
      if (from > topic.length()) {
        return false;
      }
      int slash = topic.indexOf('/', from);
      int to = slash < 0 ? topic.length() : slash;
      if (!level.equals("+") && !(level.length() == to - from && topic.startsWith(level, from))) {
        return false;
      }
      from = to + 1;
    }
    return from > topic.length();
  }

  /** Whether some topic fits both. */
  boolean meets(TopicFilter other) {
    String[] theirs = other.levels;
    if (isWildcard(levels[0]) && theirs[0].startsWith("$")) {
      return false;
    }
    if (isWildcard(theirs[0]) && levels[0].startsWith("$")) {
      return false;
    }
    for (int i = 0; i < Math.max(levels.length, theirs.length); i++) {
      if ((i < levels.length && levels[i].equals("#"))
          || (i < theirs.length && theirs[i].equals("#"))) {
        return true;
      }
      if (i >= levels.length || i >= theirs.length) {
        return false;
      }
      if (!levels[i].equals("+") && !theirs[i].equals("+") && !levels[i].equals(theirs[i])) {
        return false;
      }
    }
    return true;
  }

  /** Whether all topics that fit the other one fit this. */
  boolean covers(TopicFilter other) {
    String[] theirs = other.levels;
    if (isWildcard(levels[0]) && theirs[0].startsWith("$")) {
      return false;
    }
    for (int i = 0; i < levels.length; i++) {
      if (levels[i].equals("#")) {
        return true;
      }
      if (i >= theirs.length
          || theirs[i].equals("#")
          || (!levels[i].equals("+") && !levels[i].equals(theirs[i]))) {
        return false;
      }
    }
    return levels.length == theirs.length;
  }

  private static boolean isWildcard(String level) {
    return level.equals("+") || level.equals("#");
  }
}
