package io.headwater.analytics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.headwater.testsupport.ChildProcess;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.regex.Pattern;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a running process answers, alone and as one of two, with a real hub. */
@Timeout(300)
class ServingIT extends AnalyticsFixture {
  @Test
  void answersFromTheStateAndSaysWhatIsWrong() throws Exception {
    publish(0, 30);
    String address = address(startAnalytics("a"));
    awaitWindows(address, KEYS * 3);

    HttpResponse<String> found =
        get(address, "/api/results/temperature?key=dev3&from=" + time(10) + "&to=" + (T0 + 20_000));
    assertThat(JSON.readTree(found.body()))
        .isEqualTo(
            JSON.readTree(
                """
                {"query":"temperature","results":[
                  {"query":"temperature","key":"dev3","start":"%s",
                   "end":"%s","count":10,"max":19.0}]}
                """
                    .formatted(time(10), time(20))));
    JsonNode newest = json(get(address, "/api/results/temperature?key=dev3&limit=2"));
    assertThat(newest.path("results")).hasSize(2);
    assertThat(newest.at("/results/1/max").asDouble()).isEqualTo(29);
    assertThat(newest.path("truncated").asBoolean()).isTrue();

    // What nobody has asked for yet is no error.
    assertThat(json(get(address, "/api/results/temperature?key=dev99")).path("results")).isEmpty();
    assertError(get(address, "/api/results/temprature"), 404, "did you mean 'temperature'?");
    assertError(get(address, "/api/results/temperature?from=then"), 400, "from=then is not a time");
    assertError(get(address, "/api/nothing"), 404, "there are /api/queries");
    assertError(
        http.send(
            HttpRequest.newBuilder(URI.create("http://" + address + "/api/queries"))
                .POST(HttpRequest.BodyPublishers.noBody())
                .build(),
            BodyHandlers.ofString()),
        405,
        "GET it");

    assertPage(address);

    publishText("dev1", "no number", T0 + 31_000);
    await()
        .atMost(START)
        .untilAsserted(() -> {
          JsonNode query = json(get(address, "/api/queries")).at("/queries/0");
          assertThat(query)
              .isEqualTo(
                  JSON.readTree(
                      """
                      {"name":"temperature","state":"running","from":"readings",
                       "to":"analytics.temperature","lag":0,"dropped":0,"recordsIn":%d,"late":0,
                       "overdue":0,"recomputed":0,"undecodable":1,"results":%s,"restarts":0}
                      """
                          .formatted(KEYS * 30 + 1, query.path("results"))));
        });
    JsonNode query = json(get(address, "/api/queries/temperature"));
    assertThat(query.at("/definition/window/tumbling").asText()).isEqualTo("10s");
    assertThat(query.path("instances")).hasSize(1);
  }

  @Test
  void thePageDrawsResultsInABrowser() throws Exception {
    publish(0, 30);
    String address = address(startAnalytics("a"));
    awaitWindows(address, KEYS * 3);

    try (var browser = new Browser(folder)) {
      browser.open("http://" + address + "/");
      await()
          .atMost(START)
          .untilAsserted(() -> {
            String page = browser.page();
            assertThat(page)
                .contains("Results of temperature", ">running<", ">live<", "<canvas")
                .contains("<td class=\"number\">" + KEYS * 30 + "</td>");
            assertThat(Pattern.compile("<h3>dev\\d+</h3>").matcher(page).results()).hasSize(6);
          });
      publish(30, 40);
      await()
          .atMost(START)
          .untilAsserted(() ->
              assertThat(browser.page()).contains("<td class=\"number\">" + KEYS * 40 + "</td>"));
    }
  }

