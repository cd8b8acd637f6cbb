package io.headwater.edge;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.process.HostPort;
import io.headwater.process.Main;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

@Timeout(30)
class InitCommandTest {
  private static final String INPUT =
      "inputs:\n- {name: roof, type: sht3x, bus: 3, topic: \"sensors/a/roof/{quantity}\"}\n";

  @TempDir private Path folder;
  private Path config;
  private Path dropIn;
  private String said = "";

  @BeforeEach
  void name() {
    config = folder.resolve("new/edge.yaml");
    dropIn = folder.resolve("unit.d/devices.conf");
  }

  private int init(String... options) {
    String[] all = new String[options.length + 2];
    all[0] = "--config";
    all[1] = config.toString();
    System.arraycopy(options, 0, all, 2, options.length);
    var text = new StringWriter();
    var writer = new PrintWriter(text);
    CommandLine command = Main.commandLine(new InitCommand()).setOut(writer).setErr(writer);
    int code = command.execute(all);
    said = text.toString();
    return code;
  }

  @Test
  void writesTheExampleWithWhatTheOptionsSay() throws Exception {
    assertThat(
            init(
                "--data=/var/lib/my edge",
                "--gateway=site-7",
                "--bridge=hub.example:8883,10.0.0.7:1884",
                "--listen=0.0.0.0:1883",
                "--password-file=/etc/headwater/mqtt.passwords"))
        .as(said)
        .isZero();

    EdgeConfig read = EdgeConfig.of(config);
    assertThat(read.data()).isEqualTo(Path.of("/var/lib/my edge"));
    assertThat(read.gateway()).contains("site-7");
    assertThat(read.listen().mqtt()).isEqualTo(new HostPort("0.0.0.0", 1883));
    assertThat(read.access().passwordFile()).contains(Path.of("/etc/headwater/mqtt.passwords"));
    assertThat(read.uplink().bridges())
        .isEqualTo(List.of(new HostPort("hub.example", 8883), new HostPort("10.0.0.7", 1884)));
    assertThat(Files.readString(config)).contains("# How long a commit waits for company.");
    assertThat(said).startsWith("Wrote " + config + ". 'headwater edge check");
  }

  @Test
  void withoutOptionsItIsTheExample() throws Exception {
    assertThat(init()).as(said).isZero();

    assertThat(config).hasSameTextualContentAs(Path.of("examples", "edge.yaml"));
    assertThat(EdgeConfig.of(config).gateway()).isEqualTo(Optional.empty());
  }

  @Test
  void whatIsThereStays() throws Exception {
    Files.createDirectories(config.getParent());
    Files.writeString(config, "data: /mine\n");

    assertThat(init()).isEqualTo(1);
    assertThat(said).isEqualTo(config + " is there already; move it away to begin anew\n");
    assertThat(init("--gateway=site-7")).isEqualTo(2);
    assertThat(said).contains("stays as it is: write gateway there");
    assertThat(config).hasContent("data: /mine\n");
  }

  @Test
  void aMistakeIsToldByItsOptionBeforeThereIsAFile() {
    assertThat(init("--gateway=site seven")).isEqualTo(2);
    assertThat(said).contains("gateway 'site seven' is not 1 to 64 of letters");
    assertThat(init("--listen=0.0.0.0:1883")).isEqualTo(2);
    assertThat(said).contains("set access.password-file");
    assertThat(config).doesNotExist();
  }

  @Test
  void theDropInFollowsTheInputs() throws Exception {
    Files.createDirectories(config.getParent());
    Files.writeString(config, INPUT);

    assertThat(init("--drop-in=" + dropIn)).as(said).isZero();
    assertThat(said).contains("Wrote " + dropIn + " for /dev/i2c-3.");
    assertThat(dropIn).content().contains("[Service]\n", "DeviceAllow=char-i2c rw\n");

    Files.writeString(config, "gateway: site-7\n");
    assertThat(init("--drop-in=" + dropIn)).as(said).isZero();
    assertThat(said).contains("Deleted " + dropIn);
    assertThat(dropIn).doesNotExist();
  }

  @Test
  void aDropInOfAnotherHandStays() throws Exception {
    Files.createDirectories(config.getParent());
    Files.writeString(config, INPUT);
    Files.createDirectories(dropIn.getParent());
    Files.writeString(dropIn, "[Service]\nNice=1\n");

    assertThat(init("--drop-in=" + dropIn)).isEqualTo(1);
    assertThat(said).contains("was not written by this command and stays as it is");
    assertThat(dropIn).hasContent("[Service]\nNice=1\n");
  }

  @Test
  void aFaultyInputIsToldWithItsLine() throws Exception {
    Files.createDirectories(config.getParent());
    Files.writeString(config, INPUT.replace("sht3x", "sht4x"));

    assertThat(init("--drop-in=" + dropIn)).isEqualTo(2);
    assertThat(said).contains(config + " line 2").contains("sht4x");
    assertThat(dropIn).doesNotExist();
  }
}
