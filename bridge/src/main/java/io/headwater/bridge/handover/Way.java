package io.headwater.bridge.handover;

/**
 * The way of a gateway's message to here. What comes by one and the same way has lost nothing in
 * between: brokers acknowledge to gateways what they then have nobody to give to, and the inbox
 * drops what it has no room for.
 *
 * @param broker by which it came
 * @param connection which of the connections to that broker
 * @param losses which of the losses of this gateway's messages was the last before it
 */
record Way(String broker, int connection, long losses) {}
