package io.headwater.edge.down;

import io.headwater.edge.forward.Downstream;
import io.headwater.edge.forward.ForwarderSettings;
import io.headwater.edge.log.EdgeLog;
import io.headwater.edge.mqtt.LocalDelivery;
import io.headwater.process.UserError;
import io.headwater.uplink.Command;
import io.headwater.uplink.DownlinkCodec;
import io.headwater.uplink.FetchRequest;
import io.headwater.uplink.MalformedUplinkException;
import io.headwater.uplink.UplinkTopics;
import io.headwater.uplink.Values;
import io.micrometer.core.instrument.MeterRegistry;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Takes what bridges send down; see the package comment. Thread-safe. */
public final class Downlink implements Downstream, AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(Downlink.class);

  private final String gateway;
  private final DownMetrics metrics;
  private final CommandRunner commands;
  private final HeldValues values;
  private final Refetcher refetcher;
  private volatile Consumer<byte[]> uplink = _ -> {};

  /**
   * Opens the memory of commands.
   *
   * @param folder where it lies, beside the log
   * @param status what the command {@code status} is answered with
   * @throws UserError if that cannot be used
   */
  public Downlink(
      Path folder,
      EdgeLog log,
      String gateway,
      CommandSettings settings,
      ForwarderSettings batches,
      LocalDelivery delivery,
      Supplier<byte[]> status,
      MeterRegistry registry) {
    this.gateway = gateway;
    metrics = new DownMetrics(registry);
    values = new HeldValues(gateway, delivery, metrics);
    try {
      commands =
          new CommandRunner(
              CommandStore.open(folder),
              gateway,
              settings,
              delivery,
              status,
              result -> uplink.accept(DownlinkCodec.encode(result)),
              metrics);
    } catch (SQLException e) {
      throw UserError.failure(
          "the commands in " + folder + " cannot be read: " + e.getMessage(), e);
    }
    refetcher =
        new Refetcher(
            log,
            gateway,
            batches.batchRecords(),
            (int) batches.batchSize().bytes(),
            fetched -> uplink.accept(DownlinkCodec.encode(fetched)),
            metrics);
  }

  /** Where results and fetched readings go up; what is lost there is asked for again. */
  public void sendBy(Consumer<byte[]> sender) {
    uplink = sender;
  }

  @Override
  public void received(String topic, byte[] frame) {
    try {
      if (topic.equals(UplinkTopics.down(UplinkTopics.Down.COMMAND, gateway))) {
        Command command = DownlinkCodec.decodeCommand(frame);
        if (isMine(command.gateway())) {
          commands.take(command);
        }
      } else if (topic.equals(UplinkTopics.down(UplinkTopics.Down.FETCH, gateway))) {
        FetchRequest request = DownlinkCodec.decodeFetchRequest(frame);
        if (isMine(request.gateway())) {
          refetcher.take(request);
        }
      } else if (topic.equals(UplinkTopics.down(UplinkTopics.Down.VALUES, gateway))) {
        Values received = DownlinkCodec.decodeValues(frame);
        if (isMine(received.gateway())) {
          values.take(received);
        }
      } else {
        metrics.ignored("topic");
      }
    } catch (MalformedUplinkException e) {
      metrics.ignored("malformed");
      LOGGER
          .atWarn()
          .addKeyValue("topicName", topic)
          .addKeyValue("error", e.getMessage())
          .log("A message from the hub's side is not understood");
    }
  }

  private boolean isMine(String named) {
    if (!named.equals(gateway)) {
      metrics.ignored("gateway");
    }
    return named.equals(gateway);
  }

  @Override
  public byte[] state() {
    return DownlinkCodec.encode(values.state());
  }

  @Override
  public void close() {
    refetcher.close();
    commands.close();
  }
}
