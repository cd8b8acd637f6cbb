package io.headwater.hub.status;

import io.headwater.hub.bookkeeper.Stores;
import io.headwater.hub.status.ClusterStatus.Contents;
import io.headwater.hub.status.ClusterStatus.Problem;
import io.headwater.hub.zookeeper.ZooKeeperMember;
import io.headwater.hub.zookeeper.ZooKeeperMember.Role;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Collectors;

/** Finds what is wrong with a cluster: the most urgent first. */
final class Problems {
  private static final int SHOWN = 5;

  private final List<Problem> found = new ArrayList<>();

  private Problems() {}

  static List<Problem> of(ClusterStatus status) {
    var problems = new Problems();
    problems.zookeeper(status.zookeeper(), status.contents().isPresent());
    if (status.contents().isPresent()) {
      Contents contents = status.contents().get();
      problems.brokers(contents);
      problems.bookies(contents.stores(), status.bookies());
      problems.ledgers(contents.stores());
    } else if (!status.failure().isEmpty()) {
      problems.add(
          "ZooKeeper could not be read: " + status.failure(),
          "look again; if it stays so, read the logs of the nodes that run ZooKeeper");
    }
    return problems.found;
  }

  private void add(String what, String next) {
    found.add(new Problem(what, next));
  }

  private void zookeeper(List<ZooKeeperMember> members, boolean wasRead) {
    int needed = members.size() / 2 + 1;
    long serving = members.stream().filter(member -> member.role().serves()).count();
    if (serving == 0 && !wasRead) {
      long there = members.stream().filter(member -> member.role() != Role.UNREACHABLE).count();
      add(
          "ZooKeeper has no majority: %d of its %d members %s there, and %d are needed"
              .formatted(there, members.size(), there == 1 ? "is" : "are", needed),
          (there < needed
                  ? "start the nodes of " + addresses(members, Role.UNREACHABLE)
                  : "wait for their election; if none comes, see whether they reach each other")
              + ". Until then no leader changes, and brokers stop serving");
      return;
    }
    for (ZooKeeperMember member : members) {
      switch (member.role()) {
        case UNREACHABLE ->
            add(
                "ZooKeeper member %s is not there: %s".formatted(member.address(), member.detail()),
                "start its node; until then "
                    + (serving > needed
                        ? "%d more may be lost".formatted(serving - needed)
                        : "no other member may be lost"));
        case NOT_SERVING ->
            add(
                "ZooKeeper member " + member.address() + " does not follow the others",
                "look again; if it stays so, see whether it reaches their ports, and read its log");
        case LEADER, FOLLOWER, OBSERVER, STANDALONE, NOT_TOLD -> {}
      }
    }
  }

  private static String addresses(List<ZooKeeperMember> members, Role role) {
    return members.stream()
        .filter(member -> member.role() == role)
        .map(member -> member.address().toString())
        .collect(Collectors.joining(", "));
  }

  private void brokers(Contents contents) {
    if (contents.catalog().brokers().isEmpty()) {
      add("no broker is registered", "start the nodes with the role broker");
    } else if (contents.catalog().controller().isEmpty()) {
      add(
          "no broker is elected as controller: nobody gives partitions to brokers",
          "look again in some seconds; if it stays so, read the brokers' logs");
    }
    for (int broker : contents.missing()) {
      add(
          "broker " + broker + " is not registered, and partitions have it among their replicas",
          "start node "
              + broker
              + "; if it will not come back, put its partitions on others with"
              + " kafka-reassign-partitions.sh");
    }
    List<String> leaderless = contents.leaderless();
    if (!leaderless.isEmpty()) {
      add(
          "%s no leader: %s"
              .formatted(plural(leaderless.size(), "partition has"), some(leaderless)),
          "look again in some seconds; if it stays so, read the log of the controller");
    }
  }

  private void bookies(Stores stores, OptionalInt wanted) {
    stores
        .gone()
        .forEach((bookie, ledgers) -> {
          if (stores.missed().contains(bookie)) {
            add(
                "bookie %s is gone%s"
                    .formatted(
                        bookie,
                        ledgers.isPresent()
                            ? ", and " + plural(ledgers.getAsInt(), "ledger has a copy on it")
                            : ""),
                "start its node; if its disk is lost, replace it: docs/operations.md");
          }
        });
    for (String bookie : stores.readOnly()) {
      add(
          "bookie " + bookie + " takes no new records",
          "make room on its disk, or replace the disk if its log tells of errors");
    }
    int accounted = stores.writable().size() + stores.readOnly().size() + stores.missed().size();
    if (wanted.isPresent() && accounted < wanted.getAsInt()) {
      add(
          "%s writable, and cluster.bookies is %d"
              .formatted(plural(stores.writable().size(), "bookie is"), wanted.getAsInt()),
          "start the nodes with the role bookie that are missing");
    }
  }

  private void ledgers(Stores stores) {
    if (!stores.any()) {
      return;
    }
    if (!stores.recovers()) {
      add(
          "auto-recovery is switched off: lost copies are not made again",
          "switch it on: bookkeeper shell autorecovery -enable");
    } else if (stores.auditor().isEmpty()) {
      add(
          "auto-recovery runs on no bookie: lost copies are not noticed",
          "look again in some seconds; if it stays so, read the bookies' logs");
    }
    int lacking = stores.underReplicated().size();
    int copying = stores.copying();
    if (lacking > 0) {
      add(
          "%s too few copies, %d being copied".formatted(plural(lacking, "ledger has"), copying),
          copying > 0
              ? "wait: bookies copy them by themselves"
              : "bookies copy them by themselves if there is one that has none yet; with no more"
                  + " bookies than copies, bring back the one that is gone, or replace it");
    }
  }

  private static String some(List<String> names) {
    String shown = String.join(", ", names.subList(0, Math.min(SHOWN, names.size())));
    return names.size() > SHOWN ? shown + " and " + (names.size() - SHOWN) + " more" : shown;
  }

  /** {@code 1 partition has}, {@code 2 partitions have}. */
  private static String plural(int count, String one) {
    if (count == 1) {
      return count + " " + one;
    }
    String[] words = one.split(" ", 3);
    String verb = words[1].equals("is") ? "are" : "have";
    return count + " " + words[0] + "s " + verb + (words.length > 2 ? " " + words[2] : "");
  }
}
