package io.headwater.uplink;

/**
 * One partition of one stream of an edge log.
 *
 * @param stream also the hub topic; by Kafka's rule for names
 * @param partition from 0
 */
public record StreamPartition(String stream, int partition) implements Comparable<StreamPartition> {
  public StreamPartition {
    if (partition < 0) {
      throw new IllegalArgumentException("partition " + partition + " of " + stream + " < min 0");
    }
  }

  @Override
  public int compareTo(StreamPartition other) {
    int byStream = stream.compareTo(other.stream);
    return byStream != 0 ? byStream : Integer.compare(partition, other.partition);
  }

  @Override
  public String toString() {
    return stream + "/" + partition;
  }
}
