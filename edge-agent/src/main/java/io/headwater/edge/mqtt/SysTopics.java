package io.headwater.edge.mqtt;

import io.headwater.edge.log.EdgeLog;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * What the server tells of itself under {@code $SYS}, in the topics that are well known from
 * Mosquitto: brought to who is subscribed and may receive it, never logged and never forwarded.
 * Confined to one event loop.
 */
final class SysTopics {
  static final String BROKER = "$SYS/broker/";
  private static final String LOG = "$SYS/headwater/log/";

  private final String version;
  private final MqttServer server;
  private final EdgeLog log;
  private final long startedNanos = System.nanoTime();
  private final Map<String, LoadAverages> loads = new LinkedHashMap<>();
  private final Map<String, String> told = new HashMap<>();
  private long toldNanos = startedNanos;
  private int mostClients;

  SysTopics(String version, MqttServer server, EdgeLog log) {
    this.version = version;
    this.server = server;
    this.log = log;
  }

  /** Each second. */
  void tick() {
    mostClients = Math.max(mostClients, server.sessions().connected());
    long seconds = server.settings().sysInterval().toSeconds();
    long now = System.nanoTime();
    if (seconds == 0) {
      told.keySet().forEach(topic -> server.delivery().setValue(topic, null));
      told.clear();
    } else if (told.isEmpty() || now - toldNanos >= TimeUnit.SECONDS.toNanos(seconds)) {
      tell(now);
    }
  }

  private void tell(long now) {
    double seconds = Math.max(1, now - toldNanos) / 1e9;
    toldNanos = now;
    values(seconds, now)
        .forEach((topic, value) -> {
          if (!value.equals(told.put(topic, value))) {
            server.delivery().setValue(topic, value.getBytes(StandardCharsets.UTF_8));
          }
        });
  }

  private Map<String, String> values(double seconds, long now) {
    Traffic traffic = server.traffic();
    MqttMetrics metrics = server.metrics();
    int connected = server.sessions().connected();
    int away = server.sessions().away();
    var values = new LinkedHashMap<String, String>();
    values.put("version", "headwater " + version);
    values.put("uptime", TimeUnit.NANOSECONDS.toSeconds(now - startedNanos) + " seconds");
    values.put("clients/connected", "" + connected);
    values.put("clients/disconnected", "" + away);
    values.put("clients/total", "" + (connected + away));
    values.put("clients/maximum", "" + mostClients);
    values.put("messages/received", "" + traffic.packetsIn());
    values.put("messages/sent", "" + traffic.packetsOut());
    values.put("messages/stored", "" + (log.committedSeq() - log.startSeq()));
    values.put("bytes/received", "" + traffic.bytesIn());
    values.put("bytes/sent", "" + traffic.bytesOut());
    values.put("publish/messages/received", "" + metrics.publishesReceived());
    values.put("publish/messages/sent", "" + metrics.publishesSent());
    values.put("retained messages/count", "" + log.retainedTopics());
    values.put("subscriptions/count", "" + server.filters().taken());
    values.put("shared_subscriptions/count", "" + server.shares().size());
    load("messages/received", traffic.packetsIn(), seconds, values);
    load("messages/sent", traffic.packetsOut(), seconds, values);
    load("publish/received", metrics.publishesReceived(), seconds, values);
    load("publish/sent", metrics.publishesSent(), seconds, values);
    load("bytes/received", traffic.bytesIn(), seconds, values);
    load("bytes/sent", traffic.bytesOut(), seconds, values);
    var topics = new LinkedHashMap<String, String>();
    values.forEach((name, value) -> topics.put(BROKER + name, value));
    topics.put(LOG + "unsettled", "" + log.depth());
    topics.put(LOG + "last-commit", log.sinceCommit().toSeconds() + " seconds");
    return topics;
  }

  private void load(String name, long count, double seconds, Map<String, String> values) {
    LoadAverages load = loads.computeIfAbsent(name, _ -> new LoadAverages());
    load.add(count, seconds);
    load.values().forEach((span, value) -> values.put("load/" + name + "/" + span, value));
  }
}
