package io.headwater.analytics;

import static io.headwater.analytics.TopologyRun.T0;
import static io.headwater.analytics.TopologyRun.json;
import static io.headwater.analytics.TopologyRun.utf8;
import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.testsupport.Seed;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Objects;
import java.util.random.RandomGenerator;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.streams.test.TestRecord;
import org.assertj.core.groups.Tuple;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** From records to readings, and queries that answer each reading by itself. */
@Timeout(60)
class ReadingsTest {
  @TempDir private Path folder;
  private @Nullable TopologyRun run;

  @AfterEach
  void close() {
    run().close();
  }

  @Test
  void convertsUnitsAndLeavesReadingsOut() {
    open(
        """
        value: $.t
        fields:
          site: {path: $.site, type: text}
          fahrenheit: value * 9 / 5 + 32
          warm: fahrenheit > 70
        where: site != 'lab'
        """);
    publish("a", "{\"t\":20,\"site\":\"roof\"}");
    publish("b", "{\"t\":30,\"site\":\"lab\"}");
    publish("c", "{\"t\":30,\"site\":\"hall\"}");

    assertThat(run().results())
        .extracting(TestRecord::key, TestRecord::value)
        .containsExactly(
            Tuple.tuple(
                "a",
                "{\"query\":\"q\",\"key\":\"a\",\"time\":\"2023-11-14T22:13:20Z\",\"value\":20.0,"
                    + "\"site\":\"roof\",\"fahrenheit\":68.0,\"warm\":false}"),
            Tuple.tuple(
                "c",
                "{\"query\":\"q\",\"key\":\"c\",\"time\":\"2023-11-14T22:13:20Z\",\"value\":30.0,"
                    + "\"site\":\"hall\",\"fahrenheit\":86.0,\"warm\":true}"));
    assertThat(run().count("analytics.left.out")).isEqualTo(1);
  }

  @Test
  void noPayloadKeepsAQueryBusy() {
    open(
        """
        value: $.v
        fields:
          same: payload.list.exists(a, payload.list.exists(b, a + b == 0.5))
        """);
    publish("a", "{\"v\":1,\"list\":[1,2]}");
    publish("b", "{\"v\":1,\"list\":[" + "1,".repeat(1_000) + "1]}");

    assertThat(run().json())
        .extracting(answer -> answer.get("key").textValue() + " " + answer.get("same"))
        .containsExactly("a false", "b null"); // given up
  }

  /** Whatever devices send, it is a reading, left out, or a dead letter. */
  @Test
  void garbageStopsNoQuery() {
    Seed seed = Seed.next();
    RandomGenerator random = seed.random();
    open(
        """
        value: [$.v, $]
        fields:
          twice: value * 2
          long: size(payload.list)
          any: payload.list.exists(a, payload.list.exists(b, a == b && a == 'x'))
          when: timestamp(string(payload.at)) > time
          word: {path: $.word, type: text}
        where: word.matches('(a*)*b') || twice > 1
        by: key + word
        window: {session: 10s}
        aggregates: [count, p95(twice), sum(long), sum, time_weighted_mean]
        having: sum > 0
        """);
    String[] parts = {
      "{",
      "}",
      "[",
      "]",
      ":",
      ",",
      "\"v\"",
      "\"list\"",
      "\"at\"",
      "\"word\"",
      "1e999",
      "-0",
      "NaN",
      "9223372036854775808",
      "null",
      "true",
      "\"x\"",
      "\"2026-13-45T99:99:99Z\"",
      "\"\\u0000\""
    };
    int sent = 2_000;
    for (int i = 0; i < sent; i++) {
      byte[] payload;
      if (random.nextInt(4) == 0) {
        payload = new byte[random.nextInt(60)];
        random.nextBytes(payload);
      } else if (random.nextInt(100) == 0) {
        payload = utf8("[".repeat(5_000));
      } else if (random.nextInt(100) == 0) {
        payload =
            utf8(
                "{\"v\":1,\"word\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\",\"list\":["
                    + "1,".repeat(1_000)
                    + "1]}");
      } else {
        var text = new StringBuilder(random.nextBoolean() ? "{\"v\":" : "");
        for (int part = random.nextInt(12); part > 0; part--) {
          text.append(parts[random.nextInt(parts.length)]);
        }
        payload = utf8(text.append(random.nextBoolean() ? "}" : "").toString());
      }
      try {
        run()
            .publish(
                new TestRecord<>(
                    "k" + i % 3, payload, Instant.ofEpochMilli(T0 + random.nextInt(60_000))));
      } catch (RuntimeException e) {
        throw new AssertionError(seed + ": " + new String(payload, StandardCharsets.UTF_8), e);
      }
    }
    assertThat(run().count("analytics.readings")).as("%s", seed).isEqualTo(sent);
    assertThat(run().results("analytics.dead-letters")).as("%s", seed).hasSizeGreaterThan(sent / 2);
  }

