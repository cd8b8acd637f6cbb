package io.headwater.hub.kafka.api;

import io.headwater.hub.kafka.metadata.Topic;
import io.headwater.hub.kafka.metadata.TopicConfigs;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.requests.DescribeConfigsResponse.ConfigSource;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.jspecify.annotations.Nullable;

/** A topic's settings as the protocol describes them. */
final class TopicSettings {
  /**
   * @param source of the protocol: set on the topic, the hub's default, Kafka's default
   */
  record Setting(
      String name,
      @Nullable String value,
      byte source,
      ConfigDef.@Nullable Type type,
      String documentation) {}

  private TopicSettings() {}

  static List<Setting> describe(TopicConfigs configs, Topic topic) {
    LogConfig effective = configs.effective(topic.configs());
    var settings = new ArrayList<Setting>();
    ConfigDef definitions = LogConfig.configDefCopy();
    for (String name : LogConfig.configNames()) {
      ConfigDef.ConfigKey definition = definitions.configKeys().get(name);
      if (definition == null || definition.internalConfig) {
        continue;
      }
      ConfigSource source =
          topic.configs().containsKey(name)
              ? ConfigSource.TOPIC_CONFIG
              : configs.defaults().containsKey(name)
                  ? ConfigSource.STATIC_BROKER_CONFIG
                  : ConfigSource.DEFAULT_CONFIG;
      settings.add(
          new Setting(
              name,
              ConfigDef.convertToString(effective.values().get(name), definition.type),
              source.id(),
              definition.type,
              definition.documentation));
    }
    return settings;
  }
}
