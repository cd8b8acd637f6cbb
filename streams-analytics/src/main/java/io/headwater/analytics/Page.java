package io.headwater.analytics;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Properties;

/**
 * The page for people at {@code /}: plain files, all from this process, so that it works where
 * there is no way to other hosts. Charts are drawn by uPlot, from its webjar.
 */
final class Page implements HttpHandler {
  private static final String UPLOT_POM = "/META-INF/maven/org.webjars.npm/uplot/pom.properties";
  private static final String HTML = "text/html; charset=utf-8";
  private static final String CSS = "text/css; charset=utf-8";
  private static final String SCRIPT = "text/javascript; charset=utf-8";

  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Asset(String type, byte[] bytes) {}

  private static final Asset NOT_FOUND =
      new Asset(
          "text/plain; charset=utf-8",
          "not found; there are /, /api/queries, /metrics and /health\n"
              .getBytes(StandardCharsets.UTF_8));

  private final Map<String, Asset> files;

  Page() {
    String uplot = "/META-INF/resources/webjars/uplot/" + uplotVersion() + "/dist/";
    files =
        Map.of(
            "/", new Asset(HTML, bytes("page/index.html")),
            "/page.css", new Asset(CSS, bytes("page/page.css")),
            "/page.js", new Asset(SCRIPT, bytes("page/page.js")),
            "/uplot.css", new Asset(CSS, bytes(uplot + "uPlot.min.css")),
            "/uplot.js", new Asset(SCRIPT, bytes(uplot + "uPlot.iife.min.js")));
  }

  /** A webjar's paths carry its version, which only the build says. */
  private static String uplotVersion() {
    var pom = new Properties();
    try {
      pom.load(new ByteArrayInputStream(bytes(UPLOT_POM)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return pom.getProperty("version", "");
  }

  private static byte[] bytes(String resource) {
    try (InputStream in = Page.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalStateException(resource + " is not on the class path");
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      String path = exchange.getRequestURI().getPath();
      int status = files.containsKey(path) ? 200 : 404;
      Asset file = files.getOrDefault(path, NOT_FOUND);
      var headers = exchange.getResponseHeaders();
      headers.set("Content-Type", file.type());
      headers.set("Cache-Control", "no-cache");
      headers.set("X-Content-Type-Options", "nosniff");
      // Keys and error texts come from devices: nothing but these files is ever run or loaded.
      headers.set(
          "Content-Security-Policy",
          "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none';"
              + " frame-ancestors 'none'");
      boolean head = exchange.getRequestMethod().equals("HEAD");
      exchange.sendResponseHeaders(status, head ? -1 : file.bytes().length);
      if (!head) {
        exchange.getResponseBody().write(file.bytes());
      }
    }
  }
}
