package io.headwater.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.testsupport.OutsideSoftware;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The datagram is received by a small Python program: the JDK has no Unix datagrams. */
@Timeout(value = 30, unit = TimeUnit.SECONDS)
class SdNotifyTest {
  private static final String RECEIVER =
      """
      import socket, sys
      s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
      s.settimeout(20)
      s.bind(sys.argv[1])
      print('bound', flush=True)
      print(s.recv(4096).decode().replace('\\n', ' '), flush=True)
      """;

  @Test
  void sendsOneDatagramToTheNotifySocket(@TempDir Path folder) throws Exception {
    Path python = OutsideSoftware.find("python3");
    Path socket = folder.resolve("notify");
    Process receiver =
        new ProcessBuilder(python.toString(), "-c", RECEIVER, socket.toString())
            .redirectErrorStream(true)
            .start();
    try (var output = receiver.inputReader()) {
      Awaitility.await().until(() -> Files.exists(socket));
      assertThat(output.readLine()).isEqualTo("bound");

      SdNotify.send(socket.toString(), "READY=1\nMAINPID=17");

      assertThat(output.readLine()).isEqualTo("READY=1 MAINPID=17");
    } finally {
      receiver.destroyForcibly();
    }
  }
}
