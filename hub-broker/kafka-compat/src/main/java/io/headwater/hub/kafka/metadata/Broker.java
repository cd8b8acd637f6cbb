package io.headwater.hub.kafka.metadata;

import org.jspecify.annotations.Nullable;

/** A broker as clients reach it: its advertised host and port, and the rack it stands in. */
public record Broker(int id, String host, int port, @Nullable String rack) {}
