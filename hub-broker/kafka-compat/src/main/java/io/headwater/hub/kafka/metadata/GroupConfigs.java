package io.headwater.hub.kafka.metadata;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.coordinator.group.GroupConfig;
import org.apache.kafka.coordinator.group.GroupConfigManager;
import org.apache.kafka.coordinator.group.GroupCoordinatorConfig;
import org.apache.kafka.coordinator.group.modern.share.ShareGroupConfig;

/**
 * Configuration of single groups over the hub's defaults. Keys, meaning and limits are Kafka's,
 * less those of share groups, which are not served.
 */
public final class GroupConfigs {
  private static final String SHARE_PREFIX = "share.";

  private final GroupCoordinatorConfig coordinator;
  private final ShareGroupConfig share;
  private final Map<String, ?> defaults;

  /**
   * @param config the coordinator's, by Kafka's keys
   */
  public GroupConfigs(AbstractConfig config) {
    coordinator = new GroupCoordinatorConfig(config);
    share = new ShareGroupConfig(config);
    defaults = coordinator.extractGroupConfigMap(share);
  }

  /** What the keys are called. */
  public SortedSet<String> names() {
    var names = new TreeSet<>(GroupConfig.configNames());
    names.removeIf(name -> name.startsWith(SHARE_PREFIX));
    return names;
  }

  /** What applies to a group on which {@code configs} are set. */
  public GroupConfig effective(Map<String, String> configs) {
    return GroupConfig.fromProps(defaults, properties(configs));
  }

  /** What hands the configs to Kafka's group coordinator. */
  public GroupConfigManager manager() {
    return new GroupConfigManager(defaults, coordinator, share);
  }

  /** The form that the manager takes. */
  public static Properties properties(Map<String, String> configs) {
    var properties = new Properties();
    properties.putAll(configs);
    return properties;
  }

  /**
   * The configs of a group after a change.
   *
   * @throws InvalidConfigurationException names the key, and the limit where one is passed
   * @throws InvalidRequestException a key is named twice, or the group has no name
   */
  Map<String, String> change(String group, Map<String, String> before, List<ConfigChange> changes) {
    var changed = new TreeMap<>(before);
    var seen = new HashSet<String>();
    for (ConfigChange change : changes) {
      if (!seen.add(change.key())) {
        throw new InvalidRequestException("Config key '" + change.key() + "' is named twice.");
      }
      String value = change.value();
      switch (change.operation()) {
        case DELETE -> changed.remove(change.key());
        case SET -> {
          if (value == null) {
            throw new InvalidConfigurationException(
                "Config key '" + change.key() + "' has no value to set.");
          }
          changed.put(change.key(), value);
        }
        case APPEND, SUBTRACT ->
            throw new InvalidConfigurationException(
                "Config key '%s' holds no list; use SET instead of %s."
                    .formatted(change.key(), change.operation()));
      }
    }
    validate(group, changed);
    return changed;
  }

  /** Checks names, values and their combination; see {@link #change}. */
  void validate(String group, Map<String, String> configs) {
    if (group.isEmpty()) {
      throw new InvalidRequestException("The group has no name.");
    }
    for (String key : configs.keySet()) {
      if (key.startsWith(SHARE_PREFIX)) {
        throw new InvalidConfigurationException(
            "Config key '" + key + "' is of share groups, which are not served.");
      }
    }
    try {
      GroupConfig.validate(configs, coordinator, share);
    } catch (ConfigException e) {
      throw new InvalidConfigurationException(e.getMessage(), e);
    }
  }
}
