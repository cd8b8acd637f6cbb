package io.headwater.edge.mqtt;

import io.headwater.process.HostPort;

/**
 * Where MQTT is served.
 *
 * @param address port 0 takes any free port
 */
public record Endpoint(Transport transport, HostPort address) {}
