package io.headwater.edge.mqtt;

/**
 * The filter of a shared subscription, {@code $share/group/filter} (MQTT 5, 4.8.2; served to 3.1.1
 * clients too).
 */
final class SharedFilter {
  private static final String PREFIX = "$share/";

  private SharedFilter() {}

  static boolean isShared(String filter) {
    return filter.startsWith(PREFIX);
  }

  /** Whether a shared filter has a name and a filter as it should. */
  static boolean isValid(String filter) {
    int slash = filter.indexOf('/', PREFIX.length());
    return slash > PREFIX.length()
        && filter.substring(PREFIX.length(), slash).chars().noneMatch(c -> c == '+' || c == '#')
        && Subscriptions.isFilter(inner(filter));
  }

  /** What topics have to fit. */
  static String inner(String filter) {
    return filter.substring(filter.indexOf('/', PREFIX.length()) + 1);
  }
}
