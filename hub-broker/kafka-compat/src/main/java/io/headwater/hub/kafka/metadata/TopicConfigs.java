package io.headwater.hub.kafka.metadata;

import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.storage.internals.log.LogConfig;

/**
 * Topic configuration: the hub's defaults under what is set on a topic. Keys and meaning are
 * Kafka's; unset keys that the hub has no default for take Kafka's.
 */
public final class TopicConfigs {
  /**
   * Where the hub differs from Kafka. Each log keeps two index files of {@code segment.index.bytes}
   * mapped for its active segment: with hundreds of partitions Kafka's 10 MiB would be gigabytes of
   * address space and of zeros to write back. 256 KiB index about 128 MiB of records, hence the
   * segment size.
   */
  public static final Map<String, String> HUB_DEFAULTS =
      Map.of(
          TopicConfig.SEGMENT_BYTES_CONFIG, "134217728",
          TopicConfig.SEGMENT_INDEX_BYTES_CONFIG, "262144");

  private final Map<String, String> defaults;

  /**
   * @param overrides defaults that win over {@link #HUB_DEFAULTS}
   * @throws InvalidConfigurationException one of them is unknown or has a bad value
   */
  public TopicConfigs(Map<String, String> overrides) {
    var all = new TreeMap<>(HUB_DEFAULTS);
    all.putAll(overrides);
    this.defaults = Map.copyOf(all);
    validate(overrides);
  }

  /** Key by key what a topic without own settings gets, where the hub differs from Kafka. */
  public Map<String, String> defaults() {
    return defaults;
  }

  /** What applies to a topic on which {@code configs} are set. */
  public LogConfig effective(Map<String, String> configs) {
    var overrides = new Properties();
    overrides.putAll(configs);
    return LogConfig.fromProps(defaults, overrides);
  }

  /**
   * Checks keys, values and their combination.
   *
   * @throws InvalidConfigurationException with a text that names key, value and limit
   */
  public void validate(Map<String, String> configs) {
    try {
      LogConfig.validate(configs);
    } catch (ConfigException e) {
      throw new InvalidConfigurationException(e.getMessage(), e);
    }
  }

  /** Whether a key holds a list, so that {@code APPEND} and {@code SUBTRACT} make sense. */
  static boolean isList(String key) {
    return LogConfig.configType(key).filter(ConfigDef.Type.LIST::equals).isPresent();
  }
}
