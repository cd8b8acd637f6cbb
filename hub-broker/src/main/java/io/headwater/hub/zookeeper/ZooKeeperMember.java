package io.headwater.hub.zookeeper;

import io.headwater.process.HostPort;
import java.io.IOException;
import java.net.ConnectException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * A ZooKeeper server as it answers for itself.
 *
 * @param address for clients
 * @param detail why it is not known what it does, in some words; empty if it is known
 */
public record ZooKeeperMember(HostPort address, Role role, String detail) {
  private static final Duration PATIENCE = Duration.ofSeconds(2);
  private static final int LONGEST_ANSWER = 1 << 14;
  private static final String MODE = "Mode: ";

  /** What a server does. */
  public enum Role {
    LEADER,
    FOLLOWER,
    /** Follows without a vote. */
    OBSERVER,
    /** Alone, and no member of anything. */
    STANDALONE,
    /** Is there, but knows of no majority. */
    NOT_SERVING,
    /** Is there, and does not say what it does: it was set up so. */
    NOT_TOLD,
    UNREACHABLE;

    /** Whether clients are served, as far as is known. */
    public boolean serves() {
      return this != NOT_SERVING && this != UNREACHABLE;
    }
  }

  /**
   * Asks all of them at once by ZooKeeper's word {@code srvr}, and waits two seconds at most.
   *
   * @return in the order of the addresses
   */
  public static List<ZooKeeperMember> ask(List<HostPort> addresses) {
    var answers = new ArrayList<Future<ZooKeeperMember>>();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      addresses.forEach(address -> answers.add(threads.submit(() -> ask(address))));
      var members = new ArrayList<ZooKeeperMember>();
      for (Future<ZooKeeperMember> answer : answers) {
        members.add(answer.get());
      }
      return members;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while ZooKeeper was asked", e);
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    }
  }

  private static ZooKeeperMember ask(HostPort address) {
    int patienceMs = Math.toIntExact(PATIENCE.toMillis());
    try (var socket = new Socket()) {
      socket.connect(address.socketAddress(), patienceMs);
      socket.setSoTimeout(patienceMs);
      socket.getOutputStream().write("srvr".getBytes(StandardCharsets.US_ASCII));
      byte[] answer = socket.getInputStream().readNBytes(LONGEST_ANSWER);
      return of(address, new String(answer, StandardCharsets.US_ASCII));
    } catch (IOException e) {
      return new ZooKeeperMember(address, Role.UNREACHABLE, reason(e));
    }
  }

  /** Reads an answer; one that is empty comes from a server that is about to start or to end. */
  static ZooKeeperMember of(HostPort address, String answer) {
    for (String line : answer.lines().toList()) {
      if (line.startsWith(MODE)) {
        return switch (line.substring(MODE.length()).strip()) {
          case "leader" -> new ZooKeeperMember(address, Role.LEADER, "");
          case "follower" -> new ZooKeeperMember(address, Role.FOLLOWER, "");
          case "observer" -> new ZooKeeperMember(address, Role.OBSERVER, "");
          case "standalone" -> new ZooKeeperMember(address, Role.STANDALONE, "");
          default -> new ZooKeeperMember(address, Role.NOT_TOLD, line);
        };
      }
    }
    if (answer.contains("whitelist")) {
      return new ZooKeeperMember(
          address, Role.NOT_TOLD, "srvr is not in its 4lw.commands.whitelist");
    }
    return answer.isEmpty() || answer.contains("not currently serving")
        ? new ZooKeeperMember(address, Role.NOT_SERVING, "")
        : new ZooKeeperMember(address, Role.UNREACHABLE, "what answers there is no ZooKeeper");
  }

  private static String reason(IOException e) {
    return switch (e) {
      case UnknownHostException _ -> "unknown host";
      case ConnectException _ -> "connection refused";
      case SocketTimeoutException _ -> "no answer within " + PATIENCE.toSeconds() + " s";
      default -> String.valueOf(e.getMessage());
    };
  }
}
