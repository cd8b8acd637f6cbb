package io.headwater.process;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadFactory;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code /metrics} (Prometheus text) and {@code /health} (200 or 503, JSON) of a process.
 *
 * <p>Stands on the JDK's own small server: two requests at a time are enough for a scraper and a
 * supervisor, and nothing is added to the class path of a small device.
 */
public final class HttpEndpoint implements AutoCloseable {
  /** The content type of Prometheus' text format. */
  public static final String PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8";

  /** The content type of JSON. */
  public static final String JSON = "application/json";

  /** The content type of plain text. */
  public static final String TEXT = "text/plain; charset=utf-8";

  private static final Logger LOGGER = LoggerFactory.getLogger(HttpEndpoint.class);

  private final HttpServer server;
  private final ExecutorService workers;
  private final ThreadFactory lasting;
  private final HostPort address;

  /**
   * Binds and serves at once.
   *
   * @param listen port 0 takes any free port
   * @throws UserError if the port is taken
   */
  public HttpEndpoint(
      String process, HostPort listen, PrometheusMeterRegistry registry, Health health) {
    try {
      server = HttpServer.create(listen.socketAddress(), 16);
    } catch (IOException e) {
      throw Ports.inUse("HTTP", listen, e);
    }
    workers = Executors.newFixedThreadPool(2, Threads.factory(process + "-http"));
    server.setExecutor(workers);
    lasting = Thread.ofVirtual().name(process + "-http-request-", 0).factory();
    page("/metrics", PROMETHEUS, registry::scrape);
    server.createContext("/health", exchange -> answerHealth(exchange, process, health));
    server.start();
    address = listen.withPort(server.getAddress().getPort());
  }

  /**
   * Adds a page, put together for each request.
   *
   * @param path what lies below it is not found
   */
  public void page(String path, String type, Supplier<String> body) {
    server.createContext(
        path,
        exchange -> {
          if (exchange.getRequestURI().getPath().equals(path)) {
            answer(exchange, 200, type, body.get());
          } else {
            answer(exchange, 404, TEXT, "not found\n");
          }
        });
  }

  /**
   * Adds something that a POST has done: 200 and what it returns, or 409 and what is wrong.
   *
   * @param work throws a {@link UserError} if it cannot be done
   */
  public void command(String path, Supplier<String> work) {
    server.createContext(
        path,
        exchange -> {
          if (!exchange.getRequestURI().getPath().equals(path)) {
            answer(exchange, 404, TEXT, "not found\n");
          } else if (!exchange.getRequestMethod().equals("POST")) {
            exchange.getResponseHeaders().set("Allow", "POST");
            answer(exchange, 405, TEXT, "POST it\n");
          } else {
            try {
              answer(exchange, 200, TEXT, work.get());
            } catch (UserError e) {
              answer(exchange, 409, TEXT, e.getMessage() + "\n");
            }
          }
        });
  }

  /**
   * Adds what answers for a path and for all below it that has no page of its own, however long
   * that takes: each request has a virtual thread. How many there may be is for the handler to
   * bound; it also closes the exchange.
   */
  public void handle(String path, HttpHandler handler) {
    server.createContext(
        path, exchange -> lasting.newThread(() -> handOver(exchange, handler)).start());
  }

  private static void handOver(HttpExchange exchange, HttpHandler handler) {
    try {
      handler.handle(exchange);
    } catch (IOException e) {
      // The one who asked has gone.
      exchange.close();
    } catch (RuntimeException e) {
      LOGGER
          .atError()
          .addKeyValue("path", exchange.getRequestURI().getPath())
          .setCause(e)
          .log("A request failed");
      try {
        answer(exchange, 500, TEXT, "it failed: " + e + "\n");
      } catch (IOException _) {
        exchange.close(); // the answer had begun
      }
    }
  }

  /** The address really bound. */
  public HostPort address() {
    return address;
  }

  @Override
  public void close() {
    server.stop(0);
    workers.shutdownNow();
  }

  private static void answerHealth(HttpExchange exchange, String process, Health health)
      throws IOException {
    Health.Status status = health.status();
    var body = new StringWriter();
    // Field by field: binding would need some hundred classes more, and a device has little room.
    try (JsonGenerator json = new JsonFactory().createGenerator(body)) {
      json.writeStartObject();
      json.writeStringField("process", process);
      json.writeStringField("version", Version.current());
      json.writeStringField("status", status.isUp() ? "up" : "down");
      writeTexts(json, "problems", status.problems());
      if (!status.notes().isEmpty()) {
        writeTexts(json, "notes", status.notes());
      }
      json.writeEndObject();
    }
    answer(exchange, status.isUp() ? 200 : 503, JSON, body + "\n");
  }

  private static void writeTexts(JsonGenerator json, String name, Map<String, String> texts)
      throws IOException {
    json.writeObjectFieldStart(name);
    for (var each : new TreeMap<>(texts).entrySet()) {
      json.writeStringField(each.getKey(), each.getValue());
    }
    json.writeEndObject();
  }

  private static void answer(HttpExchange exchange, int code, String type, String body)
      throws IOException {
    try (exchange) {
      byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().set("Content-Type", type);
      boolean head = exchange.getRequestMethod().equals("HEAD");
      exchange.sendResponseHeaders(code, head ? -1 : bytes.length);
      if (!head) {
        exchange.getResponseBody().write(bytes);
      }
    }
  }
}
