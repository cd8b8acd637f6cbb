package io.headwater.analytics;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * {@code /api}: what programs, the page and the commands ask of a running instance. JSON; an error
 * is {@code {"error": "…"}} with a status that fits. {@code streams-analytics/README.md} tells the
 * fields.
 *
 * <p>Called by the thread of each request; a request too many is told to come again.
 */
final class HttpApi implements HttpHandler {
  static final String PATH = "/api";

  private static final String QUERIES = PATH + "/queries";
  private static final String RESULTS = PATH + "/results/";
  private static final Pattern STREAM = Pattern.compile(RESULTS + "([^/]+)/stream");
  private static final int AT_ONCE = 32;

  private final RunningQueries queries;
  private final WindowService windows;
  private final LiveFeed live;
  private final Semaphore places = new Semaphore(AT_ONCE);

  HttpApi(RunningQueries queries, WindowService windows, LiveFeed live) {
    this.queries = queries;
    this.windows = windows;
    this.live = live;
  }

  @Override
  public void handle(HttpExchange exchange) throws IOException {
    try {
      Matcher stream = STREAM.matcher(exchange.getRequestURI().getRawPath());
      if (stream.matches()) {
        stream(exchange, queries.require(stream.group(1)).query());
        return;
      }
      if (!places.tryAcquire()) {
        throw ApiError.notNow(AT_ONCE + " requests are being answered already; ask again");
      }
      try {
        send(exchange, 200, answer(exchange));
      } finally {
        places.release();
      }
    } catch (ApiError e) {
      if (e.retryAfterSeconds() > 0) {
        exchange.getResponseHeaders().set("Retry-After", Integer.toString(e.retryAfterSeconds()));
      }
      send(
          exchange, e.status(), JsonNodeFactory.instance.objectNode().put("error", e.getMessage()));
    }
  }

  private JsonNode answer(HttpExchange exchange) {
    // Names have no character that an address would have to encode.
    String path = exchange.getRequestURI().getRawPath();
    Optional<String> parameters = Optional.ofNullable(exchange.getRequestURI().getRawQuery());
    if (path.equals(QUERIES)) {
      requireGet(exchange);
      WindowsRequest.parameters(parameters, List.of());
      return all();
    }
    if (path.startsWith(QUERIES + "/")) {
      requireGet(exchange);
      WindowsRequest.parameters(parameters, List.of());
      return queries.require(path.substring(QUERIES.length() + 1)).status();
    }
    if (path.startsWith(RESULTS)) {
      requireGet(exchange);
      return windows.find(
          queries.require(path.substring(RESULTS.length())),
          WindowsRequest.parse(parameters),
          exchange.getRequestURI().toASCIIString(),
          Optional.ofNullable(exchange.getRequestHeaders().getFirst(Peers.FORWARDED)));
    }
    throw ApiError.of(
        404,
        "there is no "
            + path
            + "; there are /api/queries, /api/queries/QUERY, /api/results/QUERY and"
            + " /api/results/QUERY/stream");
  }

  /** Does not return before the client goes, or is ended. */
  private void stream(HttpExchange exchange, Query query) throws IOException {
    requireGet(exchange);
    Map<String, String> given =
        WindowsRequest.parameters(
            Optional.ofNullable(exchange.getRequestURI().getRawQuery()), List.of("key"));
    LiveClient client = live.enter(query, Optional.ofNullable(given.get("key")));
    try (exchange) {
      exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
      exchange.getResponseHeaders().set("Cache-Control", "no-store");
      exchange.sendResponseHeaders(200, 0);
      client.writeTo(exchange.getResponseBody());
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } finally {
      live.leave(client);
    }
  }

  private static void requireGet(HttpExchange exchange) {
    String method = exchange.getRequestMethod();
    if (!method.equals("GET") && !method.equals("HEAD")) {
      exchange.getResponseHeaders().set("Allow", "GET, HEAD");
      throw ApiError.of(405, method + " is not for this address; GET it");
    }
  }

  private ObjectNode all() {
    ObjectNode answer = JsonNodeFactory.instance.objectNode();
    ArrayNode list = answer.putArray("queries");
    queries.all().forEach(query -> list.add(query.status()));
    return answer;
  }

  private static void send(HttpExchange exchange, int status, JsonNode body) throws IOException {
    try (exchange) {
      byte[] bytes = (body + "\n").getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().set("Content-Type", "application/json");
      exchange.getResponseHeaders().set("Cache-Control", "no-store");
      boolean head = exchange.getRequestMethod().equals("HEAD");
      exchange.sendResponseHeaders(status, head ? -1 : bytes.length);
      if (!head) {
        exchange.getResponseBody().write(bytes);
      }
    }
  }
}
