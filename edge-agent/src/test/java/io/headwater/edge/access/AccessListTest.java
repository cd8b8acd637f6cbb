package io.headwater.edge.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headwater.process.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 30, unit = TimeUnit.SECONDS)
class AccessListTest {
  @TempDir private Path folder;

  private AccessList list(String text) throws IOException {
    return AccessList.read(Files.writeString(folder.resolve("acl"), text));
  }

  private static final String EXAMPLE =
      """
      # for clients without a user
      topic read weather/#

      user dashboard
      topic read sensors/#
      topic deny sensors/secret/#
      topic\twrite  set/+

      user my sensor
      topic both
      topic readwrite with blank/x

      pattern write devices/%c/#
      pattern read private/%u/in
      pattern deny devices/%c/locked
      """;

  @Test
  void usersHaveTheirOwnLines() throws IOException {
    ClientAccess dashboard = list(EXAMPLE).of("dashboard", "c1");

    assertThat(dashboard.mayReceive("sensors/a/b")).isTrue();
    assertThat(dashboard.mayReceive("sensors")).isTrue();
    assertThat(dashboard.mayReceive("sensors/secret/x")).as("denied").isFalse();
    assertThat(dashboard.mayPublish("sensors/a/b")).as("read only").isFalse();
    assertThat(dashboard.mayPublish("set/x")).isTrue();
    assertThat(dashboard.mayReceive("set/x")).isFalse();
    assertThat(dashboard.mayReceive("weather/x")).as("another's").isFalse();
    assertThat(list(EXAMPLE).of("my sensor", "c").mayPublish("both")).isTrue();
    assertThat(list(EXAMPLE).of("my sensor", "c").mayReceive("both")).isTrue();
    assertThat(list(EXAMPLE).of("my sensor", "c").mayReceive("with blank/x")).isTrue();
  }

  @Test
  void linesBeforeTheFirstUserAreForClientsWithoutOne() throws IOException {
    ClientAccess nobody = list(EXAMPLE).of("", "c1");
    assertThat(nobody.mayReceive("weather/x")).isTrue();
    assertThat(nobody.mayPublish("weather/x")).isFalse();
    assertThat(nobody.mayPublish("devices/c1/t")).as("a pattern without a user").isTrue();
    assertThat(nobody.mayReceive("private//in")).as("a pattern of users").isFalse();
    assertThat(list(EXAMPLE).of("stranger", "c1").mayReceive("weather/x")).isFalse();
  }

  @Test
  void patternsAreFilledWithUserAndClient() throws IOException {
    ClientAccess access = list(EXAMPLE).of("anna", "c1");
    assertThat(access.mayPublish("devices/c1/t")).isTrue();
    assertThat(access.mayPublish("devices/c2/t")).isFalse();
    assertThat(access.mayPublish("devices/c1/locked")).as("denied").isFalse();
    assertThat(access.mayReceive("private/anna/in")).isTrue();
    assertThat(access.mayReceive("private/berta/in")).isFalse();
    assertThat(list(EXAMPLE).of("%c", "%u").mayPublish("devices/%u/t")).isTrue();
    assertThat(list(EXAMPLE).of("%c", "%u").mayPublish("devices/%c/t")).isFalse();
  }

  @Test
  void namesThatReachIntoOthersTopicsFitNoPattern() throws IOException {
    for (String name : List.of("+", "#", "c2/t", "a+")) {
      assertThat(list(EXAMPLE).of("", name).mayPublish("devices/c2/t")).as(name).isFalse();
      assertThat(list(EXAMPLE).of("", name).mayPublish("devices/" + name + "/t")).isFalse();
      assertThat(list(EXAMPLE).of(name, "c").mayPublish("devices/c/t")).as(name).isFalse();
    }
  }

  @Test
  void filtersAreGrantedWhereSomethingOfThemMayBeReceived() throws IOException {
    ClientAccess access = list(EXAMPLE).of("dashboard", "c1");
    assertThat(access.maySubscribe("sensors/+/t")).isTrue();
    assertThat(access.maySubscribe("#")).as("wider than the rights").isTrue();
    assertThat(access.maySubscribe("$share/g/sensors/+")).isTrue();
    assertThat(access.maySubscribe("$share/g/other/+")).isFalse();
    assertThat(access.maySubscribe("sensors/secret/+")).as("denied").isFalse();
    assertThat(access.maySubscribe("set/x")).as("write only").isFalse();
    assertThat(access.maySubscribe("weather/#")).isFalse();
    assertThat(access.maySubscribe("private/+/in")).isTrue();
  }

  @Test
  void whatIsDeniedWinsWhateverTheOrder() throws IOException {
    ClientAccess access = list("user u\ntopic #\ntopic deny test/nosubscribe\n").of("u", "c");
    assertThat(access.maySubscribe("test/nosubscribe")).isFalse();
    assertThat(access.maySubscribe("#")).isTrue();
    assertThat(access.mayReceive("test/nosubscribe")).isFalse();
    assertThat(access.mayPublish("test/nosubscribe")).isFalse();
    assertThat(access.mayReceive("test/other")).isTrue();
    assertThat(access.mayReceive("$SYS/x")).as("# does not fit a $").isFalse();
  }

  @Test
  void mistakesNameFileAndLine() {
    record Case(String text, String problem) {}
    for (Case each :
        List.of(
            new Case("user u\ntopics read a\n", "line 2 of"),
            new Case("\n\nuser\n", "line 3 of"),
            new Case("topic reed a/b\n", "'reed' is not read, write, readwrite or deny"),
            new Case("topic read a/#/b\n", "'a/#/b' is not a topic filter"),
            new Case("topic\n", "the topic is missing"),
            new Case("pattern read a/%u#\n", "'a/%u#' is not a topic filter"))) {
      assertThatThrownBy(() -> list(each.text()))
          .isInstanceOf(UserError.class)
          .hasMessageContaining("access.acl-file: line ")
          .hasMessageContaining(folder.toString())
          .hasMessageContaining(each.problem());
    }
    assertThatThrownBy(() -> AccessList.read(folder.resolve("none")))
        .hasMessageContaining("no such file");
  }
}
