package io.headwater.hub.benchmark;

import java.util.List;

/** All that is measured. */
final class Rows {
  private static final String RATE = "MB/s";
  private static final String CPU = "broker CPU s/GB";

  /** Of these, only the hub is asked: the peer is not what they are held against. */
  static final List<Row> HUB_ALONE =
      List.of(
          new ConsumersRow(
              "consumers-1000",
              500,
              50,
              200,
              List.of(
                  Target.atMost("p99 ms", 100),
                  Target.atMost("more resident MB", 150),
                  Target.atMost("all back after a restart s", 20))),
          new PacedRow("partitions-1000", 1000, 5, 100, List.of(Target.atMost("p99 ms", 100))),
          new ManyPartitionsRow(
              "partitions-5000",
              5000,
              List.of(
                  Target.atMost("one record to each s", 10),
                  Target.atMost("clean start s", 15),
                  Target.atMost("start after SIGKILL s", 60),
                  Target.atMost("heap MB", 512))));

  static final List<Row> PAIRED =
      List.of(
          produce("produce-1k-1", 1, 1000, "none", 1.3),
          new ProduceRow(
              "produce-1k-12",
              12,
              1000,
              "none",
              List.of(Target.ratioAtLeast(RATE, 1.3), Target.ratioAtMost("resident MB", 0.5))),
          produce("produce-100b-1", 1, 100, "none", 1.2),
          produce("produce-100b-12", 12, 100, "none", 1.2),
          produce("produce-1k-lz4", 12, 1000, "lz4", 1.2),
          produce("produce-1k-zstd", 12, 1000, "zstd", 1.2),
          new ProduceRow(
              "produce-1m",
              1,
              1_000_000,
              "none",
              List.of(
                  new Target(
                      "MB/s, times what the disk forces of 1 MiB",
                      round -> round.hub().get(RATE) / round.disk().megabytesPerSecond(),
                      true,
                      0.8))),
          consume("consume-1k", 1000, 2_000_000_000L),
          consume("consume-100b", 100, 500_000_000L),
          new LatencyRow(
              "latency",
              1,
              1000,
              100,
              List.of(
                  new Target(
                      "p50 ms less Kafka's and one force",
                      round ->
                          round.hub().get("p50 ms")
                              - round.kafkaFigures().get("p50 ms")
                              - round.disk().forceMillis(),
                      false,
                      0),
                  Target.ratioAtMost("p99 ms", 1))),
          new StartRow("start", List.of(Target.ratioAtMost("start s", 0.4))));

  private static final Target SMALL_NODES = Target.atMost("resident MB", 512);

  /** Three nodes of each, which keep each record three times. */
  static final List<Row> CLUSTER =
      List.of(
          clusterProduce("cluster-produce-1k-1", 1, 1000, "none", 1.5),
          clusterProduce("cluster-produce-1k-12", 12, 1000, "none", 1.3),
          clusterProduce("cluster-produce-100b-12", 12, 100, "none", 2),
          clusterProduce("cluster-produce-1k-lz4", 12, 1000, "lz4", 1.5),
          new LatencyRow(
              "cluster-latency",
              1,
              1000,
              100,
              List.of(Target.ratioAtMost("p50 ms", 1), Target.ratioAtMost("p99 ms", 1))),
          new ConsumeRow(
              "cluster-consume-1k",
              12,
              1000,
              2_000_000_000L,
              List.of(Target.ratioAtLeast(RATE, 1))),
          new TailRow("cluster-tail-1k", 12, 1000, List.of(Target.ratioAtLeast(RATE, 1))));

  private Rows() {}

  private static Row clusterProduce(
      String name, int partitions, int size, String compression, double target) {
    return new ProduceRow(
        name,
        partitions,
        size,
        compression,
        List.of(Target.ratioAtLeast(RATE, target), SMALL_NODES));
  }

  private static Row produce(
      String name, int partitions, int size, String compression, double target) {
    return new ProduceRow(
        name, partitions, size, compression, List.of(Target.ratioAtLeast(RATE, target)));
  }

  private static Row consume(String name, int size, long bytes) {
    return new ConsumeRow(
        name, 12, size, bytes, List.of(Target.ratioAtLeast(RATE, 1), Target.ratioAtMost(CPU, 0.7)));
  }
}
