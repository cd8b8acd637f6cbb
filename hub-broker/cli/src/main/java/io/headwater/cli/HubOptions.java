package io.headwater.cli;

import io.headwater.process.HostPort;
import io.headwater.process.UserError;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which hub, and how to reach it. */
final class HubOptions {
  private static final String DEFAULT = "localhost:9092";
  private static final String BOOTSTRAP = "bootstrap.servers";

  @Option(
      names = "--hub",
      paramLabel = "HOST:PORT",
      description = "The hub, or any Kafka; several with commas; default " + DEFAULT + ".")
  private @Nullable String hub;

  @Option(
      names = "--settings",
      paramLabel = "FILE",
      description = "Properties of Kafka's client, for TLS or a password.")
  private @Nullable Path settings;

  /**
   * What every client of this hub is made with; {@code bootstrap.servers} is among it.
   *
   * @throws UserError if an address is none, or the file cannot be read
   */
  Map<String, Object> client() {
    Map<String, Object> client = fromFile();
    String address = hub != null ? hub : client.getOrDefault(BOOTSTRAP, DEFAULT).toString();
    for (String each : address.split(",", -1)) {
      try {
        HostPort.parse(each.strip());
      } catch (IllegalArgumentException e) {
        throw UserError.usage("--hub: " + e.getMessage());
      }
    }
    client.put(BOOTSTRAP, address);
    client.putIfAbsent("client.id", "headwater");
    return client;
  }

  private Map<String, Object> fromFile() {
    var client = new HashMap<String, Object>();
    if (settings != null) {
      var properties = new Properties();
      try (Reader reader = Files.newBufferedReader(settings)) {
        properties.load(reader);
      } catch (NoSuchFileException e) {
        throw UserError.failure("--settings " + settings + ": there is no such file", e);
      } catch (IOException | IllegalArgumentException e) {
        throw UserError.failure("--settings " + settings + ": cannot be read (" + e + ")", e);
      }
      for (String key : properties.stringPropertyNames()) {
        client.put(key, properties.getProperty(key));
      }
    }
    return client;
  }
}
