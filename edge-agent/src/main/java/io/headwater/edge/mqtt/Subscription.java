package io.headwater.edge.mqtt;

import io.netty.handler.codec.mqtt.MqttSubscriptionOption;
import io.netty.handler.codec.mqtt.MqttSubscriptionOption.RetainedHandlingPolicy;

/**
 * What a client wants of a filter.
 *
 * @param retainHandling when retained messages follow: 0 always, 1 if the filter is new, 2 never
 * @param identifier 0 for none
 * @param since rows from this seq on are wanted
 */
record Subscription(
    int qos,
    boolean noLocal,
    boolean retainAsPublished,
    int retainHandling,
    int identifier,
    long since) {
  private static final int NO_LOCAL = 4;
  private static final int RETAIN_AS_PUBLISHED = 8;
  private static final int RETAIN_HANDLING = 4; // bits to the left

  static Subscription of(MqttSubscriptionOption option, int identifier) {
    RetainedHandlingPolicy handling = option.retainHandling();
    return new Subscription(
        option.qos().value(),
        option.isNoLocal(),
        option.isRetainAsPublished(),
        handling.value(),
        identifier,
        0);
  }

  Subscription from(long seq) {
    return new Subscription(qos, noLocal, retainAsPublished, retainHandling, identifier, seq);
  }

  /** From the options byte of a SUBSCRIBE, as it is kept. */
  static Subscription decode(int options, int identifier, long since) {
    return new Subscription(
        Math.min(2, options & 3),
        (options & NO_LOCAL) != 0,
        (options & RETAIN_AS_PUBLISHED) != 0,
        options >> RETAIN_HANDLING & 3,
        identifier,
        since);
  }

  int encode() {
    return qos
        | (noLocal ? NO_LOCAL : 0)
        | (retainAsPublished ? RETAIN_AS_PUBLISHED : 0)
        | retainHandling << RETAIN_HANDLING;
  }
}
