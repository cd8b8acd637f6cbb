package io.headwater.edge.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 30, unit = TimeUnit.SECONDS)
class RouteTableTest {
  private static final RouteRule BY_KIND =
      new RouteRule("sensors/+site/+device/+kind", "sensors.{kind}", "{device}");
  private static final RouteRule TEMPERATURE =
      new RouteRule("sensors/+site/+device/temperature", "temps", "{site}-{device}");
  private static final RouteRule REST = new RouteRule("sensors/#", "sensors", "all");

  @Test
  void mostSpecificRuleWinsWhateverTheOrder() {
    for (var rules :
        List.of(List.of(BY_KIND, TEMPERATURE, REST), List.of(REST, TEMPERATURE, BY_KIND))) {
      var table = new RouteTable(rules);

      assertThat(table.route("sensors/a/d/temperature").stream()).isEqualTo("temps");
      assertThat(table.route("sensors/a/d/temperature").key()).isEqualTo("a-d");
      assertThat(table.route("sensors/a/d/humidity").stream()).isEqualTo("sensors.humidity");
      assertThat(table.route("sensors/a").stream()).isEqualTo("sensors");
      assertThat(table.route("sensors").stream()).isEqualTo("sensors");
    }
  }

  @Test
  void aTopicByItsNameIsMoreThanAllBelowIt() {
    var exact = new RouteRule("sensors", "exact", "x");

    assertThat(new RouteTable(List.of(REST, exact)).route("sensors").stream()).isEqualTo("exact");
    assertThat(new RouteTable(List.of(REST, exact)).route("sensors/a").stream())
        .isEqualTo("sensors");
  }

  @Test
  void whatNoRuleTakesGoesToTheDefaultStream() {
    RouteTable.Routed routed = new RouteTable(List.of(BY_KIND)).route("other/topic");

    assertThat(routed.stream()).isEqualTo("mqtt");
    assertThat(routed.key()).isEqualTo("other/topic");
    assertThat(routed.why()).isEqualTo("no rule takes it");
  }

  @Test
  void impossibleStreamNamesGoToTheDefaultStream() {
    var table = new RouteTable(List.of(BY_KIND));

    assertThat(table.route("sensors/a/d/ä b").stream()).isEqualTo("mqtt");
    assertThat(table.route("sensors/a/d/" + "x".repeat(300)).stream()).isEqualTo("mqtt");
  }

  @Test
  void streamsAreCapped() {
    var table = new RouteTable(List.of(BY_KIND));
    for (int i = 0; i < RouteTable.MOST_STREAMS; i++) {
      assertThat(table.route("sensors/a/d/k" + i).stream()).isEqualTo("sensors.k" + i);
    }

    assertThat(table.route("sensors/a/d/onemore").stream()).isEqualTo("mqtt");
    assertThat(table.route("sensors/a/d/k7").stream()).isEqualTo("sensors.k7");
  }

  @Test
  void wildcardsDoNotMatchSystemTopics() {
    var table = new RouteTable(List.of(new RouteRule("#", "all", "x")));

    assertThat(table.route("$internal/x").stream()).isEqualTo("mqtt");
    assertThat(table.route("a/b").stream()).isEqualTo("all");
  }

  @Test
  void overlapsAndUnknownNamesAreFound() {
    var twin = new RouteRule("sensors/+a/+b/+c", "x", "{a}");

    assertThat(new RouteTable(List.of(BY_KIND, twin)).overlaps()).hasSize(1);
    assertThat(RouteTable.unknownNames(new RouteRule("a/+b", "{b}.{c}", "{b}")))
        .containsExactly("c");
  }

  @Test
  void partialOverlapsAreFoundAndSpecialCasesAreNot() {
    var left = new RouteRule("site/+b/temperature", "x", "x");
    var right = new RouteRule("+a/hall/temperature", "y", "y");
    var special = new RouteRule("site/hall/temperature", "z", "z");
    var other = new RouteRule("site/hall/+k", "k", "k");
    var all = new RouteRule("#", "all", "x");

    assertThat(new RouteTable(List.of(left, right)).overlaps())
        .containsExactly(
            "site/+b/temperature and +a/hall/temperature take some topics both; there the first"
                + " wins");
    assertThat(new RouteTable(List.of(left, special, all)).overlaps()).isEmpty();
    assertThat(new RouteTable(List.of(left, other)).overlaps()).hasSize(1);
    assertThat(new RouteTable(List.of(left, other)).route("site/hall/temperature").stream())
        .isEqualTo("k");
  }

