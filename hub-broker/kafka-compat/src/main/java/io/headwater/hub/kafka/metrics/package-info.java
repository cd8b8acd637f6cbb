/**
 * What an operator watches that no request counts: read from the catalog, the logs and the
 * coordinators.
 *
 * <p>What is cheap is read when it is scraped: offsets, sizes. Groups are asked for on the thread
 * {@code hub-metrics-0}, which also gives new topics and groups their series and takes those of
 * deleted ones away; see {@link io.headwater.hub.kafka.metrics.MetricsThread}. {@link
 * io.headwater.hub.kafka.metrics.MetricsSettings} bounds how many there are; what has none is
 * counted. {@link io.headwater.hub.kafka.metrics.ExporterPage} tells the same in kafka_exporter's
 * names.
 */
@NullMarked
package io.headwater.hub.kafka.metrics;

import org.jspecify.annotations.NullMarked;
