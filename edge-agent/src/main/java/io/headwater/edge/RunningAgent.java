package io.headwater.edge;

import io.headwater.process.HostPort;
import io.headwater.process.UserError;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that say which running agent is meant, and the way to it. */
final class RunningAgent {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final Duration CONNECTED_WITHIN = Duration.ofSeconds(5);

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "The agent's configuration, for its key http.")
  private @Nullable Path config;

  @Option(
      names = "--http",
      paramLabel = "HOST:PORT",
      description = "Where the agent's HTTP is, if its configuration does not tell.")
  private @Nullable String http;

  /** By options. */
  RunningAgent() {}

  /**
   * @param config the agent's configuration
   */
  RunningAgent(Path config) {
    this.config = config;
  }

  /** What the agent was started with, as far as its file and the environment tell. */
  EdgeConfig config() {
    return EdgeConfig.of(config);
  }

  /**
   * Asks it.
   *
   * @throws IOException if nobody answers; see {@link #nobody}
   */
  HttpResponse<String> ask(String method, String page) throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://" + address() + page))
            .method(method, HttpRequest.BodyPublishers.noBody())
            .timeout(PATIENCE)
            .build();
    try (HttpClient client = HttpClient.newBuilder().connectTimeout(CONNECTED_WITHIN).build()) {
      return client.send(request, BodyHandlers.ofString());
    }
  }

  /** What there is to say when nobody answers. */
  UserError nobody(IOException cause) {
    String message = cause.getMessage();
    String said =
        message != null
            ? message
            : cause instanceof ConnectException ? "connection refused" : cause.toString();
    return UserError.failure(
        "no agent answers at http://"
            + address()
            + " ("
            + said
            + "); start it, or say by --config or --http where it is",
        cause);
  }

  /** Where its HTTP is. */
  HostPort address() {
    if (http != null) {
      try {
        return HostPort.parse(http);
      } catch (IllegalArgumentException e) {
        throw UserError.usage("--http: " + e.getMessage());
      }
    }
    return config().http();
  }
}
