package io.headwater.hub.peers;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.testsupport.OutsideSoftware;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What {@code docs/examples} tells users to type, typed. */
@Timeout(value = 240, unit = TimeUnit.SECONDS)
class ExamplesIT {
  private static final String TOPIC = "sensors.temperature";

  /** Commands of the backend services' READMEs; the last one starts the service. */
  private static final int CREATE = 0;

  private static final int PRODUCE = 1;
  private static final int BUILD = 2;

  @TempDir private static Path shared;
  private static PeerHub hub;
  private static Admin admin;

  @TempDir private Path folder;

  @BeforeAll
  static void start() {
    hub = PeerHub.start(shared);
    admin = Admin.create(Map.of("bootstrap.servers", hub.address()));
  }

  @AfterAll
  static void stop() {
    admin.close();
    hub.close();
  }

  @AfterEach
  void deleteTopics() throws Exception {
    admin.deleteTopics(admin.listTopics().names().get()).all().get();
  }

  private Example example(String name) {
    return new Example(name, folder, hub.address());
  }

  @Test
  void theIndexNamesEachExample() throws IOException {
    String index = Files.readString(Example.originals().resolve("README.md"));
    try (Stream<Path> entries = Files.list(Example.originals())) {
      List<String> names =
          entries.filter(Files::isDirectory).map(each -> each.getFileName().toString()).toList();
      assertThat(names).hasSize(6);
      assertThat(index).contains(names.stream().map(name -> "(" + name + "/README.md)").toList());
    }
  }

  @Test
  void activityTrackingTakesThreeCommands() throws IOException {
    Example tracking = example("activity-tracking");
    assertThat(tracking.commands()).hasSize(3);

    tracking.run(0);
    assertThat(tracking.run(1))
        .contains("topic 'activity.page-views'", "topic 'activity.searches'", "5 records");
    List<String> read = tracking.run(2).lines().toList();

    List<String> orders = Files.readAllLines(tracking.file("orders.txt"));
    assertThat(read).hasSize(2 * orders.size());
    for (List<String> ofOneGroup :
        List.of(read.subList(0, orders.size()), read.subList(orders.size(), read.size()))) {
      assertThat(ofOneGroup).containsExactlyInAnyOrderElementsOf(orders);
      assertThat(beginningWith("ada ", ofOneGroup)).isEqualTo(beginningWith("ada ", orders));
    }
    assertThat(tracking.run(2)).isEmpty();
    Peer.ok("activity tracking: two groups, each with all orders, once");
  }

  private static List<String> beginningWith(String prefix, List<String> lines) {
    return lines.stream().filter(line -> line.startsWith(prefix)).toList();
  }

  @Test
  void metricsTakeThreeCommands() throws Exception {
    Example metrics = example("metrics");
    assertThat(metrics.commands()).hasSize(3);

    metrics.run(0);
    assertThat(metrics.run(1)).contains("27 records acknowledged");
    List<String> newest = metrics.run(2).lines().toList();

    var expected = new ArrayList<String>();
    for (String host : List.of("db1", "web1", "web2")) {
      for (String metric : List.of("disk-used-percent", "load1", "memory-used-percent")) {
        expected.add(host + "/" + metric);
      }
    }
    assertThat(newest).allMatch(line -> line.matches("\\S+ [0-9.]+"));
    assertThat(newest.stream().map(line -> line.split(" ")[0])).containsExactlyElementsOf(expected);
    Peer.ok("metrics: the newest value of each metric of three hosts");
  }

  @Test
  void logAggregationTakesThreeCommands() throws IOException {
    Example logs = example("log-aggregation");
    assertThat(logs.commands()).hasSize(3);

    logs.run(0);
    logs.run(1);

    assertThat(logs.run(2)).isEqualTo(Files.readString(logs.file("web2.log")));
    Peer.ok("log aggregation: the lines of a host, in order");
  }

