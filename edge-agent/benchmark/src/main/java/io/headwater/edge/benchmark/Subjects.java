package io.headwater.edge.benchmark;

import io.headwater.testsupport.ChildProcess;
import io.headwater.testsupport.Headwater;
import io.headwater.testsupport.OutsideSoftware;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The brokers that are measured. */
final class Subjects {
  static final String HEADWATER = "headwater";

  private Subjects() {}

  /** Headwater first, then who is there to be compared. */
  static List<Subject> all() {
    var all = new ArrayList<Subject>();
    all.add(new Agent());
    all.add(new Mosquitto("mosquitto", ""));
    all.add(new Mosquitto("mosquitto-persistent", "persistence true\n"));
    if (Files.exists(HiveMq.classPath())) {
      all.add(new HiveMq());
    }
    return all;
  }

  /** As its launcher starts it; the limit on connections and the ports are the only settings. */
  private record Agent() implements Subject {
    @Override
    public String name() {
      return HEADWATER;
    }

    @Override
    public Broker launch(Path folder, int port) {
      return new Broker(
          Headwater.start(
              folder,
              "edge",
              "--data=" + folder.resolve("data"),
              "--port=" + port,
              "--bridge=localhost:1",
              "--set=mqtt.connections=3000",
              "--set=http=127.0.0.1:0"));
    }
  }

  /** Debian's, without a bound on its queues; it would drop above 1,000 messages. */
  private record Mosquitto(String name, String more) implements Subject {
    @Override
    public Broker launch(Path folder, int port) throws IOException {
      Path config =
          Files.writeString(
              folder.resolve("mosquitto.conf"),
              """
              listener %s 127.0.0.1
              allow_anonymous true
              user root
              max_queued_messages 0
              persistence_location %s/
              %s\
              """
                  .formatted(port, folder, more));
      String program = OutsideSoftware.find("mosquitto").toString();
      return new Broker(ChildProcess.start(folder, program, "-c", config.toString()));
    }
  }

  /** In a JVM of its own, with what it asks for on JDK 25. */
  private record HiveMq() implements Subject {
    private static Path target() {
      return Headwater.home().resolve("edge-agent/benchmark/target");
    }

    static Path classPath() {
      return target().resolve("hivemq.classpath");
    }

    @Override
    public String name() {
      return "hivemq";
    }

    @Override
    public Broker launch(Path folder, int port) throws IOException {
      String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
      return new Broker(
          ChildProcess.start(
              folder,
              java,
              "-Xmx1g",
              "--add-opens=java.base/java.lang=ALL-UNNAMED",
              "--add-opens=java.base/java.nio=ALL-UNNAMED",
              "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
              "--add-opens=jdk.management/com.sun.management.internal=ALL-UNNAMED",
              "--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED",
              "--enable-native-access=ALL-UNNAMED",
              "--sun-misc-unsafe-memory-access=allow",
              "-cp",
              target().resolve("hivemq-classes") + ":" + Files.readString(classPath()).strip(),
              "HiveMqMain",
              folder.toString(),
              Integer.toString(port)));
    }
  }
}
