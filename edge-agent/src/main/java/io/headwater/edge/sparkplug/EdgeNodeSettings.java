package io.headwater.edge.sparkplug;

import io.headwater.edge.mqtt.TopicFilters;
import io.headwater.process.ByteSize;
import io.headwater.process.HostPort;
import io.headwater.process.TlsSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * The agent as an edge node of another broker.
 *
 * @param addresses of the broker; tried in turn
 * @param tls if it is spoken there
 * @param user there
 * @param passwordFile its first line is the password there
 * @param group its group there
 * @param node its name there
 * @param primaryHost if present, nothing is said while this host is not online
 * @param topics filters: rows of these topics become metrics of that name
 * @param keepAlive 1 s to 65535 s; 30 s if absent
 * @param backlog how large the log may grow to keep what has not been said; 2 GiB if absent
 */
public record EdgeNodeSettings(
    List<HostPort> addresses,
    Optional<TlsSettings> tls,
    Optional<String> user,
    Optional<Path> passwordFile,
    String group,
    String node,
    Optional<String> primaryHost,
    List<String> topics,
    Optional<Duration> keepAlive,
    Optional<ByteSize> backlog) {
  private static final Duration DEFAULT_KEEP_ALIVE = Duration.ofSeconds(30);
  private static final ByteSize DEFAULT_BACKLOG = ByteSize.ofMebibytes(2048);

  public EdgeNodeSettings {
    addresses = List.copyOf(addresses);
    topics = List.copyOf(topics);
    if (addresses.isEmpty()) {
      throw new IllegalArgumentException("addresses are empty: write host:port");
    }
    requireName("group", group);
    requireName("node", node);
    primaryHost.ifPresent(host -> requireName("primary-host", host));
    if (topics.isEmpty()) {
      throw new IllegalArgumentException("topics are empty: no metric would be published");
    }
    for (String filter : topics) {
      if (!TopicFilters.isFilter(filter) || filter.startsWith("$share/")) {
        throw new IllegalArgumentException("topics: '" + filter + "' is not a topic filter");
      }
    }
    long seconds = keepAlive.orElse(DEFAULT_KEEP_ALIVE).toSeconds();
    if (seconds < 1 || seconds > 65_535) {
      throw new IllegalArgumentException(
          "keep-alive " + seconds + "s is not between 1s and 65535s");
    }
    if (passwordFile.isPresent() && user.isEmpty()) {
      throw new IllegalArgumentException("password-file needs a user");
    }
  }

  private static void requireName(String key, String name) {
    if (name.isBlank()
        || name.indexOf('/') >= 0
        || name.indexOf('+') >= 0
        || name.indexOf('#') >= 0
        || name.indexOf('\0') >= 0) {
      throw new IllegalArgumentException(
          key + " '" + name + "' is empty or holds one of '/', '+' and '#'");
    }
  }

  int keepAliveSeconds() {
    return (int) keepAlive.orElse(DEFAULT_KEEP_ALIVE).toSeconds();
  }

  long backlogBytes() {
    return backlog.orElse(DEFAULT_BACKLOG).bytes();
  }

  /** Its MQTT client identifier. */
  String clientId() {
    return "headwater-" + group + "-" + node;
  }

  String topic(SparkplugTopic.MessageType type) {
    return new SparkplugTopic(group, type, node, "").toString();
  }

  /** Where the primary host tells whether it is online. */
  Optional<String> stateTopic() {
    return primaryHost.map(host -> SparkplugTopic.NAMESPACE + "STATE/" + host);
  }
}
