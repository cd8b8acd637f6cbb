package io.headwater.edge.access;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.edge.access.AccessSettings.Anonymous;
import io.headwater.edge.access.AccessSettings.Certificates;
import io.headwater.edge.mqtt.Admission.Admitted;
import io.headwater.edge.mqtt.Admission.Login;
import io.headwater.edge.mqtt.Admission.Reason;
import io.headwater.edge.mqtt.Admission.Refused;
import io.headwater.edge.mqtt.Admission.Verdict;
import io.headwater.edge.mqtt.Rights;
import io.headwater.process.PasswordFile;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 30, unit = TimeUnit.SECONDS)
class AccessControlTest {
  private static final int ROOM = 2;

  @TempDir private Path folder;
  private final Deque<Runnable> work = new ArrayDeque<>();
  private final AtomicLong nanos = new AtomicLong();
  private AccessControl control;

  @BeforeEach
  void open() throws IOException {
    users("anna", "one");
    acl("user anna\ntopic a/#\n");
    control = new AccessControl(policy(), this::queue, nanos::get);
  }

  private void queue(Runnable task) {
    if (work.size() == ROOM) {
      throw new RejectedExecutionException("full");
    }
    work.add(task);
  }

  private void users(String user, String password) throws IOException {
    Files.writeString(
        folder.resolve("passwords"),
        PasswordFile.line(user, password.getBytes(StandardCharsets.UTF_8)) + "\n");
  }

  private void acl(String text) throws IOException {
    Files.writeString(folder.resolve("acl"), text);
  }

  private AccessPolicy policy() {
    return policy(true, Anonymous.LOOPBACK);
  }

  private AccessPolicy policy(boolean files, Anonymous anonymous) {
    return AccessPolicy.read(
        new AccessSettings(
            files ? Optional.of(folder.resolve("passwords")) : Optional.empty(),
            files ? Optional.of(folder.resolve("acl")) : Optional.empty(),
            anonymous,
            Certificates.OPTIONAL,
            CertificateName.CN));
  }

  private static Login login(@Nullable String user, @Nullable String password, boolean onLoopback) {
    return new Login(
        "client",
        user,
        password == null ? null : password.getBytes(StandardCharsets.UTF_8),
        null,
        new InetSocketAddress(InetAddress.getLoopbackAddress(), 4711),
        onLoopback);
  }

  private Verdict judge(Login login) {
    var verdict = control.check(login).toCompletableFuture();
    while (!verdict.isDone()) {
      work.remove().run();
    }
    return verdict.join();
  }

  private static Rights rights(Verdict verdict) {
    assertThat(verdict).isInstanceOf(Admitted.class);
    return ((Admitted) verdict).rights();
  }

  private static Reason refusal(Verdict verdict) {
    assertThat(verdict).isInstanceOf(Refused.class);
    return ((Refused) verdict).reason();
  }

  @Test
  void passwordProvesTheUser() {
    Rights anna = rights(judge(login("anna", "one", false)));
    assertThat(anna.identity()).isEqualTo("anna");
    assertThat(anna.mayPublish("a/b")).isTrue();
    assertThat(anna.mayPublish("b")).isFalse();

    assertThat(refusal(judge(login("anna", "two", false)))).isEqualTo(Reason.BAD_CREDENTIALS);
    assertThat(refusal(judge(login("anna", null, true)))).isEqualTo(Reason.BAD_CREDENTIALS);
    assertThat(refusal(judge(login("berta", "one", true)))).isEqualTo(Reason.BAD_CREDENTIALS);
  }

  @Test
  void rightPasswordIsRememberedForSomeMinutes() {
    judge(login("anna", "one", false));
    assertThat(control.check(login("anna", "one", false)).toCompletableFuture()).isDone();
    assertThat(control.check(login("anna", "two", false)).toCompletableFuture()).isNotDone();
    work.clear();

    nanos.addAndGet(Duration.ofMinutes(6).toNanos());

    assertThat(control.check(login("anna", "one", false)).toCompletableFuture()).isNotDone();
  }

  @Test
  void rememberedPasswordDiesWithTheFilesHash() throws IOException {
    judge(login("anna", "one", false));
    users("anna", "new");
    control.policy(policy());

    assertThat(refusal(judge(login("anna", "one", false)))).isEqualTo(Reason.BAD_CREDENTIALS);
    assertThat(rights(judge(login("anna", "new", false))).identity()).isEqualTo("anna");
  }

  @Test
  void moreThanTheQueueTakesAreToldToComeLater() {
    for (int i = 0; i < ROOM; i++) {
      assertThat(control.check(login("anna", "guess" + i, false)).toCompletableFuture())
          .isNotDone();
    }
    assertThat(refusal(control.check(login("anna", "one", false)).toCompletableFuture().join()))
        .isEqualTo(Reason.BUSY);
  }

  @Test
  void nobodyGetsInOnlyWhereThatIsAllowed() {
    assertThat(rights(judge(login(null, null, true))).identity()).isEmpty();
    assertThat(refusal(judge(login(null, null, false)))).isEqualTo(Reason.NOT_AUTHORIZED);
    control.policy(policy(true, Anonymous.NEVER));
    assertThat(refusal(judge(login(null, null, true)))).isEqualTo(Reason.NOT_AUTHORIZED);
    control.policy(policy(true, Anonymous.ALWAYS));
    assertThat(rights(judge(login(null, null, false))).identity()).isEmpty();
  }

  @Test
  void withoutAPasswordFileNamesSayNothing() {
    control.policy(policy(false, Anonymous.LOOPBACK));
    Rights rights = rights(judge(login("anna", "whatever", true)));
    assertThat(rights.identity()).isEmpty();
    assertThat(rights.mayPublish("anything")).isTrue();
    assertThat(refusal(judge(login("anna", "one", false)))).isEqualTo(Reason.NOT_AUTHORIZED);
  }

  @Test
  void rightsOfWhoIsConnectedFollowThePolicy() throws IOException {
    Rights anna = rights(judge(login("anna", "one", false)));
    assertThat(anna.maySubscribe("b/#")).isFalse();

    acl("user anna\ntopic b/#\n");
    control.policy(policy());
    assertThat(anna.maySubscribe("b/#")).isTrue();
    assertThat(anna.mayReceive("a/x")).isFalse();

    users("berta", "one");
    control.policy(policy());
    assertThat(List.of(anna.maySubscribe("b/#"), anna.mayPublish("b/x"), anna.mayReceive("b/x")))
        .as("a user who is gone")
        .containsOnly(false);
  }
}
