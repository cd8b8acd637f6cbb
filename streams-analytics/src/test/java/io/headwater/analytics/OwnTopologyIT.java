package io.headwater.analytics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.headwater.process.UserError;
import io.headwater.testsupport.ChildProcess;
import io.headwater.testsupport.Headwater;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The example of a topology in Java, built as its README says, beside a declared query. */
@Timeout(300)
class OwnTopologyIT extends AnalyticsFixture {
  private static final Path EXAMPLE =
      Headwater.home().resolve("streams-analytics/examples/own-topology");

  @Test
  void theExampleRunsBesideADeclaredQuery() throws Exception {
    Path jar = jar(compiled());
    // The time of now: the example goes by the clock.
    publishText("dev1", "20", System.currentTimeMillis());
    ChildProcess analytics =
        Headwater.start(
            folder,
            "analytics",
            "--data=" + folder.resolve("a"),
            "--hub=" + hub,
            "--queries=" + folder.resolve("queries.yaml"),
            "--http=127.0.0.1:0",
            "--set=topologies=" + jar);
    try (analytics) {
      String http = address(analytics);
      await()
          .atMost(START)
          .untilAsserted(() ->
              assertThat(json(get(http, "/api/queries")).at("/topologies/0/state").asText())
                  .isEqualTo("running"));
      try (var consumer = consumer("silent-sensors")) {
        var told = new ArrayList<String>();
        await().atMost(START).until(() -> tells(consumer, told, "dev1 silent"));
        publishText("dev1", "21", System.currentTimeMillis());
        await().atMost(START).until(() -> tells(consumer, told, "dev1 back"));
      }

      JsonNode queries = json(get(http, "/api/queries"));
      assertThat(queries.at("/queries/0/name").asText()).isEqualTo("temperature");
      assertThat(get(http, "/metrics").body())
          .contains("analytics_running{query=\"silent-sensors\"} 1.0");
      assertThat(get(http, "/health").statusCode()).isEqualTo(200);
    }
  }

  @Test
  void saysWhatIsWrongWithAJar() throws Exception {
    assertThatThrownBy(() -> OwnTopologies.find(List.of(folder.resolve("none.jar"))))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("none.jar is not there");
    Path empty = jar(Files.createDirectories(folder.resolve("nothing")));
    assertThatThrownBy(() -> OwnTopologies.find(List.of(empty)))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("META-INF/services/io.headwater.analytics.api.OwnTopology");
    Path classes = compiled();
    Files.writeString(
        classes.resolve("META-INF/services/io.headwater.analytics.api.OwnTopology"), "com.No\n");
    Path wrong = jar(classes);
    assertThatThrownBy(() -> OwnTopologies.find(List.of(wrong)))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("com.No");
  }

  private static boolean tells(
      KafkaConsumer<String, String> consumer, List<String> told, String text) {
    consumer
        .poll(Duration.ofMillis(200))
        .forEach(each -> told.add(each.key() + " " + each.value()));
    return told.contains(text);
  }

  private Path compiled() throws IOException {
    Path classes = Files.createDirectories(folder.resolve("classes"));
    int code =
        ToolProvider.getSystemJavaCompiler()
            .run(
                null,
                null,
                null,
                "-d",
                classes.toString(),
                "-cp",
                System.getProperty("java.class.path"),
                EXAMPLE.resolve("src/com/example/SilentSensors.java").toString());
    assertThat(code).isZero();
    Path services = Files.createDirectories(classes.resolve("META-INF/services"));
    try (Stream<Path> files = Files.list(EXAMPLE.resolve("src/META-INF/services"))) {
      for (Path file : files.toList()) {
        Files.writeString(services.resolve(file.getFileName()), Files.readString(file));
      }
    }
    return classes;
  }

  private Path jar(Path classes) throws IOException {
    Path jar = Files.createTempFile(folder, "own", ".jar");
    try (var out = new JarOutputStream(Files.newOutputStream(jar));
        Stream<Path> files = Files.walk(classes)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        out.putNextEntry(new JarEntry(classes.relativize(file).toString()));
        Files.copy(file, out);
      }
    }
    return jar;
  }
}