  @Test
  void leavesOutWhatAHeaderMarks() {
    open("where: \"!('refetch' in header)\"\nto: {format: number}\n");
    var reading = new TestRecord<>("a", utf8("1"), Instant.ofEpochMilli(T0));
    reading.headers().add("refetch", utf8("command"));
    run().publish(reading);
    publish("a", "2");

    assertThat(run().results()).extracting(TestRecord::value).containsExactly("2.0");
    assertThat(run().count("analytics.left.out")).isEqualTo(1);
  }

  @Test
  void routesByTheFirstConditionThatHolds() {
    open(
        """
        routes:
          - {when: value > 90, to: alarms}
          - {when: value > 70, to: warnings}
        to: {topic: rest, format: payload, key: "key + '/t'"}
        """);
    publish("a", "95");
    publish("a", "75 ");
    publish("a", "5");

    assertThat(run().results("alarms")).extracting(TestRecord::value).containsExactly("95");
    assertThat(run().results("warnings")).extracting(TestRecord::value).containsExactly("75 ");
    assertThat(run().results("rest"))
        .singleElement()
        .satisfies(rest -> {
          assertThat(rest.key()).isEqualTo("a/t");
          assertThat(rest.value()).isEqualTo("5");
        });
  }

  @Test
  void answersKeepTheReadingsTimeAndHeaders() {
    open("");
    var reading = new TestRecord<>("a", utf8("1"), Instant.ofEpochMilli(T0 + 3_600_000));
    reading.headers().add("captured", utf8(Long.toString(T0)));
    run().publish(reading);

    TestRecord<String, String> answer = run().results().getFirst();
    assertThat(answer.timestamp()).isEqualTo(T0);
    assertThat(answer.headers().lastHeader("captured").value()).isEqualTo(utf8(Long.toString(T0)));
  }

  @Test
  void readsCsvLinesByTheNamesOfTheirColumns() {
    open(
        """
        decode: {csv: [device, t, note], separator: ";"}
        value: $.t
        fields: {note: {path: $.note, type: text}}
        to: {topic: out, format: csv}
        """);
    publish("a", "dev1;21.5;\"good, or;so\"\n");
    publish("a", "dev1;-3");
    publish("a", "dev1;x;y");
    publish("a", "dev1;1;y;z");
    publish("a", "dev1;1\ndev1;2");

    assertThat(run().results("out"))
        .extracting(TestRecord::value)
        .containsExactly(
            "a,2023-11-14T22:13:20Z,21.5,\"good, or;so\"", "a,2023-11-14T22:13:20Z,-3.0,");
    assertThat(run().undecodable("not-csv")).isEqualTo(2);
    assertThat(run().undecodable("no-number")).isEqualTo(1);
  }

  @Test
  void readsBareNumbers() {
    open("decode: number\nto: {topic: out, format: number}\n");
    for (String payload : new String[] {" 21.5\n", "+1e3", ".5", "1d", "0x1p3", "NaN", "1e999"}) {
      publish("a", payload);
    }

    assertThat(run().results("out"))
        .extracting(TestRecord::value)
        .containsExactly("21.5", "1000.0", "0.5");
    assertThat(run().undecodable("no-number")).isEqualTo(4);
  }

  @Test
  void aggregatesFieldsAndCountsOnlyReadingsThatHaveThem() {
    open(
        """
        fields: {t: $.t, h: $.h, both: t + h}
        window: {tumbling: 10s}
        aggregates: [count, count(h), mean(t), max(both)]
        """);
    publish("a", "{\"t\":1,\"h\":10}");
    publish("a", "{\"t\":3}");

    assertThat(run().json().getLast().toString())
        .endsWith("\"count\":2,\"h_count\":1,\"t_mean\":2.0,\"both_max\":11.0}");
  }

