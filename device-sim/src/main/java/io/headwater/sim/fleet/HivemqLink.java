package io.headwater.sim.fleet;

import com.hivemq.client.mqtt.exceptions.MqttClientStateException;
import com.hivemq.client.mqtt.mqtt3.exceptions.Mqtt3ConnAckException;
import com.hivemq.client.mqtt.mqtt3.message.connect.connack.Mqtt3ConnAckReturnCode;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5ConnAckException;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5DisconnectException;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5PubAckException;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5PubRecException;
import com.hivemq.client.mqtt.mqtt5.message.connect.connack.Mqtt5ConnAckReasonCode;
import io.headwater.sim.fleet.Failure.Kind;
import io.netty.channel.EventLoop;
import java.util.concurrent.CompletionException;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * A link with HiveMQ's client, which keeps the session itself: what it cannot finish over later
 * connections it gives up. It offers no way to break a connection without a word, so {@link
 * #breakOff} says DISCONNECT.
 */
final class HivemqLink implements Link {
  /** Messages that the client may hold at QoS 0; its own queue has no bound. */
  private static final int MOST_QUEUED = 256;

  private final Owner owner;
  private final int qos;
  private final EventLoop loop;
  private final HivemqSession session;
  private boolean connectedBefore;
  private boolean open;
  private boolean closed;
  private int queued;
  private @Nullable Failure failure;

  HivemqLink(Owner owner, int qos, EventLoop loop, HivemqLinks links, String device) {
    this.owner = owner;
    this.qos = qos;
    this.loop = loop;
    session = links.session(device, why -> onLoop(() -> ended(failure(why))));
  }

  private void onLoop(Runnable body) {
    if (!loop.isShuttingDown()) {
      loop.execute(() -> {
        if (!closed) {
          body.run();
        }
      });
    }
  }

  @Override
  public void open() {
    open = true;
    session
        .connect(!(connectedBefore && qos == 2))
        .whenComplete((allowed, thrown) ->
            onLoop(() -> {
              if (thrown == null) {
                accepted(allowed);
              } else if (cause(thrown) instanceof MqttClientStateException) {
                ended(failure(thrown)); // of all others the client's listener is told
              }
            }));
  }

  private void accepted(HivemqSession.Allowed allowed) {
    if (allowed.maximumQos() < qos) {
      failure = new Failure(Kind.QOS, "takes QoS " + allowed.maximumQos() + " at most");
      session.disconnect();
    } else {
      connectedBefore = true;
      owner.opened(true, allowed.receiveMaximum());
    }
  }

  private void ended(Failure why) {
    if (open) {
      open = false;
      Failure known = failure;
      failure = null;
      owner.closed(known == null ? why : known);
    }
  }

  @Override
  public boolean isWritable() {
    return open && queued < MOST_QUEUED;
  }

  @Override
  public void publish(Delivery delivery) {
    queued++;
    int attempt = delivery.attempt;
    session
        .publish(owner.payload(delivery))
        .whenComplete((_, thrown) ->
            onLoop(() -> {
              queued--;
              if (qos > 0 && delivery.attempt == attempt) {
                finished(delivery, thrown);
              }
              owner.ready();
            }));
  }

  private void finished(Delivery delivery, @Nullable Throwable thrown) {
    if (thrown == null) {
      owner.acknowledged(delivery);
      return;
    }
    switch (cause(thrown)) {
      case Mqtt5PubAckException answer ->
          owner.refused(delivery, answer.getMqttMessage().getReasonCode().getCode());
      case Mqtt5PubRecException answer ->
          owner.refused(delivery, answer.getMqttMessage().getReasonCode().getCode());
      default -> owner.failed(delivery);
    }
  }

  @Override
  public void flush() {
    // The client does.
  }

  @Override
  public void tick(long now) {
    // The client keeps its connection alive.
  }

  @Override
  public void breakOff() {
    failure = new Failure(Kind.ENDED, "given up");
    session.disconnect();
  }

  @Override
  public void close() {
    closed = true;
    session.disconnect();
  }

  private static Failure failure(Throwable thrown) {
    Throwable cause = cause(thrown);
    for (Throwable inner = cause; inner != null; inner = inner.getCause()) {
      if (inner instanceof SSLException) {
        return new Failure(Kind.TLS, String.valueOf(inner.getMessage()));
      }
    }
    return switch (cause) {
      case Mqtt3ConnAckException answer -> {
        Mqtt3ConnAckReturnCode code = answer.getMqttMessage().getReturnCode();
        yield new Failure(
            code == Mqtt3ConnAckReturnCode.BAD_USER_NAME_OR_PASSWORD
                    || code == Mqtt3ConnAckReturnCode.NOT_AUTHORIZED
                ? Kind.CREDENTIALS
                : Kind.REFUSED,
            Packets.words(code.name()) + ", code " + code.getCode());
      }
      case Mqtt5ConnAckException answer -> {
        Mqtt5ConnAckReasonCode code = answer.getMqttMessage().getReasonCode();
        yield new Failure(
            code == Mqtt5ConnAckReasonCode.BAD_USER_NAME_OR_PASSWORD
                    || code == Mqtt5ConnAckReasonCode.NOT_AUTHORIZED
                ? Kind.CREDENTIALS
                : Kind.REFUSED,
            Packets.words(code.name()) + ", code " + code.getCode());
      }
      case Mqtt5DisconnectException answer ->
          new Failure(
              Kind.ENDED,
              "the broker disconnected, "
                  + Packets.reason(answer.getMqttMessage().getReasonCode().getCode()));
      default -> new Failure(Kind.NO_ANSWER, String.valueOf(cause.getMessage()));
    };
  }

  private static Throwable cause(Throwable thrown) {
    return thrown instanceof CompletionException && thrown.getCause() != null
        ? thrown.getCause()
        : thrown;
  }
}
