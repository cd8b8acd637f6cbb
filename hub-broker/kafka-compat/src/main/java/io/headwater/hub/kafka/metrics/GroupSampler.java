package io.headwater.hub.kafka.metrics;

import io.headwater.hub.kafka.log.LogEngine;
import io.headwater.hub.kafka.log.PartitionLog;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.ListGroupsRequestData;
import org.apache.kafka.common.message.ListGroupsResponseData;
import org.apache.kafka.common.message.ListGroupsResponseData.ListedGroup;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestGroup;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseGroup;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponsePartitions;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseTopics;
import org.apache.kafka.common.network.ClientInformation;
import org.apache.kafka.common.network.ListenerName;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.RequestContext;
import org.apache.kafka.common.requests.RequestHeader;
import org.apache.kafka.common.security.auth.KafkaPrincipal;
import org.apache.kafka.common.security.auth.SecurityProtocol;
import org.apache.kafka.coordinator.group.GroupCoordinator;

/** Asks the coordinator for its groups, as an administrator would. On the metrics' thread. */
final class GroupSampler {
  private static final long PATIENCE_SECONDS = 5;

  private final GroupCoordinator groups;
  private final LogEngine engine;
  private final int most;
  private final RequestContext context;

  GroupSampler(GroupCoordinator groups, LogEngine engine, int most) {
    this.groups = groups;
    this.engine = engine;
    this.most = most;
    context =
        new RequestContext(
            new RequestHeader(ApiKeys.LIST_GROUPS, ApiKeys.LIST_GROUPS.latestVersion(), "hub", 0),
            "metrics",
            InetAddress.getLoopbackAddress(),
            Optional.empty(),
            KafkaPrincipal.ANONYMOUS,
            ListenerName.normalised("PLAINTEXT"),
            SecurityProtocol.PLAINTEXT,
            ClientInformation.EMPTY,
            true);
  }

  /** Empty if the coordinator did not answer in time. */
  Optional<GroupsSample> take() {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    try {
      ListGroupsResponseData answer =
          await(groups.listGroups(context, new ListGroupsRequestData()), deadline);
      if (answer.errorCode() != Errors.NONE.code()) {
        return Optional.empty(); // groups are still being loaded: better none than some
      }
      List<ListedGroup> all =
          answer.groups().stream().sorted(Comparator.comparing(ListedGroup::groupId)).toList();
      List<ListedGroup> listed = all.subList(0, Math.min(most, all.size()));
      Map<String, Integer> members = await(members(listed), deadline);
      var offsets = new ArrayList<CompletableFuture<OffsetFetchResponseGroup>>();
      for (ListedGroup group : listed) {
        offsets.add(
            groups.fetchOffsets(
                context,
                new OffsetFetchRequestGroup().setGroupId(group.groupId()).setTopics(null),
                false));
      }
      var sampled = new ArrayList<GroupsSample.Group>();
      for (int i = 0; i < listed.size(); i++) {
        ListedGroup group = listed.get(i);
        sampled.add(
            new GroupsSample.Group(
                group.groupId(),
                kind(group),
                members.getOrDefault(group.groupId(), 0),
                committed(await(offsets.get(i), deadline))));
      }
      var counts = new HashMap<GroupsSample.Kind, Integer>();
      all.forEach(group -> counts.merge(kind(group), 1, Integer::sum));
      return Optional.of(new GroupsSample(System.nanoTime(), sampled, counts));
    } catch (TimeoutException | ExecutionException _) {
      return Optional.empty(); // the age of the last sample tells
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    }
  }

  private static <T> T await(CompletableFuture<T> answer, long deadline)
      throws InterruptedException, ExecutionException, TimeoutException {
    return answer.get(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
  }

  private static GroupsSample.Kind kind(ListedGroup group) {
    return new GroupsSample.Kind(group.groupType().toLowerCase(Locale.ROOT), group.groupState());
  }

  /** Each type of group has its own way to be described. */
  private CompletableFuture<Map<String, Integer>> members(List<ListedGroup> listed) {
    var byType = new HashMap<String, List<String>>();
    for (ListedGroup group : listed) {
      byType.computeIfAbsent(kind(group).type(), _ -> new ArrayList<>()).add(group.groupId());
    }
    var classic = groups.describeGroups(context, byType.getOrDefault("classic", List.of()));
    var consumer =
        groups.consumerGroupDescribe(context, byType.getOrDefault("consumer", List.of()));
    var streams = groups.streamsGroupDescribe(context, byType.getOrDefault("streams", List.of()));
    return CompletableFuture.allOf(classic, consumer, streams)
        .thenApply(_ -> {
          var members = new HashMap<String, Integer>();
          classic.join().forEach(group -> members.put(group.groupId(), group.members().size()));
          consumer.join().forEach(group -> members.put(group.groupId(), group.members().size()));
          streams.join().forEach(group -> members.put(group.groupId(), group.members().size()));
          return members;
        });
  }

  /** A group that was deleted meanwhile has none, a topic that was deleted is left out. */
  private List<GroupsSample.Committed> committed(OffsetFetchResponseGroup group) {
    var committed = new ArrayList<GroupsSample.Committed>();
    for (OffsetFetchResponseTopics topic : group.topics()) {
      for (OffsetFetchResponsePartitions partition : topic.partitions()) {
        if (partition.errorCode() == Errors.NONE.code() && partition.committedOffset() >= 0) {
          end(topic.name(), partition.partitionIndex())
              .ifPresent(end ->
                  committed.add(
                      new GroupsSample.Committed(
                          topic.name(),
                          partition.partitionIndex(),
                          partition.committedOffset(),
                          end)));
        }
      }
    }
    committed.sort(
        Comparator.comparing(GroupsSample.Committed::topic)
            .thenComparingInt(GroupsSample.Committed::partition));
    return committed;
  }

  private OptionalLong end(String topic, int partition) {
    Optional<PartitionLog> log = engine.find(new TopicPartition(topic, partition));
    return log.isEmpty() ? OptionalLong.empty() : OptionalLong.of(log.get().highWatermark());
  }
}
