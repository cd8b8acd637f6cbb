package io.headwater.edge.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 30, unit = TimeUnit.SECONDS)
class JsonPointerReaderTest {
  private static Optional<String> read(String pointer, String json) {
    return new JsonPointerReader(pointer).read(json.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void stringsAndNumbersAreFound() {
    String json =
        """
        {"skip": {"id": "not me", "deep": [[1], {"id": 2}]}, "meta": {"id": "a1", "n": 17},
         "list": [1, {"x": "third"}], "a/b": "slash", "m~n": "tilde", "": "empty"}\
        """;
    assertThat(read("/meta/id", json)).contains("a1");
    assertThat(read("/meta/n", json)).contains("17");
    assertThat(read("/list/1/x", json)).contains("third");
    assertThat(read("/skip/deep/0/0", json)).contains("1");
    assertThat(read("/a~1b", json)).contains("slash");
    assertThat(read("/m~0n", json)).contains("tilde");
    assertThat(read("/", json)).contains("empty");
  }

  @Test
  void whatIsNotThereIsEmpty() {
    String json = "{\"meta\": {\"id\": null, \"o\": {}, \"b\": true}, \"list\": []}";
    assertThat(read("/meta/id", json)).isEmpty();
    assertThat(read("/meta/o", json)).isEmpty();
    assertThat(read("/meta/b", json)).isEmpty();
    assertThat(read("/meta/none", json)).isEmpty();
    assertThat(read("/meta/id/more", json)).isEmpty();
    assertThat(read("/list/0", json)).isEmpty();
    assertThat(read("/list/00", "{\"list\": [1]}")).isEmpty();
  }

  @Test
  void garbageIsEmpty() {
    for (String garbage :
        new String[] {
          "",
          " ",
          "null",
          "17",
          "\"id\"",
          "{",
          "{\"id\"",
          "{\"id\":",
          "{\"id\": \"half",
          "{id: 1}",
          "{'id': 1}",
          "[",
          "\0\1\2",
          "{\"x\": 1 \"id\": 2}",
          "{".repeat(5000)
        }) {
      assertThat(read("/id", garbage)).as(garbage).isEmpty();
    }
    assertThat(new JsonPointerReader("/id").read(new byte[] {'{', (byte) 0xff, (byte) 0xfe}))
        .isEmpty();
  }

  @Test
  void pointersAndWindowsAreChecked() {
    assertThatThrownBy(() -> new JsonPointerReader("meta.id")).hasMessageContaining("/meta/id");
    assertThatThrownBy(() -> new JsonPointerReader("/a~2")).hasMessageContaining("behind ~");
    Duration window = Duration.ofMinutes(1);
    assertThatThrownBy(() -> new Dedupe(Optional.empty(), Optional.empty(), window))
        .hasMessageContaining("either 'property'");
    assertThatThrownBy(() -> new Dedupe(Optional.of("id"), Optional.of("/id"), window))
        .hasMessageContaining("either 'property'");
    assertThatThrownBy(() -> new Dedupe(Optional.of("id"), Optional.empty(), Duration.ZERO))
        .hasMessageContaining("window 0ms is not 1s to 7d");
  }
}
