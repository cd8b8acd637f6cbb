package io.headwater.sim.far;

import io.headwater.process.HostPort;
import io.headwater.process.UserError;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** Where readings shall end up. */
public sealed interface Place {
  /** So long a hub or broker may take to answer first. */
  Duration REACHED_WITHIN = Duration.ofSeconds(5);

  /**
   * Takes the position after what is there now.
   *
   * @throws UserError that names the address, if nothing answers there within {@link
   *     #REACHED_WITHIN}
   */
  FarEnd open(Clock clock);

  /**
   * Topics of a hub, or of any Kafka; they need not exist yet.
   *
   * @param settings of Kafka's consumer, by Kafka's names, where TLS or a password is needed
   */
  record Kafka(HostPort address, List<String> topics, Map<String, String> settings)
      implements Place {
    public Kafka {
      topics = List.copyOf(topics);
      settings = Map.copyOf(settings);
      if (topics.isEmpty()) {
        throw new IllegalArgumentException("no topic is named");
      }
    }

    public static Kafka of(HostPort address, String topic) {
      return new Kafka(address, List.of(topic), Map.of());
    }

    @Override
    public FarEnd open(Clock clock) {
      return TopicTail.open(address, topics, settings, REACHED_WITHIN, clock);
    }

    @Override
    public String toString() {
      return address + " topic " + String.join(", ", topics);
    }
  }

  /**
   * What an MQTT broker hands to a subscriber.
   *
   * @param filter a topic filter
   */
  record Mqtt(HostPort address, String filter) implements Place {
    public Mqtt {
      if (filter.isEmpty()) {
        throw new IllegalArgumentException("the topic filter is empty");
      }
    }

    @Override
    public FarEnd open(Clock clock) {
      return MqttTail.open(address, filter, REACHED_WITHIN, clock);
    }

    @Override
    public String toString() {
      return address + " filter " + filter;
    }
  }

  /**
   * Reads {@code kafka://host:port/topic,topic} or {@code mqtt://host:port/topic/filter/#};
   * anything else is an IllegalArgumentException that says so.
   */
  static Place parse(String text, Map<String, String> kafkaSettings) {
    int scheme = text.indexOf("://");
    int path = text.indexOf('/', scheme + 3);
    if (scheme > 0 && path > 0) {
      HostPort address = HostPort.parse(text.substring(scheme + 3, path));
      String rest = text.substring(path + 1);
      switch (text.substring(0, scheme)) {
        case "kafka" -> {
          return new Kafka(address, List.of(rest.split(",", -1)), kafkaSettings);
        }
        case "mqtt" -> {
          return new Mqtt(address, rest);
        }
        default -> {
          // The message below says what is known.
        }
      }
    }
    throw new IllegalArgumentException(
        "'"
            + text
            + "' is no place to look: write kafka://host:port/topic or mqtt://host:port/filter");
  }
}