  @Test
  void takesAnotherKeyThroughARepartitionTopic() {
    open(
        """
        value: $.v
        by: payload.site
        window: {tumbling: 10s}
        aggregates: sum
        """);
    publish("a", "{\"v\":1,\"site\":\"x\"}");
    publish("b", "{\"v\":2,\"site\":\"x\"}");
    publish("b", "{\"v\":4}");

    assertThat(run().results())
        .last()
        .satisfies(result -> {
          assertThat(result.key()).isEqualTo("x");
          assertThat(json(result.value()).get("sum").doubleValue()).isEqualTo(3);
        });
    assertThat(run().undecodable("no-key")).isEqualTo(1);
  }

  @Test
  void looksUpTheDevicesRow() {
    open(
        """
        table: {topic: devices, as: device, on: "header['gateway'] + '/' + key", required: true}
        by: device.site
        window: {tumbling: 10s}
        aggregates: sum
        """);
    run().publish("devices", "g/a", "{\"site\":\"roof\"}", T0);
    for (String key : new String[] {"a", "unknown"}) {
      var reading = new TestRecord<>(key, utf8("1"), Instant.ofEpochMilli(T0));
      reading.headers().add("gateway", utf8("g"));
      run().publish(reading);
    }

    assertThat(run().results()).extracting(TestRecord::key).containsExactly("roof");
    assertThat(run().count("analytics.left.out")).isEqualTo(1);
  }

  @Test
  void putsReadingsOfAnotherStreamBesideThoseOfTheSameKeyAndTime() {
    open(
        """
        join: {topic: humidity, as: h, within: 2s}
        fields: {humidity: double(h.value), sum: value + humidity}
        """);
    run().publish("humidity", "a", "{\"value\":50}", T0);
    run().publish("humidity", "b", "{\"value\":60}", T0);
    run().publish("in", "a", "1", T0 + 2_000);
    run().publish("in", "b", "1", T0 + 2_001);
    run().publish("in", "c", "1", T0);

    assertThat(run().json())
        .singleElement()
        .satisfies(answer -> assertThat(answer.get("sum").doubleValue()).isEqualTo(51));
  }

  @Test
  void writesWhatIsNoReadingToTheDeadLettersWithItsCause() {
    open("where: payload.ok\nvalue: $.v\ndead-letters: bad\n");
    publish("a", "{\"v\":1,");
    publish("a", "{\"v\":\"x\",\"ok\":true}");
    publish("a", "{\"v\":1}");
    publish(null, "1");
    publish("a", "{\"v\":1,\"ok\":true}");

    assertThat(run().results()).hasSize(1);
    assertThat(run().results("bad"))
        .extracting(
            TestRecord::key,
            TestRecord::value,
            letter -> header(letter, "analytics.reason"),
            letter -> header(letter, "analytics.source"))
        .containsExactly(
            Tuple.tuple("a", "{\"v\":1,", "not-json", "in:0:0"),
            Tuple.tuple("a", "{\"v\":\"x\",\"ok\":true}", "no-number", "in:0:1"),
            Tuple.tuple("a", "{\"v\":1}", "no-field", "in:0:2"),
            Tuple.tuple(null, "1", "no-key", "in:0:3"));
  }

  @Test
  void readsAllTopicsOfAPattern() {
    run =
        new TopologyRun(
            folder,
            TopologyRun.query("- {name: q, from: {pattern: 'sensors\\..*'}, fields: {t: $.t}}"));
    run().publish("sensors.a", "a", "{\"t\":1}", T0);
    run().publish("sensors.b", "b", "{\"t\":2}", T0);

    assertThat(run().results()).extracting(TestRecord::key).containsExactly("a", "b");
  }

  private void open(String lines) {
    run =
        new TopologyRun(
            folder, TopologyRun.query("- name: q\n  from: in\n" + lines.indent(2) + "\n"));
  }

  private void publish(@Nullable String key, String payload) {
    run().publish("in", key, payload, T0);
  }

  private static String header(TestRecord<String, String> record, String name) {
    Header header = record.headers().lastHeader(name);
    return new String(header.value(), StandardCharsets.UTF_8);
  }

  private TopologyRun run() {
    return Objects.requireNonNull(run);
  }
}
