/**
 * Queries over hub topics, declared in one YAML file and computed by Kafka Streams.
 *
 * <p><b>The file.</b> {@link io.headwater.analytics.QueryFile} turns it into {@link
 * io.headwater.analytics.Query} records, or into all of its errors at once. One {@code …Reader} per
 * part of a query: source, input, windows, output. Expressions are compiled and checked there.
 *
 * <p><b>The topology.</b> {@link io.headwater.analytics.QueryTopology} builds the Streams topology
 * of one query. {@link io.headwater.analytics.ReadingTaker} makes an {@link
 * io.headwater.analytics.Outcome} of each record: {@link io.headwater.analytics.ReadingDecoder}
 * takes a reading out of it and a {@code Use} says what the query is about. What is no reading goes
 * to the dead letters. {@link io.headwater.analytics.WindowTopology} puts readings, or the windows
 * of another query, into windows by event time; {@link io.headwater.analytics.WindowCloser} tells
 * each once, if it is to be final, and {@link io.headwater.analytics.ResultWriter} writes results;
 * {@link io.headwater.analytics.Gaps} tells it of which windows readings are missing.
 *
 * <p><b>The process.</b> {@link io.headwater.analytics.QueryRunner} keeps one Streams instance per
 * query alive: it makes missing topics, starts, and starts again after whatever failed. {@link
 * io.headwater.analytics.QueryAdmin} changes them while the process runs, and sees to it that no
 * state is taken for one of another definition. {@link io.headwater.analytics.Analytics} wires
 * these into the process.
 *
 * <p><b>History.</b> {@link io.headwater.analytics.BatchRun} takes the same topology through what
 * topics hold ({@link io.headwater.analytics.TopicHistory}), without a process or a hub to write
 * to. {@link io.headwater.analytics.Recomputer} does so for windows that are kept no more when
 * readings of theirs come: the topology writes such readings down ({@link
 * io.headwater.analytics.OverdueWriter}). A final window is told by one of the two: by the closer
 * as long as it is kept, by the recomputer afterwards.
 *
 * <p><b>Serving.</b> {@link io.headwater.analytics.HttpApi} serves windows out of the state ({@link
 * io.headwater.analytics.WindowService} finds the instance that holds them) and new results as they
 * come ({@link io.headwater.analytics.LiveFeed}); {@link io.headwater.analytics.Page} shows both.
 *
 * <p>Processing is exactly once ({@code exactly_once_v2}): state, results and source offsets move
 * in one hub transaction, so a killed process goes on where its last committed one ended.
 */
@NullMarked
package io.headwater.analytics;

import org.jspecify.annotations.NullMarked;
