package io.headwater.sim.local;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class HopsTest {
  private static final String METRICS =
      """
      # HELP hub_produce_records_total Records taken
      # TYPE hub_produce_records_total counter
      hub_produce_records_total{api="a b"} 12.0
      hub_produce_records_total{api="c"} 3.0
      hub_produce_records_total_other 99.0
      edge_uplink_depth_records 4.2E1
      """;

  @Test
  void sumsAMetricOverItsLabels() {
    assertThat(Hops.value(METRICS, "hub_produce_records_total")).hasValue(15);
    assertThat(Hops.value(METRICS, "edge_uplink_depth_records")).hasValue(42);
    assertThat(Hops.value(METRICS, "edge_log_appended_records_total")).isEmpty();
  }
}
