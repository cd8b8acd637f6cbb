package io.headwater.edge;

import io.headwater.edge.clock.DeviceClock;
import io.headwater.edge.log.Append;
import io.headwater.edge.log.StateChange;
import io.headwater.edge.mqtt.Publish;
import io.headwater.edge.mqtt.PublishSink;
import io.headwater.edge.route.Dedupe;
import io.headwater.edge.route.RouteTable;
import io.headwater.uplink.StreamPartition;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** Makes of each publish the reading that its route wants. Thread-safe. */
final class PublishRouting implements PublishSink {
  private static final int LONGEST_ID = 200;

  private final Supplier<RouteTable> routes;
  private final DeviceClock clock;
  private final Predicate<Append> log;
  private final Counter withoutId;

  /**
   * @param routes those in force
   * @param log takes a reading; false if there is no room
   */
  PublishRouting(
      Supplier<RouteTable> routes,
      DeviceClock clock,
      Predicate<Append> log,
      MeterRegistry registry) {
    this.routes = routes;
    this.clock = clock;
    this.log = log;
    this.withoutId =
        Counter.builder("edge.route.without.id")
            .description(
                "Publishes of routes with dedupe that have no identifier, or one of more than "
                    + LONGEST_ID
                    + " characters: each is a reading of its own")
            .register(registry);
  }

  @Override
  public boolean offer(Publish publish) {
    RouteTable.Routed routed = routes.get().route(publish.topic());
    return log.test(
        new Append(
            new StreamPartition(routed.stream(), 0),
            routed.key().getBytes(StandardCharsets.UTF_8),
            publish.payload(),
            clock.now(),
            publish.topic(),
            publish.clientId(),
            publish.attributes(),
            routed.durability(),
            routed.whenFull(),
            also(publish, routed.dedupe()),
            publish.done()));
  }

  private List<StateChange> also(Publish publish, Optional<Dedupe> dedupe) {
    if (dedupe.isEmpty()) {
      return publish.also();
    }
    Optional<String> id = id(publish, dedupe.get()).filter(each -> each.length() <= LONGEST_ID);
    if (id.isEmpty()) {
      withoutId.increment();
      return publish.also();
    }
    var also = new ArrayList<StateChange>(publish.also());
    also.add(new StateChange.RememberId(id.get(), dedupe.get().window().toMillis()));
    return also;
  }

  private static Optional<String> id(Publish publish, Dedupe dedupe) {
    return dedupe
        .property()
        .flatMap(publish::userProperty)
        .or(() -> dedupe.pointer().flatMap(pointer -> pointer.read(publish.payload())))
        .filter(id -> !id.isEmpty());
  }
}
