package io.headwater.analytics;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.headwater.testsupport.ChildProcess;
import io.headwater.testsupport.OutsideSoftware;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** Chromium without a window, driven by ChromeDriver over the WebDriver protocol. */
final class Browser implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofMinutes(1);
  private static final Pattern STARTED = Pattern.compile("successfully on port (\\d+)");
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final HttpClient http = HttpClient.newHttpClient();
  private final ChildProcess driver;
  private final String session;

  /** Starts it. */
  Browser(Path folder) throws Exception {
    Path chromium = OutsideSoftware.find("chromium");
    driver =
        ChildProcess.start(folder, OutsideSoftware.find("chromedriver").toString(), "--port=0");
    String port =
        await()
            .atMost(LIMIT)
            .until(
                () -> STARTED.matcher(driver.output()).results().findFirst(),
                found -> found.isPresent())
            .map(MatchResult::group)
            .map(text -> text.replaceAll("\\D", ""))
            .orElseThrow();
    String base = "http://127.0.0.1:" + port + "/session";
    JsonNode made =
        post(
            base,
            """
            {"capabilities": {"alwaysMatch": {"browserName": "chrome", "goog:chromeOptions": {
              "binary": "%s",
              "args": ["--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir=%s"]}}}}
            """
                .formatted(chromium, folder.resolve("browser")));
    session = base + "/" + made.path("sessionId").asText();
  }

  void open(String url) throws Exception {
    post(session + "/url", JSON.createObjectNode().put("url", url).toString());
  }

  /** The page as it is now. */
  String page() throws Exception {
    return post(
            session + "/execute/sync",
            """
            {"script": "return document.documentElement.outerHTML", "args": []}
            """)
        .asText();
  }

  private JsonNode post(String url, String body) throws Exception {
    var answer =
        http.send(
            HttpRequest.newBuilder(URI.create(url))
                .timeout(LIMIT)
                .POST(BodyPublishers.ofString(body))
                .build(),
            BodyHandlers.ofString());
    if (answer.statusCode() != 200) {
      throw new AssertionError(url + ": " + answer.body() + "\n" + driver.output());
    }
    return JSON.readTree(answer.body()).path("value");
  }

  @Override
  public void close() {
    // The driver's own end would leave the browser behind.
    http.sendAsync(
            HttpRequest.newBuilder(URI.create(session)).timeout(LIMIT).DELETE().build(),
            BodyHandlers.discarding())
        .join();
    driver.close();
    http.close();
  }
}
