package io.headwater.sim.fleet;

import com.hivemq.client.mqtt.MqttClientSslConfig;
import com.hivemq.client.mqtt.MqttClientSslConfigBuilder;
import java.util.Optional;
import java.util.function.Consumer;

/** What all links of a fleet with HiveMQ's client have in common. */
final class HivemqLinks implements Link.Factory {
  private final FleetSettings settings;
  private final Optional<MqttClientSslConfig> tls;

  HivemqLinks(FleetSettings settings) {
    this.settings = settings;
    tls = settings.broker().tls().map(HivemqLinks::config);
  }

  @Override
  public Link link(String device, Link.Owner owner, Pacer pacer) {
    return new HivemqLink(owner, settings.protocol().qos(), pacer.loop(), this, device);
  }

  HivemqSession session(String device, Consumer<Throwable> onEnd) {
    return HivemqSession.of(device, settings, tls, onEnd);
  }

  private static MqttClientSslConfig config(Tls tls) {
    MqttClientSslConfigBuilder builder =
        MqttClientSslConfig.builder()
            .trustManagerFactory(TlsFiles.trust(tls).orElse(null))
            .keyManagerFactory(tls.identity().map(TlsFiles::identity).orElse(null));
    // Without a verifier of its own the client checks the name.
    return (tls.insecure() ? builder.hostnameVerifier((_, _) -> true) : builder).build();
  }
}
