package io.headwater.hub.bookkeeper;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.bookkeeper.conf.AbstractConfiguration;
import org.apache.bookkeeper.conf.ClientConfiguration;
import org.apache.bookkeeper.conf.ServerConfiguration;
import org.apache.bookkeeper.meta.zk.ZKMetadataBookieDriver;
import org.apache.bookkeeper.meta.zk.ZKMetadataClientDriver;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A process whose threads first use BookKeeper at the same time, as those of a node do. */
@Timeout(60)
class DriverClassesTest {
  @Test
  void theyDoNotWaitForEachOther() throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Both.class.getName())
            .inheritIO()
            .start();
    try {
      assertThat(process.waitFor(40, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).as("not 1, as of drivers that wait for ever").isZero();
    } finally {
      process.destroyForcibly();
    }
  }

  static final class Both {
    private Both() {}

    public static void main(String[] args) throws InterruptedException {
      var ready = new CountDownLatch(2);
      Thread client = start(ready, new ClientConfiguration(), ZKMetadataClientDriver::new);
      Thread bookie = start(ready, new ServerConfiguration(), ZKMetadataBookieDriver::new);
      boolean ended = client.join(Duration.ofSeconds(15)) && bookie.join(Duration.ofSeconds(5));
      System.exit(ended ? 0 : 1);
    }

    private static Thread start(
        CountDownLatch ready, AbstractConfiguration<?> conf, Runnable driver) {
      return Thread.ofPlatform()
          .daemon()
          .start(() -> {
            ready.countDown();
            try {
              ready.await();
            } catch (InterruptedException _) {
              Thread.currentThread().interrupt();
            }
            CommonSettings.apply(conf, "unused:1", Duration.ofSeconds(1));
            driver.run();
          });
    }
  }
}
