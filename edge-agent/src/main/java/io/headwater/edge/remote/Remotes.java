package io.headwater.edge.remote;

import io.headwater.edge.log.EdgeLog;
import io.headwater.edge.mqtt.MqttSettings;
import io.headwater.edge.mqtt.PublishSink;
import io.headwater.process.Resources;
import io.headwater.process.UserError;
import io.micrometer.core.instrument.MeterRegistry;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;

/** The links to all other brokers. */
public final class Remotes implements AutoCloseable {
  private final Resources resources = new Resources();

  /**
   * Opens the memory of positions and begins to connect; does not wait for any broker.
   *
   * @param folder where the memory lies, beside the log
   * @param limits of the packets and topics that brokers may send
   * @param sink takes what comes in, as it takes sensors' publishes
   * @throws UserError if the memory cannot be used
   */
  public Remotes(
      Path folder,
      List<RemoteSettings> settings,
      String gateway,
      MqttSettings limits,
      EdgeLog log,
      PublishSink sink,
      MeterRegistry registry) {
    try {
      RemoteStore store = resources.open("store", RemoteStore.open(folder));
      store.keepPositions(
          settings.stream()
              .filter(each -> !each.out().isEmpty())
              .map(RemoteSettings::name)
              .toList());
      int number = 0;
      for (RemoteSettings each : settings) {
        resources.open(
            each.name(),
            new RemoteBroker(number++, each, gateway, limits, log, sink, store, registry));
      }
    } catch (SQLException e) {
      UserError failure =
          UserError.failure(
              "the positions of remotes in " + folder + " cannot be read: " + e.getMessage(), e);
      resources.closeAfter(failure);
      throw failure;
    }
  }

  @Override
  public void close() {
    resources.close();
  }
}