  @Test
  void whatDevicesCallThemselvesIsNoTemplate() {
    assertThat(new RouteTable(List.of(BY_KIND)).route("sensors/lab/{kind}/temperature").key())
        .isEqualTo("{kind}");
  }

  @Test
  void devicesCannotReachTheHubsOwnTopics() {
    var table = new RouteTable(List.of(new RouteRule("+any/x", "{any}", "k")));

    assertThat(table.route("headwater-cursors/x").stream()).isEqualTo("mqtt");
    assertThat(table.route("__consumer_offsets/x").stream()).isEqualTo("mqtt");
    assertThat(table.route("kitchen/x").stream()).isEqualTo("kitchen");
  }

  @Test
  void streamsOfAnEarlierRunCount() {
    var known = new HashSet<String>();
    for (int i = 0; i < RouteTable.MOST_STREAMS; i++) {
      known.add("old-" + i);
    }
    var table = new RouteTable(List.of(new RouteRule("+any/x", "{any}", "k")), known);

    assertThat(table.route("new/x").stream()).isEqualTo("mqtt");
    assertThat(table.route("old-7/x").stream()).isEqualTo("old-7");
  }

  private static RouteRule ordered(String topic, String stream, @Nullable SendOrder order) {
    return new RouteRule(
        topic, stream, "k", Optional.ofNullable(order), Optional.empty(), Optional.empty());
  }

  @Test
  void streamHasTheOrderThatARouteSays() {
    var table =
        new RouteTable(
            List.of(
                ordered("a/+kind", "a.{kind}", SendOrder.NEWEST_FIRST),
                ordered("a/x", "a.x", null),
                ordered("a/y", "a.y", SendOrder.interleave(3, 1)),
                ordered("b/y", "a.y", null)));

    assertThat(table.order("a.z")).contains(SendOrder.NEWEST_FIRST);
    assertThat(table.order("a.x")).as("its own route says nothing").isEmpty();
    assertThat(table.order("a.y")).contains(SendOrder.interleave(3, 1));
    assertThat(table.order("mqtt")).isEmpty();
  }

  @Test
  void routesThatContradictEachOtherAreFound() {
    RouteRule newest = ordered("a/#", "plant", SendOrder.NEWEST_FIRST);
    RouteRule oldest = ordered("b/#", "plant", SendOrder.OLDEST_FIRST);
    RouteRule silent = ordered("c/#", "plant", null);
    RouteRule kinds = ordered("+site/+kind", "{site}.temp", SendOrder.OLDEST_FIRST);
    RouteRule temps = ordered("x/+kind", "x.{kind}", SendOrder.NEWEST_FIRST);
    RouteRule others = ordered("y/+kind", "y.{kind}.all", SendOrder.NEWEST_FIRST);

    assertThat(RouteTable.conflictingOrders(List.of(newest, silent, oldest)))
        .singleElement()
        .asString()
        .contains("routes a/# and b/# feed the stream plant")
        .contains("'order: newest-first'")
        .contains("'order: oldest-first'")
        .contains("give both the same or streams of their own");
    assertThat(RouteTable.conflictingOrders(List.of(newest, silent, newest))).isEmpty();
    assertThat(RouteTable.conflictingOrders(List.of(kinds, temps)))
        .singleElement()
        .asString()
        .contains("routes +site/+kind and x/+kind may feed the same stream");
    assertThat(RouteTable.conflictingOrders(List.of(kinds, others))).isEmpty();
    assertThat(RouteTable.conflictingOrders(List.of(kinds, newest)))
        .as("a plain name decides")
        .isEmpty();
  }

  @Test
  void ordersAreReadAndWrittenAlike() {
    for (String text : List.of("oldest-first", "newest-first", "interleave 3:1")) {
      assertThat(SendOrder.parse(text)).hasToString(text);
    }
    for (String text : List.of("newest", "interleave", "interleave 0:1", "interleave 1:1001")) {
      assertThatThrownBy(() -> SendOrder.parse(text))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("interleave");
    }
  }
}