  @Test
  void tellsNewResultsAsTheyCome() throws Exception {
    publish(0, 10);
    String address = address(startAnalytics("a"));
    awaitWindows(address, KEYS);

    try (var one = listen(address, "?key=dev3");
        var all = listen(address, "")) {
      one.awaitLine("event: ready");
      all.awaitLine("event: ready");
      publish(10, 20);

      // One commit may bring all readings of a window, or there may be several.
      String last =
          one.awaitLine(
              "\"start\":\"%s\",\"end\":\"%s\",\"count\":10,".formatted(time(10), time(20)));
      assertThat(last).startsWith("data: {\"query\":\"temperature\",\"key\":\"dev3\",");
      assertThat(one.results()).isNotEmpty().allMatch(line -> line.contains("\"key\":\"dev3\""));
      all.awaitLine("\"key\":\"dev7\",\"start\":\"" + time(10));
      assertThat(get(address, "/metrics").body()).contains("analytics_live_clients 2.0");
    }
    assertError(get(address, "/api/results/temprature/stream"), 404, "did you mean");
    assertError(get(address, "/api/results/temperature/stream?from=1"), 400, "unknown parameter");
  }

  /** A commit of many results at once is no reason to drop one who reads. */
  @Test
  void dropsOneWhoDoesNotReadAndNoOther() throws Exception {
    int many = 9_000;
    publish(0, 10);
    String address = address(startAnalytics("a"));
    awaitWindows(address, KEYS);

    try (var deaf = new Socket();
        var all = listen(address, "")) {
      deaf.setReceiveBufferSize(4_096);
      deaf.connect(
          new InetSocketAddress(
              InetAddress.getLoopbackAddress(),
              Integer.parseInt(address.substring(address.lastIndexOf(':') + 1))));
      deaf.getOutputStream()
          .write(
              "GET /api/results/temperature/stream HTTP/1.1\r\nHost: here\r\n\r\n"
                  .getBytes(StandardCharsets.US_ASCII));
      all.awaitLine("event: ready");
      await()
          .atMost(START)
          .untilAsserted(() ->
              assertThat(get(address, "/metrics").body()).contains("analytics_live_clients 2.0"));

      // More than a connection's buffers take.
      String tail = "-".repeat(1_000);
      try (var producer = producer()) {
        for (int i = 0; i < many; i++) {
          var _ =
              producer.send(
                  new ProducerRecord<>("readings", null, T0 + 31_000, "many" + i + tail, "1"));
        }
      }
      var heard = new HashSet<String>();
      while (heard.size() < many) {
        String line = all.awaitLine("\"key\":\"many");
        heard.add(line.substring(line.indexOf("many"), line.indexOf('-')));
      }
      await()
          .atMost(START)
          .untilAsserted(() ->
              assertThat(get(address, "/metrics").body())
                  .contains("analytics_live_dropped_total 1.0")
                  .contains("analytics_live_clients 1.0"));
    }
  }

  @Test
  void findsWindowsThatAnotherInstanceHolds() throws Exception {
    publish(0, 10);
    String a = address(startAnalytics("a"));
    awaitWindows(a, KEYS);
    ChildProcess second = startAnalytics("b");
    String b = address(second);
    awaitBothTakePart(a, b);

    for (String address : List.of(a, b)) {
      awaitWindows(address, KEYS);
      for (int key = 0; key < KEYS; key++) {
        assertThat(json(get(address, "/api/results/temperature?key=dev" + key)).path("results"))
            .hasSize(1);
      }
    }
    // What was sent on is not sent on again, whoever owns it: no key is told by both, and none by
    // nobody.
    var told = new ArrayList<String>();
    for (String address : List.of(a, b)) {
      for (int key = 0; key < KEYS; key++) {
        HttpResponse<String> answer =
            get(address, "/api/results/temperature?key=dev" + key, Peers.FORWARDED, Peers.OWNER);
        if (answer.statusCode() == 200) {
          told.add("dev" + key);
        } else {
          assertError(answer, 503, "does not own key 'dev" + key + "' any more");
          assertThat(answer.headers().firstValue("Retry-After")).contains("1");
        }
      }
    }
    assertThat(told).hasSize(KEYS);
    assertThat(new HashSet<>(told)).hasSize(KEYS);

    // One dies: for its keys there is a clear answer until the other has them.
    second.kill();
    var codes = new HashSet<Integer>();
    await()
        .atMost(START)
        .untilAsserted(() -> {
          for (int key = 0; key < KEYS; key++) {
            HttpResponse<String> answer = get(a, "/api/results/temperature?key=dev" + key);
            codes.add(answer.statusCode());
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
            assertThat(json(answer).path("results")).hasSize(1);
          }
        });
    assertThat(codes).containsExactlyInAnyOrder(200, 503);
  }

