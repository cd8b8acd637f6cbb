package io.headwater.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headwater.testsupport.ChildProcess;
import io.headwater.testsupport.OutsideSoftware;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
class PasswordFileTest {
  @TempDir private Path folder;

  private PasswordFile read(Path file) {
    return PasswordFile.read("access.password-file", file, _ -> true, "headwater edge password");
  }

  private Path file(String... lines) throws IOException {
    return Files.write(folder.resolve("passwords"), List.of(lines));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void fileOfMosquittoPasswdIsTakenOver() throws IOException {
    Path program = OutsideSoftware.find("mosquitto_passwd");
    Path file = folder.resolve("mosquitto");
    try (var first =
            ChildProcess.start(
                folder, program.toString(), "-c", "-b", file.toString(), "anna", "s3cret");
        var _ = first) {
      assertThat(first.awaitExit(Duration.ofSeconds(20))).as(first.output()).isZero();
    }
    try (var second =
        ChildProcess.start(
            folder, program.toString(), "-b", file.toString(), "berta b", "grüße ☂")) {
      assertThat(second.awaitExit(Duration.ofSeconds(20))).as(second.output()).isZero();
    }

    PasswordFile passwords = read(file);

    assertThat(passwords.matches("anna", bytes("s3cret"))).isTrue();
    assertThat(passwords.matches("berta b", bytes("grüße ☂"))).isTrue();
    assertThat(passwords.matches("anna", bytes("grüße ☂"))).isFalse();
    assertThat(passwords.matches("anna", bytes("s3cret "))).isFalse();
    assertThat(passwords.matches("anna", bytes(""))).isFalse();
    assertThat(passwords.matches("carl", bytes("s3cret"))).isFalse();
  }

  @Test
  void passwordsMayBeAnyBytes() throws IOException {
    byte[] binary = {(byte) 0xFF, 0, (byte) 0xFE, 1};
    byte[] other = {(byte) 0xFD, 0, (byte) 0xFC, 1}; // as text it would be the same
    PasswordFile passwords = read(file(PasswordFile.line("a", binary)));

    assertThat(passwords.matches("a", binary)).isTrue();
    assertThat(passwords.matches("a", other)).isFalse();
  }

  /** The hashes are those of the test vectors of OpenBSD's and Openwall's implementations. */
  @Test
  void bcryptHashesOfOtherSoftwareAreTakenOver() throws IOException {
    String known = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"; // of U*U
    PasswordFile passwords =
        read(
            file(
                "a:" + known,
                "b:" + known.replace("$2a$", "$2b$"),
                "y:" + known.replace("$2a$", "$2y$"),
                PasswordFile.line("c", bytes("other"))));

    for (String user : List.of("a", "b", "y")) {
      assertThat(passwords.matches(user, bytes("U*U"))).as(user).isTrue();
      assertThat(passwords.matches(user, bytes("U*V"))).as(user).isFalse();
      assertThat(passwords.matches(user, bytes("x".repeat(100)))).as(user).isFalse();
    }
    assertThat(passwords.matches("c", bytes("other"))).isTrue();
    assertThat(passwords.matches("nobody", bytes("U*U"))).isFalse();
  }

  @Test
  void bcryptHashesThatCostTooMuchAreRefused() throws IOException {
    for (String cost : List.of("13", "31", "03")) {
      String hash = "$2b$" + cost + "$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
      assertThatThrownBy(() -> read(file("# comment", "a:" + hash)))
          .isInstanceOf(UserError.class)
          .hasMessageStartingWith("access.password-file: line 2 of " + folder)
          .hasMessageContaining("bcrypt hash of cost " + Integer.parseInt(cost) + ", not 4 to 12");
    }
  }

  @Test
  void badLinesAreNamed() throws IOException {
    String good = PasswordFile.line("good", bytes("x"));
    for (String bad :
        List.of(
            "plain:text",
            "nocolon",
            "old:$6$c2FsdA==$aGFzaA==",
            good.replace("$7$1000$", "$7$0$"),
            good.replace("$7$1000$", "$7$9000000$"),
            good.substring(0, good.length() - 8))) {
      assertThatThrownBy(() -> read(file("# comment", "", good, bad)))
          .as(bad)
          .isInstanceOf(UserError.class)
          .hasMessageStartingWith("access.password-file: line 4 of " + folder)
          .hasMessageContaining("make it by headwater edge password or mosquitto_passwd");
    }
    assertThatThrownBy(() -> read(folder.resolve("none"))).hasMessageContaining("no such file");
  }

  @Test
  void putAndRemoveLeaveTheOtherLinesAndTheFilesRights() throws IOException {
    Path file = folder.resolve("passwords");
    PasswordFile.put(file, "a", bytes("one"));
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-r-----");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    PasswordFile.put(file, "b", bytes("two"));
    PasswordFile.put(file, "a", bytes("three"));

    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    assertThat(read(file).matches("a", bytes("three"))).isTrue();
    assertThat(read(file).matches("a", bytes("one"))).isFalse();
    assertThat(read(file).matches("b", bytes("two"))).isTrue();
    assertThat(PasswordFile.remove(file, "a")).isTrue();
    assertThat(PasswordFile.remove(file, "a")).isFalse();
    assertThat(read(file).hash("a")).isEmpty();
    assertThat(read(file).hash("b")).isPresent();
  }
}
