/**
 * What a Kafka Streams topology in Java needs to run beside declared queries: {@link
 * io.headwater.analytics.api.OwnTopology} is what the process finds it by, {@link
 * io.headwater.analytics.api.EventTime} the time of readings that came through a gateway. All else
 * is Kafka's own library. {@code examples/own-topology} is one.
 */
@NullMarked
package io.headwater.analytics.api;

import org.jspecify.annotations.NullMarked;
