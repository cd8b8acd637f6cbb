package io.headwater.analytics;

import io.headwater.analytics.aggregate.Gateways;
import io.headwater.analytics.aggregate.Reading;
import io.headwater.analytics.decode.Undecodable;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.common.utils.Bytes;
import org.jspecify.annotations.Nullable;

/** Takes from each reading its key, its gateway, and what the aggregates need. */
final class ReadingUse implements ReadingTaker.Use {
  private final Readings readings;

  private final List<String> fields;

  ReadingUse(Readings readings, Windows windows) {
    this.readings = readings;
    this.fields = windows.layout().fields();
  }

  @Override
  public Outcome of(ReadingScope reading, byte @Nullable [] payload) throws Undecodable {
    Optional<Bytes> by =
        readings.by().isPresent()
            ? Optional.of(Keys.of(readings.by().get(), reading, "by"))
            : Optional.empty();
    double[] values = new double[fields.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = reading.number(fields.get(i));
    }
    byte[] gateway = reading.header(Backlogs.GATEWAY);
    return new Outcome.Taken(
        by.orElse(reading.key()),
        new Reading(
            reading.timeMs(), values, gateway == null ? Gateways.NONE : Gateways.of(gateway)));
  }
}
