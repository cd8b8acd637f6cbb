package io.headwater.analytics;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** All that a {@link BatchRun} takes from the hub, in the order in which it is to come. */
final class RunInput {
  private final Query query;
  private final Map<String, Object> reading;
  private final Set<String> topics;

  /**
   * Looks which topics there are.
   *
   * @param reading a consumer's configuration, without a group
   */
  RunInput(Query query, Map<String, Object> reading) {
    this.query = query;
    this.reading = reading;
    try (var consumer =
        new KafkaConsumer<>(reading, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      this.topics = Set.copyOf(consumer.listTopics().keySet());
    }
  }

  /** The topics of the readings. */
  List<String> sources() {
    return query.source().allTopics(topics);
  }

  /**
   * Feeds a run: the table's rows as they are now, for what they were at the time of a reading is
   * known no more; the gaps; then readings.
   *
   * @param fromMs of the first record of each partition that counts
   * @param wanted readings
   * @return false, and nothing is fed, if the topics do not hold all readings from then on any more
   *     and they must
   */
  boolean feed(
      BatchRun run,
      long fromMs,
      boolean mustBeWhole,
      Predicate<ConsumerRecord<byte[], byte[]>> wanted) {
    try (var readings = new TopicHistory(reading, sources(), fromMs)) {
      if (mustBeWhole && !readings.isWhole()) {
        return false;
      }
      Optional<String> table = query.readings().table().map(Readings.Table::topic);
      table.ifPresent(topic -> feed(run, topic));
      if (query.looksAtGaps() && topics.contains(Gaps.TOPIC)) {
        feed(run, Gaps.TOPIC);
      }
      readings.forEach(record -> {
        if (wanted.test(record)) {
          run.take(record);
        }
      });
      return true;
    }
  }

  private void feed(BatchRun run, String topic) {
    try (var history = new TopicHistory(reading, List.of(topic), 0)) {
      history.forEach(run::take);
    }
  }
}
