/**
 * Windowed aggregates over hub topics, declared in one YAML file and computed by Kafka Streams.
 *
 * <p>{@link io.headwater.analytics.QueryFile} turns the file into {@link
 * io.headwater.analytics.Query} records, or into all of its errors at once. {@link
 * io.headwater.analytics.QueryTopology} builds the Streams topology of one query: readings are
 * decoded and placed in event time, aggregated by key and window, and every change of a window is
 * written as JSON. {@link io.headwater.analytics.QueryRunner} keeps one Streams instance per query
 * alive: it makes missing topics, starts, and starts again after whatever failed. {@link
 * io.headwater.analytics.QueryAdmin} changes them while the process runs, and sees to it that no
 * state is taken for one of another definition. {@link io.headwater.analytics.Analytics} wires
 * these into the process.
 *
 * <p>{@link io.headwater.analytics.HttpApi} serves windows out of the state ({@link
 * io.headwater.analytics.WindowService} finds the instance that holds them) and new results as they
 * come ({@link io.headwater.analytics.LiveFeed}); {@link io.headwater.analytics.Page} shows both.
 *
 * <p>Processing is exactly once ({@code exactly_once_v2}): state, results and source offsets move
 * in one hub transaction, so a killed process goes on where its last committed one ended.
 */
@NullMarked
package io.headwater.analytics;

import org.jspecify.annotations.NullMarked;
