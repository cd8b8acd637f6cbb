package io.headwater.cli;

import io.headwater.process.UserError;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.clients.admin.MemberDescription;
import org.apache.kafka.clients.admin.StreamsGroupDescription;
import org.apache.kafka.clients.admin.StreamsGroupMemberAssignment;
import org.apache.kafka.clients.admin.StreamsGroupSubtopologyDescription;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.GroupType;
import org.apache.kafka.common.TopicPartition;

/**
 * A group as the hub describes it, whatever its protocol.
 *
 * @param protocol {@code classic}, {@code consumer} or {@code streams}
 */
record Group(String name, String protocol, String state, List<Member> members) {
  record Member(String id, String client, String host, Set<TopicPartition> partitions) {
    @Override
    public String toString() {
      return client + " at " + host;
    }
  }

  /** Asks the hub; a group that is not there is a {@link UserError}. */
  static Group of(Hub hub, String name) {
    GroupListing listing = hub.requireGroup(name);
    return switch (listing.type().orElse(GroupType.CLASSIC)) {
      case CLASSIC, CONSUMER, UNKNOWN -> consumers(hub, name);
      case STREAMS -> streams(hub, name);
      case SHARE ->
          throw UserError.failure(
              "group '" + name + "' is a share group, which has no offsets of its own to show");
    };
  }

  String thing() {
    return "group '" + name + "'";
  }

  /**
   * Refuses a group whose members would go on from where they are.
   *
   * @param deed what they must end before
   */
  void requireNoMembers(String deed) {
    if (!members.isEmpty()) {
      throw UserError.failure(
          "%s has %s: %s; end them before %s"
              .formatted(
                  thing(),
                  Count.of(members.size(), "active member"),
                  members.stream().map(Member::toString).collect(Collectors.joining(", ")),
                  deed));
    }
  }

  private static Group consumers(Hub hub, String name) {
    ConsumerGroupDescription group =
        hub.await(
            "group '" + name + "'",
            Objects.requireNonNull(
                hub.admin().describeConsumerGroups(List.of(name)).describedGroups().get(name)));
    var members = new ArrayList<Member>();
    for (MemberDescription member : group.members()) {
      members.add(
          new Member(
              member.consumerId(),
              member.clientId(),
              member.host(),
              member.assignment().topicPartitions()));
    }
    return new Group(
        name,
        group.type().toString().toLowerCase(Locale.ROOT),
        group.groupState().toString(),
        List.copyOf(members));
  }

  private static Group streams(Hub hub, String name) {
    StreamsGroupDescription group =
        hub.await(
            "group '" + name + "'",
            Objects.requireNonNull(
                hub.admin().describeStreamsGroups(List.of(name)).describedGroups().get(name)));
    Map<String, Set<String>> sources =
        group.subtopologies().stream()
            .collect(
                Collectors.toMap(
                    StreamsGroupSubtopologyDescription::subtopologyId, Group::sourceTopics));
    return new Group(
        name,
        "streams",
        group.groupState().toString(),
        group.members().stream()
            .map(member ->
                new Member(
                    member.memberId(),
                    member.clientId(),
                    member.clientHost(),
                    partitions(member.assignment(), sources)))
            .toList());
  }

  private static Set<String> sourceTopics(StreamsGroupSubtopologyDescription subtopology) {
    var topics = new TreeSet<>(subtopology.sourceTopics());
    topics.addAll(subtopology.repartitionSourceTopics().keySet());
    return topics;
  }

  /** A task reads its partition of each topic that its subtopology begins with. */
  private static Set<TopicPartition> partitions(
      StreamsGroupMemberAssignment assignment, Map<String, Set<String>> sources) {
    var partitions = new TreeSet<>(Partitions.ORDER);
    for (StreamsGroupMemberAssignment.TaskIds tasks : assignment.activeTasks()) {
      for (String topic : sources.getOrDefault(tasks.subtopologyId(), Set.of())) {
        tasks.partitions().forEach(each -> partitions.add(new TopicPartition(topic, each)));
      }
    }
    return partitions;
  }

  /** Where the group is, in each partition that it ever committed for. */
  static Map<TopicPartition, Long> committed(Hub hub, String name) {
    Map<TopicPartition, OffsetAndMetadata> answer =
        hub.await(
            "offsets of group '" + name + "'",
            hub.admin().listConsumerGroupOffsets(name).partitionsToOffsetAndMetadata());
    var committed = new TreeMap<TopicPartition, Long>(Partitions.ORDER);
    answer.forEach((partition, offset) -> {
      if (offset != null) { // there is none after it has expired
        committed.put(partition, offset.offset());
      }
    });
    return committed;
  }
}
