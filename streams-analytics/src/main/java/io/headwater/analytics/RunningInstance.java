package io.headwater.analytics;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.headwater.process.Config;
import io.headwater.process.HostPort;
import io.headwater.process.UserError;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that say which running instance a command is for, and the way to it. */
final class RunningInstance {
  /** Deleting topics may take a while. */
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private static final Duration CONNECTED_WITHIN = Duration.ofSeconds(5);
  private static final JsonMapper JSON = JsonMapper.builder().build();

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "The instance's configuration, for its key http.")
  private @Nullable Path config;

  @Option(
      names = "--http",
      paramLabel = "HOST:PORT",
      description = "Where the instance's HTTP is. Default: the configuration's, 127.0.0.1:8083.")
  private @Nullable String http;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Shows this text.")
  @SuppressWarnings("UnusedVariable") // picocli looks at it
  private boolean help;

  /**
   * @param status of HTTP
   */
  record Answer(int status, JsonNode body) {
    /**
     * The body of an answer that is one.
     *
     * @throws UserError with what the instance says is wrong
     */
    JsonNode require() {
      if (status != 200) {
        throw UserError.failure(body.path("error").asText("the instance answers " + status));
      }
      return body;
    }
  }

  JsonNode get(String path) throws InterruptedException {
    return ask("GET", path).require();
  }

  Answer post(String path) throws InterruptedException {
    return ask("POST", path);
  }

  private Answer ask(String method, String path) throws InterruptedException {
    HostPort address = address();
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://" + address + HttpApi.PATH + path))
            .method(method, BodyPublishers.noBody())
            .timeout(PATIENCE)
            .build();
    try (HttpClient client = HttpClient.newBuilder().connectTimeout(CONNECTED_WITHIN).build()) {
      HttpResponse<String> answer = client.send(request, BodyHandlers.ofString());
      return new Answer(answer.statusCode(), JSON.readTree(answer.body()));
    } catch (JsonProcessingException e) {
      throw UserError.failure(
          "what answers at http://" + address + " is no analytics; say by --http where it is", e);
    } catch (IOException e) {
      String message = e.getMessage();
      throw UserError.failure(
          "no analytics answers at http://"
              + address
              + " ("
              + (message != null
                  ? message
                  : e instanceof ConnectException ? "connection refused" : e.toString())
              + "); start it, or say by --config or --http where it is",
          e);
    }
  }

  private HostPort address() {
    if (http == null) {
      return Config.read(
              "analytics",
              AnalyticsConfig.DEFAULTS,
              Optional.ofNullable(config),
              System.getenv(),
              List.of())
          .http();
    }
    try {
      return HostPort.parse(http);
    } catch (IllegalArgumentException e) {
      throw UserError.usage("--http: " + e.getMessage());
    }
  }
}
