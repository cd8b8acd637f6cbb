package io.headwater.analytics;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.MemberDescription;
import org.apache.kafka.clients.admin.MemberToRemove;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RemoveMembersFromConsumerGroupOptions;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.TopologyDescription;

/**
 * What the hub keeps of a query: its group's offsets and its internal topics; what losing them
 * means, and how they are deleted.
 *
 * <p>Asks the hub and waits; a hub that does not answer is an {@link ApiError} 503.
 */
final class QueryState implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofSeconds(15);
  private static final Duration POLL = Duration.ofMillis(100);

  private final Admin admin;
  private final String application;

  /**
   * @param application Streams' application.id of the query
   */
  QueryState(Map<String, Object> adminConfig, String application) {
    try {
      this.admin = Admin.create(adminConfig);
    } catch (KafkaException e) {
      throw unanswered(e);
    }
    this.application = application;
  }

  @Override
  public void close() {
    admin.close(Duration.ZERO);
  }

  /** The internal topics of a topology: changelogs, those that re-key, overdue readings. */
  Set<String> internalTopics(Topology topology) {
    var topics = new TreeSet<String>();
    for (TopologyDescription.Subtopology part : topology.describe().subtopologies()) {
      for (TopologyDescription.Node node : part.nodes()) {
        if (node instanceof TopologyDescription.Processor processor) {
          processor.stores().forEach(store -> topics.add(application + "-" + store + "-changelog"));
        } else if (node instanceof TopologyDescription.Source source) {
          source.topicSet().stream()
              .filter(topic -> topic.endsWith("-repartition"))
              .forEach(topic -> topics.add(application + "-" + topic));
        } else if (node instanceof TopologyDescription.Sink sink
            && (application + QueryTopology.OVERDUE).equals(sink.topic())) {
          topics.add(sink.topic());
        }
      }
    }
    return topics;
  }

  /** Says in words what goes with the state, and from where it would be computed anew. */
  String loss(Query query, Set<String> internalTopics) {
    long kept = 0;
    for (String topic : internalTopics) {
      Map<TopicPartition, ListOffsetsResultInfo> starts = offsets(topic, OffsetSpec.earliest());
      for (var end : offsets(topic, OffsetSpec.latest()).entrySet()) {
        ListOffsetsResultInfo start = starts.get(end.getKey());
        kept += end.getValue().offset() - (start == null ? 0 : start.offset());
      }
    }
    long readings = 0;
    long oldest = Long.MAX_VALUE;
    long gone = 0;
    List<String> sourceTopics = sources(query);
    for (String source : sourceTopics) {
      // A time before all records finds the first one, and its time.
      Map<TopicPartition, ListOffsetsResultInfo> firsts =
          offsets(source, OffsetSpec.forTimestamp(0));
      for (var end : offsets(source, OffsetSpec.latest()).entrySet()) {
        ListOffsetsResultInfo first = firsts.get(end.getKey());
        if (first != null && first.offset() >= 0) {
          readings += end.getValue().offset() - first.offset();
          oldest = Math.min(oldest, first.timestamp());
          gone += first.offset();
        }
      }
    }
    String sources = sourceTopics.isEmpty() ? query.from() : String.join(", ", sourceTopics);
    return ("Lost are the windows of query %s (up to %d changes in %s) and its place in %s. It is"
            + " computed anew from the %d records that %s still holds%s%s; results already in %s"
            + " stay until they are written again.")
        .formatted(
            query.name(),
            kept,
            String.join(", ", internalTopics),
            sources,
            readings,
            sources,
            oldest == Long.MAX_VALUE ? "" : ", from " + Instant.ofEpochMilli(oldest) + " on",
            gone > 0 ? " (" + gone + " older ones are no longer there)" : "",
            String.join(", ", query.output().topics()));
  }

  private List<String> sources(Query query) {
    try {
      return query.source().allTopics(await(admin.listTopics().names()));
    } catch (ExecutionException e) {
      throw unanswered(e);
    }
  }

  private Map<TopicPartition, ListOffsetsResultInfo> offsets(String topic, OffsetSpec where) {
    var asked = new HashMap<TopicPartition, OffsetSpec>();
    try {
      for (TopicDescription described :
          await(admin.describeTopics(List.of(topic)).allTopicNames()).values()) {
        described
            .partitions()
            .forEach(each -> asked.put(new TopicPartition(topic, each.partition()), where));
      }
    } catch (ExecutionException e) {
      if (e.getCause() instanceof UnknownTopicOrPartitionException) {
        return Map.of();
      }
      throw unanswered(e);
    }
    try {
      return await(admin.listOffsets(asked).all());
    } catch (ExecutionException e) {
      throw unanswered(e);
    }
  }

  /**
   * The instances that run the query beside this one; its state cannot be deleted under them.
   *
   * @param instance the first part of this one's member ids
   * @return client id and host of each
   */
  List<String> others(String instance) {
    var others = new ArrayList<String>();
    for (MemberDescription member :
        group().map(ConsumerGroupDescription::members).orElse(List.of())) {
      if (!isOf(instance, member)) {
        others.add(member.clientId() + " at " + member.host().replaceFirst("^/", ""));
      }
    }
    return others;
  }

  private static boolean isOf(String instance, MemberDescription member) {
    return member.groupInstanceId().map(id -> id.startsWith(instance + "-")).orElse(false);
  }

  private Optional<ConsumerGroupDescription> group() {
    return group(application);
  }

  private Optional<ConsumerGroupDescription> group(String id) {
    try {
      return await(admin.describeConsumerGroups(List.of(id)).all()).values().stream()
          .filter(group -> group.groupState() != GroupState.DEAD)
          .findFirst();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof GroupIdNotFoundException) {
        return Optional.empty();
      }
      throw unanswered(e);
    }
  }

  /**
   * Deletes offsets and internal topics. The query must not run here any more, nor elsewhere.
   *
   * @param instance the first part of this one's member ids
   */
  void delete(String instance, Set<String> internalTopics) {
    try {
      for (String group : List.of(application, Recomputer.group(application))) {
        deleteGroup(group, instance);
      }
      for (String topic : internalTopics) {
        delete(topic);
      }
    } catch (ExecutionException e) {
      throw ApiError.of(
          500,
          "the state of "
              + application
              + " could not be deleted ("
              + (e.getCause() == null ? e : e.getCause()).getMessage()
              + "); the query stands until 'headwater analytics reset' has done it");
    }
  }

  private void deleteGroup(String id, String instance) throws ExecutionException {
    Optional<ConsumerGroupDescription> group = group(id);
    if (group.isEmpty()) {
      return;
    }
    // A static member stays in its group after its end, until its session has run out.
    List<MemberToRemove> left =
        group.get().members().stream()
            .filter(member -> isOf(instance, member))
            .map(member -> new MemberToRemove(member.groupInstanceId().orElseThrow()))
            .toList();
    if (!left.isEmpty()) {
      await(
          admin
              .removeMembersFromConsumerGroup(id, new RemoveMembersFromConsumerGroupOptions(left))
              .all());
    }
    await(admin.deleteConsumerGroups(List.of(id)).all());
  }

  private void delete(String topic) throws ExecutionException {
    try {
      await(admin.deleteTopics(List.of(topic)).all());
    } catch (ExecutionException e) {
      if (!(e.getCause() instanceof UnknownTopicOrPartitionException)) {
        throw e;
      }
      return;
    }
    // Streams would take up a topic that is on its way out.
    long end = System.nanoTime() + LIMIT.toNanos();
    while (exists(topic) && System.nanoTime() - end < 0) {
      pause();
    }
  }

  private boolean exists(String topic) throws ExecutionException {
    return await(admin.listTopics().names()).contains(topic);
  }

  private static void pause() {
    try {
      TimeUnit.NANOSECONDS.sleep(POLL.toNanos());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw unanswered(e);
    }
  }

  private static <T> T await(KafkaFuture<T> answer) throws ExecutionException {
    try {
      return answer.get(LIMIT.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw unanswered(e);
    } catch (TimeoutException e) {
      throw unanswered(e);
    }
  }

  private static ApiError unanswered(Exception e) {
    Throwable cause = e.getCause() == null ? e : e.getCause();
    return ApiError.notNow(
        "the hub does not answer ("
            + (cause.getMessage() == null ? cause.toString() : cause.getMessage())
            + "); ask again");
  }
}
