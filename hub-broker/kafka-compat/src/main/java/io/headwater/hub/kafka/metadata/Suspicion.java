package io.headwater.hub.kafka.metadata;

import io.headwater.process.Threads;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.protocol.ApiKeys;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Notices that another broker is gone or stands still, by asking it for something. Who is refused,
 * twice in a row, or hears nothing for as long as a session lasts, says so in the store; so does
 * who is not answered for a third of that by a broker that closes connections, as it does without a
 * lease, which is lost after the other two thirds. If two do, the broker is taken for gone ({@link
 * CatalogStore#suspect}). Silence counts for those only who hear most brokers themselves; and who
 * was taken for gone, and has heard few for as long, does not register again until he does: he
 * would be given partitions only to lose them.
 *
 * <p>A process that has ended is so found long before its session ends, as its machine refuses
 * connections. And one that stands still is found in time where the store itself was on its
 * machine: whoever replaces it counts all sessions from the beginning.
 *
 * <p>All state is confined to the thread {@code hub-suspicion-0}.
 */
public final class Suspicion implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(Suspicion.class);
  private static final Duration PAUSE = Duration.ofMillis(100);
  private static final int PATIENCE_MS = 1_000;

  /** So many in a row, so that a port that is just opened anew is not enough. */
  private static final int REFUSALS = 2;

  /** ApiVersions in version 0, which every broker answers: size, header, no body. */
  private static final byte[] QUESTION = question();

  private enum Sign {
    ANSWER,
    REFUSAL,
    NO_LEASE,
    SILENCE
  }

  /** What is known of one broker. */
  private static final class Heard {
    private long lastNanos = System.nanoTime();
    private int refusals;
    private long leasedNanos = lastNanos;
    private boolean told;

    void note(Sign sign) {
      long now = System.nanoTime();
      refusals = sign == Sign.REFUSAL ? refusals + 1 : 0;
      if (sign == Sign.ANSWER) {
        lastNanos = now;
        told = false;
      }
      if (sign != Sign.NO_LEASE) {
        leasedNanos = now;
      }
    }

    boolean isRefusing() {
      return refusals >= REFUSALS;
    }

    boolean isSilentFor(Duration time) {
      return System.nanoTime() - lastNanos > time.toNanos();
    }

    boolean isWithoutLeaseFor(Duration time) {
      return System.nanoTime() - leasedNanos > time.toNanos();
    }
  }

  private final StoredCatalog catalog;
  private final int nodeId;
  private final Duration silence;
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(Threads.factory("hub-suspicion"));
  private final Map<Broker, Heard> heard = new HashMap<>();
  private volatile boolean hearsMost = true;

  /**
   * @param silence after which a broker that answers nothing is suspected
   */
  public Suspicion(StoredCatalog catalog, int nodeId, Duration silence) {
    this.catalog = catalog;
    this.nodeId = nodeId;
    this.silence = silence;
    catalog.registerAgainIf(() -> hearsMost);
    var _ =
        thread.scheduleWithFixedDelay(
            this::askAll, PAUSE.toMillis(), PAUSE.toMillis(), TimeUnit.MILLISECONDS);
  }

  private static byte[] question() {
    byte[] client = "hub-suspicion".getBytes(StandardCharsets.US_ASCII);
    int length = 3 * Short.BYTES + Integer.BYTES + client.length;
    return ByteBuffer.allocate(Integer.BYTES + length)
        .putInt(length)
        .putShort(ApiKeys.API_VERSIONS.id)
        .putShort((short) 0)
        .putInt(0)
        .putShort((short) client.length)
        .put(client)
        .array();
  }

  private void askAll() {
    TopicsSnapshot snapshot = catalog.current();
    List<Broker> others =
        snapshot.brokers().values().stream()
            // Who leaves is missed as long as he leads something.
            .filter(
                broker -> broker.id() != nodeId && (!broker.leaving() || leads(snapshot, broker)))
            .toList();
    heard.keySet().retainAll(others);
    int answers = 0;
    int lately = 0;
    var missed = new LinkedHashMap<Broker, Heard>();
    for (Broker broker : others) {
      Heard known = heard.computeIfAbsent(broker, _ -> new Heard());
      Sign sign = ask(broker);
      known.note(sign);
      if (sign == Sign.ANSWER) {
        answers++;
      }
      boolean isSilent = known.isSilentFor(silence);
      if (!isSilent) {
        lately++;
      }
      if (known.isRefusing()) {
        suspect(broker, known);
      } else if (isSilent || known.isWithoutLeaseFor(silence.dividedBy(3))) {
        missed.put(broker, known);
      }
    }
    if (isMost(answers, others)) {
      missed.forEach(this::suspect);
    }
    boolean heardMost = hearsMost;
    hearsMost = isMost(lately, others);
    if (hearsMost && !heardMost) {
      catalog.refresh();
    }
  }

  private static boolean leads(TopicsSnapshot snapshot, Broker broker) {
    return snapshot.topics().values().stream()
        .flatMap(topic -> topic.partitions().stream())
        .anyMatch(partition -> partition.leader() == broker.id());
  }

  /** Whether so many of the others, and this broker, are more than half of all. */
  private static boolean isMost(int heard, List<Broker> others) {
    return 2 * (heard + 1) > others.size() + 1;
  }

  private static Sign ask(Broker broker) {
    try (var socket = new Socket()) {
      socket.connect(new InetSocketAddress(broker.host(), broker.port()), PATIENCE_MS);
      socket.setSoTimeout(PATIENCE_MS);
      socket.getOutputStream().write(QUESTION);
      return socket.getInputStream().read() < 0 ? Sign.NO_LEASE : Sign.ANSWER;
    } catch (ConnectException e) {
      // A machine that cannot be reached gives this exception, too.
      return String.valueOf(e.getMessage()).contains("refused") ? Sign.REFUSAL : Sign.SILENCE;
    } catch (IOException | RuntimeException _) {
      return Sign.SILENCE;
    }
  }

  /** Says it again and again in the store, and once to operators. */
  private void suspect(Broker broker, Heard known) {
    LOGGER
        .atLevel(known.told ? Level.DEBUG : Level.WARN)
        .addKeyValue("broker", broker.id())
        .log("A broker that has not left refuses connections, or answers nothing");
    known.told = true;
    catalog
        .suspect(broker.id())
        .whenComplete((_, failure) -> {
          if (failure != null && !thread.isShutdown()) {
            LOGGER
                .atWarn()
                .addKeyValue("broker", broker.id())
                .addKeyValue("error", failure.getMessage())
                .log("The suspicion could not be told; that is tried again");
          }
        });
  }

  @Override
  public void close() {
    thread.shutdownNow();
    thread.close();
  }
}
