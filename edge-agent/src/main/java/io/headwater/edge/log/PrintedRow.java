package io.headwater.edge.log;

import io.headwater.uplink.StreamPartition;
import io.headwater.uplink.UplinkRecord;

/**
 * One row as {@code headwater edge log cat} shows it.
 *
 * @param seq its number in the whole log
 */
public record PrintedRow(long seq, StreamPartition partition, UplinkRecord record) {}
