package io.headwater.cli;

import io.headwater.process.NearestName;
import io.headwater.process.UserError;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.config.ConfigResource;

/** The settings that hold for a topic. */
record TopicConfigs(Map<String, ConfigEntry> entries) {
  static ConfigResource resource(String topic) {
    return new ConfigResource(ConfigResource.Type.TOPIC, topic);
  }

  static TopicConfigs of(Hub hub, String topic) {
    ConfigResource resource = resource(topic);
    Map<ConfigResource, Config> answer =
        hub.await(
            "settings of topic '" + topic + "'",
            hub.admin().describeConfigs(List.of(resource)).all());
    var entries = new TreeMap<String, ConfigEntry>();
    for (Config config : answer.values()) {
      config.entries().forEach(entry -> entries.put(entry.name(), entry));
    }
    return new TopicConfigs(entries);
  }

  /** Refuses a setting that topics do not have. */
  void require(String name) {
    if (!entries.containsKey(name)) {
      throw UserError.failure(
          "topics have no setting '"
              + name
              + "'"
              + NearestName.of(name, entries.keySet())
                  .map(nearest -> ": did you mean '" + nearest + "'?")
                  .orElse("; known: " + String.join(", ", entries.keySet())));
    }
  }

  /** Those that someone has set, and where. */
  Table changed() {
    var table = new Table("config", "value", "source");
    for (ConfigEntry entry : entries.values()) {
      if (entry.source() != ConfigEntry.ConfigSource.DEFAULT_CONFIG) {
        table.row(entry.name(), entry.isSensitive() ? "(secret)" : entry.value(), source(entry));
      }
    }
    return table;
  }

  /** {@code DYNAMIC_TOPIC_CONFIG} is {@code topic}, {@code STATIC_BROKER_CONFIG static broker}. */
  private static String source(ConfigEntry entry) {
    return entry
        .source()
        .name()
        .toLowerCase(Locale.ROOT)
        .replace("_config", "")
        .replace("dynamic_topic", "topic")
        .replace('_', ' ');
  }
}
