package io.headwater.hub.kafka.api;

import io.headwater.hub.kafka.metadata.GroupConfigs;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.requests.DescribeConfigsResponse.ConfigSource;
import org.apache.kafka.coordinator.group.GroupConfig;

/** A group's settings as the protocol describes them. */
final class GroupSettings {
  private GroupSettings() {}

  static List<TopicSettings.Setting> describe(GroupConfigs configs, Map<String, String> set) {
    GroupConfig effective = configs.effective(set);
    var settings = new ArrayList<TopicSettings.Setting>();
    for (String name : configs.names()) {
      ConfigDef.ConfigKey definition = GroupConfig.CONFIG_DEF.configKeys().get(name);
      if (definition == null) {
        continue;
      }
      ConfigSource source =
          set.containsKey(name) ? ConfigSource.GROUP_CONFIG : ConfigSource.DEFAULT_CONFIG;
      settings.add(
          new TopicSettings.Setting(
              name,
              ConfigDef.convertToString(effective.values().get(name), definition.type),
              source.id(),
              definition.type,
              definition.documentation));
    }
    return settings;
  }
}
