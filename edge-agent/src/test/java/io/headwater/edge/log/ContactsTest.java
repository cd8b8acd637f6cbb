package io.headwater.edge.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headwater.uplink.Incarnation;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 30, unit = TimeUnit.SECONDS)
class ContactsTest {
  private static final long OPENING = 7;

  @TempDir private Path folder;
  private final AtomicLong nanos = new AtomicLong();
  private final Contacts contacts = new Contacts(nanos::get);
  private final LogState state = new LogState(1);
  private LogFile file;

  @BeforeEach
  void make() throws SQLException {
    state.open(new Incarnation(OPENING, Map.of()));
    file = LogFile.create(folder.resolve("1" + LogFile.SUFFIX), state, Map.of(), null, List.of());
  }

  private LogState onDisk() throws SQLException {
    var found = new LogState(1);
    LogFile.open(folder.resolve("1" + LogFile.SUFFIX), found, List.of()).close();
    return found;
  }

  private Thread note(Contacts.Kind kind) {
    Thread thread = Thread.ofPlatform().start(() -> contacts.note(kind));
    Awaitility.await()
        .atMost(Duration.ofSeconds(10)) // it does not wait for ever
        .pollInterval(Duration.ofMillis(1))
        .until(() -> thread.getState() == Thread.State.TIMED_WAITING);
    return thread;
  }

  @Test
  void whoAsksWaitsUntilItIsOnDisk() throws Exception {
    Thread asking = note(Contacts.Kind.ASKED);

    contacts.write(file, state);

    asking.join();
    file.close();
    assertThat(onDisk().lastAsked()).isEqualTo(OPENING);
    assertThat(onDisk().lastSent()).as("nothing was sent").isZero();
  }

  @Test
  void whatCannotBeWrittenHoldsNobodyUpAndIsTriedAgain() throws Exception {
    LogFile broken = file;
    broken.close();
    Thread sending = note(Contacts.Kind.SENT);

    assertThatThrownBy(() -> contacts.write(broken, state)).isInstanceOf(SQLException.class);

    sending.join();
    contacts.note(Contacts.Kind.SENT); // does not wait: nobody would write
    contacts.write(broken, state); // does not try: it is too early
    nanos.addAndGet(Duration.ofSeconds(6).toNanos());
    LogFile whole = LogFile.open(folder.resolve("1" + LogFile.SUFFIX), new LogState(1), List.of());
    contacts.write(whole, state);
    whole.close();
    assertThat(onDisk().lastSent()).isEqualTo(OPENING);
  }

  @Test
  void aDiskThatDoesNotAnswerIsWaitedForOnce() {
    contacts.note(Contacts.Kind.ASKED); // nobody writes

    long started = System.nanoTime();
    contacts.note(Contacts.Kind.ASKED);

    assertThat(Duration.ofNanos(System.nanoTime() - started)).isLessThan(Duration.ofMillis(1900));
  }
}