  @Test
  void servicesShareTheWorkAndTakeOverFromOneThatIsKilled() throws Exception {
    Example java = javaService("java");
    Example python = pythonService("python");
    // Commands and readings are the same, so once will do.
    assertThat(python.commands().subList(CREATE, BUILD))
        .isEqualTo(java.commands().subList(CREATE, BUILD));
    assertThat(python.file("readings.txt")).hasSameTextualContentAs(java.file("readings.txt"));
    java.run(CREATE);
    assertThat(java.run(PRODUCE)).contains("120 records acknowledged");
    var sent = new HashMap<String, Long>();
    Files.readAllLines(java.file("readings.txt"))
        .forEach(line -> sent.merge(line.split(" ")[0], 1L, Long::sum));

    // All at once: after a kill there is little to do but to wait.
    try (var feed = new Feed(hub.address(), TOPIC);
        var javas = new ServicePair(java, javaService("java"));
        var pythons = new ServicePair(python, pythonService("python"));
        var pythonLast = new ServicePair(javaService("mixed"), pythonService("mixed"));
        var javaLast = new ServicePair(pythonService("mixed-too"), javaService("mixed-too"))) {
      List<ServicePair> pairs = List.of(javas, pythons, pythonLast, javaLast);
      pairs.forEach(ServicePair::startFirst);
      pairs.forEach(ServicePair::startSecond);
      feed.start();
      pairs.forEach(ServicePair::killFirst);
      pairs.forEach(ServicePair::awaitTakeover);
      feed.stop().forEach((device, count) -> sent.merge(device, count, Long::sum));
      for (ServicePair pair : pairs) {
        pair.awaitCounts(sent);
        pair.stopSecond();
        assertThat(committed(pair.group())).isEqualTo(ends());
      }
    }
    Peer.ok("services: share partitions, in one language and in two");
    Peer.ok("services: one is killed, the other takes over; each reading counts once");
  }

  private Example javaService(String group) throws IOException {
    Example service = service("backend-service-java", group);
    Path target = shared.resolve("backend-service-java").resolve("target");
    if (!Files.exists(target)) {
      OutsideSoftware.find("mvn");
      new Example("backend-service-java", shared, hub.address())
          .with("MAVEN_OPTS", "-Dmaven.repo.local=" + System.getProperty("localRepository"))
          .run(BUILD);
    }
    Files.createSymbolicLink(service.file("target"), target);
    return service;
  }

  private Example pythonService(String group) throws IOException {
    Path programs = Files.createTempDirectory(folder, "programs");
    Files.createSymbolicLink(programs.resolve("python3"), Peer.pythonWithKafka(folder));
    return service("backend-service-python", group).addToPath(programs);
  }

  /** Each in a folder of its own; the members of a group have one database. */
  private Example service(String name, String group) throws IOException {
    return new Example(name, Files.createTempDirectory(folder, group), hub.address())
        .with("GROUP", group)
        .with("DATABASE", folder.resolve(group + ".db").toString());
  }

  private static Map<TopicPartition, Long> committed(String group) throws Exception {
    var committed = new HashMap<TopicPartition, Long>();
    admin
        .listConsumerGroupOffsets(group)
        .partitionsToOffsetAndMetadata()
        .get()
        .forEach((partition, offset) -> committed.put(partition, offset.offset()));
    return committed;
  }

  private static Map<TopicPartition, Long> ends() throws Exception {
    var latest = new HashMap<TopicPartition, OffsetSpec>();
    for (int i = 0; i < 6; i++) {
      latest.put(new TopicPartition(TOPIC, i), OffsetSpec.latest());
    }
    var ends = new HashMap<TopicPartition, Long>();
    admin
        .listOffsets(latest)
        .all()
        .get()
        .forEach((each, end) -> {
          if (end.offset() > 0) {
            ends.put(each, end.offset());
          }
        });
    return ends;
  }
}
