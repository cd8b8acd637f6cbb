package io.headwater.edge.remote;

import io.headwater.process.ByteSize;
import io.headwater.process.HostPort;
import io.headwater.process.TlsSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A broker that the agent is a client of.
 *
 * @param name of this link; in metrics, in the log, and as the publisher of what comes from there
 * @param addresses of the broker; tried in turn
 * @param tls if it is spoken there
 * @param user there
 * @param passwordFile its first line is the password there
 * @param clientId there; {@code headwater-<gateway>-<name>} if absent
 * @param cleanSession whether the broker shall forget the agent when the connection ends; false if
 *     absent
 * @param keepAlive 1 s to 65535 s; 30 s if absent
 * @param maxHops links between brokers that a message may cross; 8 if absent
 * @param backlog how large the log may grow to keep what the broker has not got; 2 GiB if absent
 */
public record RemoteSettings(
    String name,
    List<HostPort> addresses,
    Optional<TlsSettings> tls,
    Optional<String> user,
    Optional<Path> passwordFile,
    Optional<String> clientId,
    Optional<Boolean> cleanSession,
    Optional<Duration> keepAlive,
    Optional<Integer> maxHops,
    Optional<ByteSize> backlog,
    List<RemoteTopic> topics) {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,64}");
  private static final Duration DEFAULT_KEEP_ALIVE = Duration.ofSeconds(30);
  private static final int DEFAULT_MAX_HOPS = 8;
  private static final ByteSize DEFAULT_BACKLOG = ByteSize.ofMebibytes(2048);

  public RemoteSettings {
    addresses = List.copyOf(addresses);
    topics = List.copyOf(topics);
    if (!isName(name)) {
      throw new IllegalArgumentException(
          "name '" + name + "' is not 1 to 64 of letters, digits, '.', '_' and '-'");
    }
    if (addresses.isEmpty()) {
      throw new IllegalArgumentException("addresses of '" + name + "' are empty: write host:port");
    }
    if (topics.isEmpty()) {
      throw new IllegalArgumentException(
          "topics of '" + name + "' are empty: nothing would be carried over");
    }
    long seconds = keepAlive.orElse(DEFAULT_KEEP_ALIVE).toSeconds();
    if (seconds < 1 || seconds > 65_535) {
      throw new IllegalArgumentException(
          "keep-alive " + seconds + "s of '" + name + "' is not between 1s and 65535s");
    }
    int hops = maxHops.orElse(DEFAULT_MAX_HOPS);
    if (hops < 1 || hops > 1000) {
      throw new IllegalArgumentException(
          "max-hops " + hops + " of '" + name + "' is not between 1 and 1000");
    }
    if (passwordFile.isPresent() && user.isEmpty()) {
      throw new IllegalArgumentException("password-file of '" + name + "' needs a user");
    }
  }

  static boolean isName(String name) {
    return NAME.matcher(name).matches();
  }

  boolean hasCleanSession() {
    return cleanSession.orElse(false);
  }

  int keepAliveSeconds() {
    return (int) keepAlive.orElse(DEFAULT_KEEP_ALIVE).toSeconds();
  }

  int effectiveMaxHops() {
    return maxHops.orElse(DEFAULT_MAX_HOPS);
  }

  long backlogBytes() {
    return backlog.orElse(DEFAULT_BACKLOG).bytes();
  }

  List<RemoteTopic> in() {
    return topics.stream().filter(RemoteTopic::isIn).toList();
  }

  List<RemoteTopic> out() {
    return topics.stream().filter(RemoteTopic::isOut).toList();
  }
}
