package io.headwater.analytics;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import io.headwater.process.UserError;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
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
  private static final String DIFF = PATH + "/diff";
  private static final String APPLY = PATH + "/apply";
  private static final Pattern RESET = Pattern.compile(QUERIES + "/([^/]+)/reset");
  private static final Pattern STREAM = Pattern.compile(RESULTS + "([^/]+)/stream");
  private static final int AT_ONCE = 32;

  /** An answer that is not taken in this time is given up: it holds a place. */
  private static final Duration TAKEN_WITHIN = Duration.ofSeconds(30);

  private final RunningQueries queries;
  private final OwnTopologies topologies;
  private final WindowService windows;
  private final LiveFeed live;
  private final QueryAdmin admin;
  private final Semaphore places = new Semaphore(AT_ONCE);

  HttpApi(
      RunningQueries queries,
      OwnTopologies topologies,
      WindowService windows,
      LiveFeed live,
      QueryAdmin admin) {
    this.topologies = topologies;
    this.admin = admin;
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
    } catch (UserError e) {
      send(exchange, 409, JsonNodeFactory.instance.objectNode().put("error", e.getMessage()));
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
    Matcher reset = RESET.matcher(path);
    if (reset.matches()) {
      return reset(exchange, reset.group(1), isAgreed(parameters));
    }
    if (path.startsWith(QUERIES + "/")) {
      requireGet(exchange);
      WindowsRequest.parameters(parameters, List.of());
      return describe(path.substring(QUERIES.length() + 1));
    }
    if (path.equals(DIFF)) {
      requireGet(exchange);
      WindowsRequest.parameters(parameters, List.of());
      return admin.diff();
    }
    if (path.equals(APPLY)) {
      requirePostFromHere(exchange);
      return admin.apply(isAgreed(parameters));
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

  /** The status, how it was written, and which instances take part. */
  private ObjectNode describe(String name) {
    RunningQuery query = queries.require(name);
    ObjectNode answer = query.status();
    answer.set("definition", query.definition());
    ArrayNode instances = answer.putArray("instances");
    query
        .runner()
        .streams()
        .filter(streams -> streams.state().isRunningOrRebalancing())
        .ifPresent(streams ->
            streams
                .metadataForAllStreamsClients()
                .forEach(each ->
                    instances
                        .addObject()
                        .put("http", Peers.address(each.hostInfo()).toString())
                        .put("partitions", each.topicPartitions().size())
                        .put("standbys", each.standbyTopicPartitions().size())));
    return answer;
  }

  /** Without an agreement only tells what it would lose. */
  private ObjectNode reset(HttpExchange exchange, String name, boolean agreed) {
    ObjectNode answer = JsonNodeFactory.instance.objectNode().put("query", name);
    if (exchange.getRequestMethod().equals("GET")) {
      return answer.put("loss", admin.loss(name));
    }
    requirePostFromHere(exchange);
    if (!agreed) {
      throw ApiError.of(409, admin.loss(name) + " Nothing has changed; repeat it with yes=true.");
    }
    admin.reset(name);
    return answer.put("reset", true);
  }

  private static boolean isAgreed(Optional<String> parameters) {
    String yes = WindowsRequest.parameters(parameters, List.of("yes")).getOrDefault("yes", "false");
    if (!yes.equals("true") && !yes.equals("false")) {
      throw ApiError.of(400, "yes=" + yes + " is not true or false");
    }
    return yes.equals("true");
  }

  /**
   * There are no passwords, so what changes something is only for this machine, and not for a page
   * that a browser on it has from elsewhere.
   */
  private static void requirePostFromHere(HttpExchange exchange) {
    if (!exchange.getRequestMethod().equals("POST")) {
      exchange.getResponseHeaders().set("Allow", "POST");
      throw ApiError.of(405, exchange.getRequestMethod() + " is not for this address; POST it");
    }
    InetAddress from = exchange.getRemoteAddress().getAddress();
    if (!from.isLoopbackAddress() && !from.equals(exchange.getLocalAddress().getAddress())) {
      throw ApiError.of(
          403, "queries are changed from the machine that runs them only, not from " + from);
    }
    String origin = exchange.getRequestHeaders().getFirst("Origin");
    if (origin != null
        && !origin.equals("http://" + exchange.getRequestHeaders().getFirst("Host"))) {
      throw ApiError.of(403, "queries are not changed by pages of " + origin);
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
    ArrayNode own = topologies.status();
    if (!own.isEmpty()) {
      answer.set("topologies", own);
    }
    return answer;
  }

  private static void send(HttpExchange exchange, int status, JsonNode body) throws IOException {
    CompletableFuture<Void> limit =
        CompletableFuture.runAsync(
            Thread.currentThread()::interrupt, // closes the connection
            CompletableFuture.delayedExecutor(TAKEN_WITHIN.toMillis(), TimeUnit.MILLISECONDS));
    try (exchange) {
      byte[] bytes = (body + "\n").getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().set("Content-Type", "application/json");
      exchange.getResponseHeaders().set("Cache-Control", "no-store");
      boolean head = exchange.getRequestMethod().equals("HEAD");
      exchange.sendResponseHeaders(status, head ? -1 : bytes.length);
      if (!head) {
        exchange.getResponseBody().write(bytes);
      }
    } finally {
      limit.cancel(false);
    }
  }
}
