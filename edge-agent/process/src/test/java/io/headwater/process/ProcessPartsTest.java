package io.headwater.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 30, unit = TimeUnit.SECONDS)
class ProcessPartsTest {
  @Test
  void secondLockOfADataFolderNamesTheHolder(@TempDir Path folder) {
    try (var _ = DataFolder.lock(folder.resolve("new"), "hub")) {
      assertThatThrownBy(() -> DataFolder.lock(folder.resolve("new"), "edge"))
          .isInstanceOf(UserError.class)
          .hasMessageContaining("in use by pid " + ProcessHandle.current().pid())
          .hasMessageContaining("headwater hub");
    }
    DataFolder.lock(folder.resolve("new"), "edge").close();
  }

  @Test
  void dataFolderThatIsAFileIsRefused(@TempDir Path folder) throws IOException {
    Path file = Files.createFile(folder.resolve("file"));

    assertThatThrownBy(() -> DataFolder.lock(file, "hub"))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("is a file");
  }

  @Test
  void takenPortNamesItsHolder() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      var address = new HostPort("127.0.0.1", socket.getLocalPort());
      var registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);

      assertThatThrownBy(() -> new HttpEndpoint("hub", address, registry, new Health()))
          .isInstanceOf(UserError.class)
          .hasMessageContaining("HTTP port " + address.port() + " is in use by pid ")
          .hasMessageContaining(Long.toString(ProcessHandle.current().pid()));
    }
  }

  @Test
  void httpServesMetricsAndHealth() throws Exception {
    var registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    registry.counter("edge.log.appended").increment(3);
    var problem = new AtomicReference<Optional<String>>(Optional.empty());
    var health = new Health();
    health.check("log", problem::get);
    try (var http = new HttpEndpoint("edge", new HostPort("127.0.0.1", 0), registry, health)) {
      assertThat(get(http, "/metrics").body()).contains("edge_log_appended_total 3.0");
      HttpResponse<String> green = get(http, "/health");
      assertThat(green.statusCode()).isEqualTo(200);
      assertThat(green.body()).contains("\"version\":\"" + Version.current() + "\"");
      assertThat(Version.current()).matches("\\d+\\.\\d+\\.\\d+(-SNAPSHOT)?");

      problem.set(Optional.of("no commit for 11 s"));

      HttpResponse<String> red = get(http, "/health");
      assertThat(red.statusCode()).isEqualTo(503);
      assertThat(red.body()).contains("no commit for 11 s");

      assertThat(get(http, "/metrics/more").statusCode()).isEqualTo(404);
      http.page("/metrics/more", HttpEndpoint.PROMETHEUS, () -> "more 1\n");
      assertThat(get(http, "/metrics/more").body()).isEqualTo("more 1\n");
      assertThat(get(http, "/metrics").body()).doesNotContain("more");
    }
  }

  @Test
  void processIsDownUntilItHasStarted() throws Exception {
    var registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    var health = Health.starting();
    try (var http = new HttpEndpoint("edge", new HostPort("127.0.0.1", 0), registry, health)) {
      HttpResponse<String> early = get(http, "/health");
      assertThat(early.statusCode()).isEqualTo(503);
      assertThat(early.body()).contains("still starting");

      health.started();

      assertThat(get(http, "/health").statusCode()).isEqualTo(200);
    }
  }

  private static HttpResponse<String> get(HttpEndpoint http, String path) throws Exception {
    try (var client = HttpClient.newHttpClient()) {
      return client.send(
          HttpRequest.newBuilder(URI.create("http://" + http.address() + path)).build(),
          BodyHandlers.ofString());
    }
  }

  @Test
  void resourcesCloseInReverseAndKeepTheFirstFailure() {
    var closed = new ArrayList<String>();
    var resources = new Resources();
    resources.onClose("a", () -> closed.add("a"));
    resources.onClose(
        "b",
        () -> {
          throw new IOException("b broke");
        });
    resources.onClose("c", () -> closed.add("c"));

    assertThatThrownBy(resources::close).hasMessageContaining("closing b failed");
    assertThat(closed).isEqualTo(List.of("c", "a"));
  }

  @Test
  void sizesAndAddressesReadBackAsWritten() {
    for (String text : List.of("17", "64KiB", "16MiB", "3GiB")) {
      assertThat(ByteSize.parse(text)).hasToString(text);
    }
    for (String text : List.of("localhost:9092", "[::1]:0")) {
      assertThat(HostPort.parse(text)).hasToString(text);
    }
    assertThatThrownBy(() -> ByteSize.parse("12 parsecs")).hasMessageContaining("parsecs");
    assertThatThrownBy(() -> HostPort.parse("::1:9092")).hasMessageContaining("[::1]:9092");
    assertThatThrownBy(() -> HostPort.parse("a:70000")).hasMessageContaining("70000");
  }
}
