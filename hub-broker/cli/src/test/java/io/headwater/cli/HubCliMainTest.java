package io.headwater.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.process.Main;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is refused before a hub is asked for anything. */
@Timeout(30)
class HubCliMainTest {
  private static int execute(String line) {
    return Main.execute(new HubCliMain(), line.split(" "));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "topics",
        "groups",
        "topics lst",
        "topics create",
        "topics create t --config retention.ms",
        "topics alter t",
        "topics alter t --config a=1 --delete-config a",
        "topics list --hub here",
        "topics list --hub localhost:1,localhost",
        "groups reset-offsets g",
        "groups reset-offsets g --to",
        "groups reset-offsets g --to nowhere",
        "groups reset-offsets g --to offset x",
        "produce t --acks 2",
        "produce t --compression rar",
        "produce t --key k --key-separator :",
        "consume",
        "consume t --from latst",
        "consume t --count 0",
        "consume t --output xml",
        "consume t --isolation none",
        "consume t --output json --key-separator :",
        "consume t --group g --partition 1",
        "commands",
        "commands send",
        "commands send g",
        "commands send g/h ping",
        "commands send g reboot",
        "commands send g ping --answer",
        "commands send g x --device a+b",
        "commands send g x --device d --expiry soon",
        "commands send g x --device d --expiry 0s",
        "commands send g x --device d --file f",
        "commands list --gateway g/h",
        "gateways",
        "gateways describe",
        "gateways forget",
        "gateways forget g/h",
        "gateways refetch g --from 1 --to 2",
        "gateways refetch g --stream s --from 2 --to 1",
        "gateways refetch g --stream s --from -5 --to 10",
        "gateways refetch g --stream s --from yesterday --to latest"
      })
  void wrongUsageEndsWithTwo(String line) {
    assertThat(execute(line)).isEqualTo(2);
  }

  @Test
  void settingsThatCannotBeReadEndWithOne(@TempDir Path folder) throws Exception {
    Path broken = Files.writeString(folder.resolve("broken"), "a=\\uXYZW");

    assertThat(execute("topics list --settings " + folder.resolve("none"))).isEqualTo(1);
    assertThat(execute("topics list --settings " + broken)).isEqualTo(1);
  }
}
