package io.headwater.edge.sparkplug;

import org.eclipse.tahu.protobuf.SparkplugBProto.Payload;

/** What a message of an edge node says, once it is believed. */
sealed interface NodeEvent {
  /**
   * A value.
   *
   * @param device empty for the node's own
   * @param timestamp of the metric, or of its message; milliseconds since 1970
   */
  record Value(
      String device, MetricTable.Definition definition, Payload.Metric metric, long timestamp)
      implements NodeEvent {}

  /**
   * The node, or a device, was born or has died: then none of its values holds any more.
   *
   * @param device empty for the node itself
   */
  record Presence(String device, boolean online, long timestamp) implements NodeEvent {}
}
