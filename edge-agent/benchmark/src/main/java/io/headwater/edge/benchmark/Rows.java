package io.headwater.edge.benchmark;

import java.util.List;

/** What is measured. */
final class Rows {
  static final List<Row> ALL =
      List.of(
          new PublishRow("publish", false),
          new PublishRow("publish-offline-subscriber", true),
          new PubAckRow(),
          new KillRow(),
          new IdleRow(),
          new DeliveryRow());

  private Rows() {}
}
