package io.headwater.process;

import java.io.IOException;
import java.net.BindException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/**
 * Says who holds a port. The holder is read from Linux' {@code /proc}; elsewhere it stays unnamed.
 */
public final class Ports {
  private static final String LISTENING = "0A";
  private static final int SHOWN_COMMAND = 120;

  private Ports() {}

  /**
   * The error for a listener that could not bind.
   *
   * @param what the listener's name for users: {@code MQTT}
   */
  public static UserError inUse(String what, HostPort address, Throwable cause) {
    if (!(cause instanceof BindException)
        && !String.valueOf(cause.getMessage()).contains("in use")) {
      return UserError.failure(
          what + " address " + address + " cannot be listened on (" + cause.getMessage() + ")",
          cause);
    }
    return UserError.failure(
        what
            + " port "
            + address.port()
            + holder(address.port())
                .map(holder -> " is in use by " + holder + "; stop it")
                .orElse(" is in use or not this machine's (" + address + "); stop its holder")
            + " or choose another port",
        cause);
  }

  /** The process that listens on the TCP port: {@code pid 42 (mosquitto -p 1883)}. */
  public static Optional<String> holder(int port) {
    try {
      Set<String> sockets = listeningSockets(port);
      if (sockets.isEmpty()) {
        return Optional.empty();
      }
      return ProcessHandle.allProcesses()
          .mapToLong(ProcessHandle::pid)
          .filter(pid -> holdsAny(pid, sockets))
          .mapToObj(pid -> "pid " + pid + command(pid))
          .findFirst();
    } catch (IOException _) {
      return Optional.empty(); // no /proc here
    }
  }

  private static Set<String> listeningSockets(int port) throws IOException {
    String suffix = String.format(":%04X", port);
    var sockets = new HashSet<String>();
    for (String table : new String[] {"/proc/net/tcp", "/proc/net/tcp6"}) {
      if (Files.isReadable(Path.of(table))) {
        Files.readAllLines(Path.of(table)).stream()
            .map(line -> line.strip().split("\\s+"))
            .filter(f -> f.length > 9 && f[1].endsWith(suffix) && f[3].equals(LISTENING))
            .forEach(f -> sockets.add("socket:[" + f[9] + "]"));
      }
    }
    return sockets;
  }

  private static boolean holdsAny(long pid, Set<String> sockets) {
    try (DirectoryStream<Path> descriptors =
        Files.newDirectoryStream(Path.of("/proc", Long.toString(pid), "fd"))) {
      for (Path descriptor : descriptors) {
        if (sockets.contains(Files.readSymbolicLink(descriptor).toString())) {
          return true;
        }
      }
    } catch (IOException _) {
      // Another user's process, or one that has just ended.
    }
    return false;
  }

  private static String command(long pid) {
    try {
      String line =
          new String(
                  Files.readAllBytes(Path.of("/proc", Long.toString(pid), "cmdline")),
                  StandardCharsets.UTF_8)
              .replace('\0', ' ')
              .strip();
      // A JVM's options would fill the screen: its main class and arguments say more.
      int main = line.indexOf("io.headwater.");
      String shown = main > 0 ? line.substring(main) : line;
      return " ("
          + (shown.length() > SHOWN_COMMAND ? shown.substring(0, SHOWN_COMMAND) + "…" : shown)
          + ")";
    } catch (IOException _) {
      return "";
    }
  }
}
