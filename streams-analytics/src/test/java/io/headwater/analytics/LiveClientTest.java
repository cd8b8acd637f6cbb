package io.headwater.analytics;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class LiveClientTest {
  private final LiveClient client = new LiveClient("q", List.of("out"), Optional.of("dev1"));

  @Test
  void wantsItsKeyOnly() {
    assertThat(client.wants(bytes("dev1"))).isTrue();
    assertThat(client.wants(bytes("dev2"))).isFalse();
    assertThat(client.wants(null)).isFalse();
    assertThat(new LiveClient("q", List.of("out"), Optional.empty()).wants(bytes("dev2"))).isTrue();
  }

  @Test
  void getsWhatWaitsForItAndThenTheReasonOfTheEnd() throws Exception {
    client.offer(LiveClient.event("", "{\"count\":1}"));
    client.offer(LiveClient.event("", "a\nb"));
    client.end("dropped", "too slow");
    client.end("ended", "later");

    var out = new ByteArrayOutputStream();
    client.writeTo(out);

    assertThat(out.toString(StandardCharsets.UTF_8))
        .isEqualTo(
            """
            retry: 2000

            data: {"count":1}

            data: a
            data: b

            event: dropped
            data: {"error":"too slow"}

            """);
    assertThat(client.isGone()).isTrue();
  }

  @Test
  void hasNoPlaceForMoreThanItsBacklog() throws Exception {
    for (int i = 0; i < LiveClient.BACKLOG; i++) {
      assertThat(client.offer(LiveClient.event("", "1"))).isTrue();
    }
    assertThat(client.offer(LiveClient.event("", "1"))).isFalse();
    client.end("dropped", "too slow");

    var out = new ByteArrayOutputStream();
    client.writeTo(out);

    List<String> parts = List.of(out.toString(StandardCharsets.UTF_8).split("data: 1\n", -1));
    assertThat(parts).hasSize(LiveClient.BACKLOG + 1);
    assertThat(parts.getLast()).contains("event: dropped");
  }

  @Test
  void tellsWhatRoomItHas() {
    assertThat(client.isIdle()).isTrue();
    for (int i = 0; i < LiveClient.BACKLOG - 10; i++) {
      client.offer(LiveClient.event("", "1"));
    }
    assertThat(client.hasRoomFor(10)).isTrue();
    assertThat(client.hasRoomFor(11)).isFalse();
    assertThat(client.isIdle()).isFalse();
  }

  @Test
  void isReleasedFromAWriteThatNobodyTakes() throws Exception {
    var stuck = new CountDownLatch(1);
    var failure = new AtomicReference<Throwable>();
    Thread writer =
        Thread.ofVirtual()
            .start(() -> {
              try {
                client.writeTo(
                    new OutputStream() {
                      @Override
                      public void write(int one) {
                        throw new AssertionError("writes whole events");
                      }

                      @Override
                      public void write(byte[] event, int offset, int length)
                          throws java.io.IOException {
                        stuck.countDown();
                        try {
                          new CountDownLatch(1).await();
                        } catch (InterruptedException e) {
                          throw new java.io.InterruptedIOException();
                        }
                      }
                    });
              } catch (Exception e) {
                failure.set(e);
              }
            });
    stuck.await();
    client.end("dropped", "too slow");
    assertThat(client.isGone()).isFalse();

    client.abandon();

    assertThat(writer.join(Duration.ofSeconds(10))).isTrue();
    assertThat(failure.get()).isInstanceOf(java.io.InterruptedIOException.class);
    assertThat(client.isGone()).isTrue();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
