/**
 * What a query tells of a window, and what must be kept to tell it.
 *
 * <p>{@link io.headwater.analytics.aggregate.Aggregate} is one thing told: {@code p95(celsius)}. It
 * needs a few {@link io.headwater.analytics.aggregate.Part}s of the field's state. {@link
 * io.headwater.analytics.aggregate.Layout} collects what all aggregates of a query need, so that a
 * window keeps a sketch only if somebody asked for a percentile.
 *
 * <p>States are immutable, mergeable and independent of how the readings were cut into merged
 * pieces, up to rounding: that is what session windows, downsampling and recomputation build on.
 * Their stored form begins with a version byte.
 */
@NullMarked
package io.headwater.analytics.aggregate;

import org.jspecify.annotations.NullMarked;