  /** Each file that the page names is there, and it names none of another host. */
  private void assertPage(String address) throws Exception {
    HttpResponse<String> page = get(address, "/");
    assertThat(page.statusCode()).isEqualTo(200);
    assertThat(page.headers().firstValue("Content-Security-Policy").orElse(""))
        .startsWith("default-src 'self';");
    var names = Pattern.compile("(?:src|href)=\"([^\"]*)\"").matcher(page.body());
    int files = 0;
    while (names.find()) {
      if (!names.group(1).startsWith("data:")) {
        assertThat(names.group(1)).matches("[a-z./]+");
        // Health may be red, and is there all the same.
        assertThat(get(address, "/" + names.group(1)).statusCode()).isIn(200, 503);
        files++;
      }
    }
    assertThat(files).isEqualTo(7);
    assertThat(get(address, "/uplot.js").body()).contains("uPlot");
    assertThat(get(address, "/nothing").statusCode()).isEqualTo(404);
  }

  /** The lines of a stream of events. */
  private static final class Listener implements AutoCloseable {
    /** Comments that come every 15 s while there is nothing else. */
    private static final int SILENCE = 3;

    private final BufferedReader lines;
    private final List<String> seen = new ArrayList<>();

    Listener(BufferedReader lines) {
      this.lines = lines;
    }

    /** Reads on to the next line that has the part; those before it are gone. */
    String awaitLine(String part) throws IOException {
      int silent = 0;
      while (silent < SILENCE) {
        String line = lines.readLine();
        if (line == null) {
          break;
        }
        seen.add(line);
        if (line.contains(part)) {
          return line;
        }
        silent = line.startsWith(":") ? silent + 1 : line.isEmpty() ? silent : 0;
      }
      throw new AssertionError(
          "no "
              + part
              + " among "
              + seen.size()
              + " lines, the last of them: "
              + seen.subList(Math.max(0, seen.size() - 20), seen.size()));
    }

    /** All that have come so far. */
    List<String> results() {
      return seen.stream().filter(line -> line.startsWith("data: {\"query\"")).toList();
    }

    @Override
    public void close() throws IOException {
      lines.close();
    }
  }

  private Listener listen(String address, String parameters) throws Exception {
    HttpResponse<InputStream> answer =
        http.send(
            HttpRequest.newBuilder(
                    URI.create(
                        "http://" + address + "/api/results/temperature/stream" + parameters))
                .build(),
            BodyHandlers.ofInputStream());
    assertThat(answer.headers().firstValue("Content-Type")).contains("text/event-stream");
    return new Listener(
        new BufferedReader(new InputStreamReader(answer.body(), StandardCharsets.UTF_8)));
  }

  /** Until each holds something that the other does not. */
  private void awaitBothTakePart(String a, String b) {
    await()
        .atMost(START)
        .pollInterval(Duration.ofMillis(100))
        .untilAsserted(() -> {
          int sum = 0;
          for (String address : List.of(a, b)) {
            HttpResponse<String> answer =
                get(address, "/api/results/temperature", Peers.FORWARDED, Peers.ALL);
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
            int size = json(answer).path("results").size();
            assertThat(size).isPositive();
            sum += size;
          }
          assertThat(sum).isEqualTo(KEYS);
        });
  }
}
