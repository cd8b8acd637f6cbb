package io.headwater.analytics;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.headwater.process.HostPort;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.apache.kafka.streams.state.HostInfo;

/** The way to the other instances of the application. Thread-safe. */
final class Peers implements AutoCloseable {
  /**
   * On a request that another instance has sent on: it is answered from what is here or not at all,
   * so that two that take each other for the owner do not send it in circles. Its value says what
   * was meant: {@link #OWNER} or {@link #ALL}.
   */
  static final String FORWARDED = "Headwater-Forwarded";

  /** The receiver should own the key. */
  static final String OWNER = "owner";

  /** All instances are asked. */
  static final String ALL = "all";

  private static final Duration CONNECT_LIMIT = Duration.ofSeconds(2);
  private static final Duration ANSWER_LIMIT = Duration.ofSeconds(10);
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final HttpClient http = HttpClient.newBuilder().connectTimeout(CONNECT_LIMIT).build();

  static HostPort address(HostInfo host) {
    return new HostPort(host.host(), host.port());
  }

  /**
   * Asks another instance.
   *
   * @param path with its parameters, encoded
   * @return fails with an {@link ApiError}: 503 if it does not answer, or its own error
   */
  CompletableFuture<JsonNode> ask(HostPort peer, String path, String forwarded) {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://" + peer + path))
            .header(FORWARDED, forwarded)
            .timeout(ANSWER_LIMIT)
            .build();
    return http.sendAsync(request, BodyHandlers.ofString())
        .handle((answer, failure) -> {
          if (failure != null) {
            throw silent(peer, failure);
          }
          return read(peer, answer);
        });
  }

  private static JsonNode read(HostPort peer, HttpResponse<String> answer) {
    JsonNode json;
    try {
      json = JSON.readTree(answer.body());
    } catch (JacksonException _) {
      throw ApiError.of(502, peer + " is no instance of analytics; look at its 'advertise'");
    }
    if (answer.statusCode() == 503) {
      throw ApiError.notNow(peer + ": " + json.path("error").asText());
    }
    if (answer.statusCode() != 200) {
      throw ApiError.of(502, peer + ": " + json.path("error").asText());
    }
    return json;
  }

  private static ApiError silent(HostPort peer, Throwable failure) {
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    String said = Optional.ofNullable(cause.getMessage()).orElseGet(cause::toString);
    return ApiError.notNow(
        "the instance at "
            + peer
            + " does not answer ("
            + said
            + "); ask again, or look whether it runs and can be reached there ('advertise')");
  }

  @Override
  public void close() {
    http.shutdownNow();
  }
}
