package io.headwater.hub.status;

import io.headwater.hub.bookkeeper.Stores;
import io.headwater.hub.status.ClusterStatus.Contents;
import io.headwater.hub.zookeeper.ZooKeeperMember.Role;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** Series for alarms, of what a {@link ClusterWatch} has seen; NaN if that is old, or unknown. */
final class ClusterWatchMetrics {
  private static final Duration OLD = Duration.ofSeconds(30);

  private final MeterRegistry registry;
  private final ClusterWatch watch;
  private final Duration old;

  ClusterWatchMetrics(MeterRegistry registry, ClusterWatch watch, Duration interval) {
    this.registry = registry;
    this.watch = watch;
    this.old = OLD.plus(interval);
    gauge(
        "missing",
        "brokers",
        "Brokers that are not there, and that partitions have among their replicas",
        contents -> contents.missing().size());
    bookies("writable", stores -> stores.writable().size());
    bookies("read-only", stores -> stores.readOnly().size());
    bookies("gone", stores -> stores.missed().size());
    gauge(
        "underreplicated",
        "ledgers",
        "Ledgers that lack copies",
        contents -> contents.stores().underReplicated().size());
    gauge(
        "copying",
        "ledgers",
        "Ledgers of which lost copies are being made again",
        contents -> contents.stores().copying());
    for (Role role : Role.values()) {
      members(role);
    }
    Gauge.builder("hub.cluster.problems", watch, ClusterWatchMetrics::problems)
        .description("What the page /cluster says is wrong")
        .baseUnit("problems")
        .register(registry);
    Gauge.builder("hub.cluster.look.age", watch, all -> all.age().toMillis() / 1e3)
        .description("Age of what was seen of the cluster")
        .baseUnit("seconds")
        .register(registry);
  }

  private void gauge(
      String name, String unit, String description, ToDoubleFunction<Contents> value) {
    Gauge.builder("hub.cluster." + name, watch, all -> value(all, value))
        .description(description)
        .baseUnit(unit)
        .register(registry);
  }

  private void bookies(String state, ToDoubleFunction<Stores> value) {
    Gauge.builder(
            "hub.cluster.bookies",
            watch,
            all -> value(all, contents -> value.applyAsDouble(contents.stores())))
        .description("Bookies; of those that are gone such as ledgers have a copy on")
        .baseUnit("bookies")
        .tag("state", state)
        .register(registry);
  }

  private void members(Role role) {
    Gauge.builder("hub.cluster.zookeeper", watch, all -> members(all, role))
        .description("Members of ZooKeeper, by what they do")
        .baseUnit("members")
        .tag("state", StatusText.word(role))
        .register(registry);
  }

  private double members(ClusterWatch watch, Role role) {
    ClusterStatus seen = fresh(watch);
    return seen == null
        ? Double.NaN
        : seen.zookeeper().stream().filter(member -> member.role() == role).count();
  }

  private double value(ClusterWatch watch, ToDoubleFunction<Contents> value) {
    ClusterStatus seen = fresh(watch);
    return seen == null ? Double.NaN : seen.contents().map(value::applyAsDouble).orElse(Double.NaN);
  }

  private @Nullable ClusterStatus fresh(ClusterWatch watch) {
    return watch.age().compareTo(old) > 0 ? null : watch.latest();
  }

  private static double problems(ClusterWatch watch) {
    ClusterStatus seen = watch.latest();
    return seen == null ? Double.NaN : seen.problems().size();
  }
}
