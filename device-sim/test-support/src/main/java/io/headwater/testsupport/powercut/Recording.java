package io.headwater.testsupport.powercut;

import io.headwater.testsupport.powercut.Notes.Call;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a process did below one folder and on the connections to its port, over several of its
 * lives. The folder must be empty before the first, and nobody else may write to it. Not
 * thread-safe.
 *
 * <p>Files that are mapped into memory change behind its back; their names are told.
 */
public final class Recording {
  /** The number of the folder itself. */
  static final int ROOT = 0;

  private final Path root;
  private final List<Event> events = new ArrayList<>();
  private final Map<Path, Integer> inodes = new HashMap<>(); // by path below the root
  private final Map<Path, Integer> removed = new HashMap<>();
  private int made;
  private int calls;

  // Of one life.
  private final Map<String, Integer> connections = new HashMap<>();
  private final Map<Integer, Integer> places = new HashMap<>(); // of events, by call
  private final Map<Integer, Call> unfinished = new LinkedHashMap<>();
  private int connected;
  private String here = "";

  /**
   * @param root the folder, by its real path
   */
  public Recording(Path root) {
    this.root = root;
    inodes.put(root, ROOT);
  }

  /** All that happened, in its order. */
  public List<Event> events() {
    return List.copyOf(events);
  }

  /** Keeps events, to cut them again. */
  public static void save(List<Event> events, Path file) throws IOException {
    Files.createDirectories(file.getParent());
    try (var out = new ObjectOutputStream(new BufferedOutputStream(Files.newOutputStream(file)))) {
      out.writeInt(events.size());
      for (Event event : events) {
        out.writeUnshared(event);
      }
    }
  }

  /** Events that were kept. */
  public static List<Event> load(Path file) throws IOException {
    var events = new ArrayList<Event>();
    try (var in = new ObjectInputStream(new BufferedInputStream(Files.newInputStream(file)))) {
      for (int left = in.readInt(); left > 0; left--) {
        events.add((Event) in.readUnshared());
      }
    } catch (ClassNotFoundException e) {
      throw new IOException(e);
    }
    return events;
  }

  /**
   * Adds a life of the process that is over; before the next one begins, for what was under way at
   * its end is looked up in the folder.
   *
   * @param port where it has listened
   */
  public void add(Path notes, int port) throws IOException {
    connections.clear();
    places.clear();
    unfinished.clear();
    here = ":" + port + "->";
    calls =
        Notes.read(
            notes,
            calls,
            new Notes.Listener() {
              @Override
              public void begun(Call call) {
                Recording.this.begun(call);
              }

              @Override
              public void ended(Call call, long result) {
                Recording.this.ended(call, result);
              }
            });
    for (Call call : List.copyOf(unfinished.values())) {
      endedWithTheProcess(call);
    }
  }

  private void begun(Call call) {
    unfinished.put(call.number(), call);
    switch (call.name()) {
      case "write", "writev", "sendto", "sendmsg", "pwrite64", "pwritev", "pwritev2" -> {
        int connection = connection(call);
        if (connection > 0) {
          places.put(call.number(), events.size());
          events.add(new Event.SendBegun(connection, call.bytes(1)));
          return;
        }
        Integer file = inode(call);
        if (file != null) {
          if (!call.name().startsWith("pwrite")) {
            throw unknown(call); // where would it go?
          }
          places.put(call.number(), events.size());
          events.add(new Event.WriteBegun(call.number(), file, call.number(3), call.bytes(1)));
        }
      }
      case "fsync", "fdatasync" -> {
        Integer inode = inode(call);
        if (inode != null) {
          places.put(call.number(), events.size());
          events.add(new Event.SyncBegun(call.number(), inode));
        }
      }
      default -> {}
    }
  }

  private void ended(Call call, long result) {
    unfinished.remove(call.number());
    switch (call.name()) {
      case "write", "writev", "sendto", "sendmsg", "pwrite64", "pwritev", "pwritev2" ->
          written(call, (int) Math.max(0, result));
      case "read", "readv", "recvfrom", "recvmsg" -> {
        int connection = connection(call);
        if (connection > 0 && result > 0) {
          events.add(new Event.Received(connection, Arrays.copyOf(call.bytes(1), (int) result)));
        }
      }
      case "fsync", "fdatasync" -> {
        Integer place = places.remove(call.number());
        if (place != null
            && result == 0
            && events.get(place) instanceof Event.SyncBegun(int number, int inode)) {
          events.add(new Event.SyncEnded(number, inode));
        }
      }
      default -> {
        if (result >= 0) {
          changed(call);
        }
      }
    }
  }

  /** A call that changes names or lengths has succeeded. */
  private void changed(Call call) {
    switch (call.name()) {
      case "openat" -> opened(call, 1);
      case "open" -> opened(call, 0);
      case "mkdir" -> make(path(call, 0), true);
      case "mkdirat" -> make(path(call, 1), true);
      case "unlink", "rmdir" -> remove(path(call, 0));
      case "unlinkat" -> remove(path(call, 1));
      case "rename" -> rename(path(call, 0), path(call, 1));
      case "renameat", "renameat2" -> rename(path(call, 1), path(call, 3));
      case "ftruncate" -> {
        Integer file = inode(call);
        if (file != null) {
          events.add(new Event.Resized(file, call.number(1)));
        }
      }
      case "creat", "truncate", "symlink", "link" -> unlessElsewhere(call, path(call, 0));
      case "linkat", "symlinkat" -> unlessElsewhere(call, path(call, 1));
      case "fallocate", "sendfile" -> unlessElsewhere(call, inode(call));
      case "copy_file_range" -> unlessElsewhere(call, inode(call, 2));
      default -> throw unknown(call);
    }
  }

  private static void unlessElsewhere(Call call, @Nullable Object below) {
    if (below != null) {
      throw unknown(call);
    }
  }

  private static IllegalStateException unknown(Call call) {
    return new IllegalStateException("not known how to follow " + call);
  }

  private void written(Call call, int length) {
    Integer place = places.remove(call.number());
    if (place == null) {
      return;
    }
    switch (events.get(place)) {
      case Event.SendBegun sent ->
          events.set(
              place, new Event.SendBegun(sent.connection(), Arrays.copyOf(sent.bytes(), length)));
      case Event.WriteBegun written -> {
        if (length < written.bytes().length) {
          events.set(
              place,
              new Event.WriteBegun(
                  call.number(),
                  written.file(),
                  written.position(),
                  Arrays.copyOf(written.bytes(), length)));
        }
        events.add(new Event.WriteEnded(call.number(), written.file()));
      }
      default -> throw new IllegalStateException("no write: " + events.get(place));
    }
  }

  private void opened(Call call, int argument) {
    Path path = path(call, argument);
    if (path == null || path.equals(root)) {
      return;
    }
    String flags = call.argument(argument + 1);
    Integer inode = inodes.get(path);
    if (inode == null) {
      if (!flags.contains("O_CREAT")) {
        throw new IllegalStateException("nobody has made " + path);
      }
      make(path, false);
    } else if (flags.contains("O_TRUNC")) {
      events.add(new Event.Resized(inode, 0));
    }
  }

  private void make(@Nullable Path path, boolean isFolder) {
    if (path != null) {
      inodes.put(path, ++made);
      events.add(new Event.Made(folder(path), name(path), made, isFolder));
    }
  }

  private void remove(@Nullable Path path) {
    Integer inode = path == null ? null : inodes.remove(path);
    if (path != null && inode != null) {
      removed.put(path, inode);
      events.add(new Event.Removed(folder(path), name(path)));
    }
  }

  private void rename(@Nullable Path from, @Nullable Path to) {
    if (from == null && to == null) {
      return;
    }
    Integer inode = from == null ? null : inodes.remove(from);
    if (from == null || to == null || inode == null || folder(from) != folder(to)) {
      throw new IllegalStateException("not known how to follow " + from + " to " + to);
    }
    Integer replaced = inodes.put(to, inode);
    if (replaced != null) {
      removed.put(to, replaced);
    }
    events.add(new Event.Renamed(folder(from), name(from), name(to), inode));
  }

  private int folder(Path path) {
    Integer folder = inodes.get(path.getParent());
    if (folder == null) {
      throw new IllegalStateException("nobody has made the folder of " + path);
    }
    return folder;
  }

  private static String name(Path path) {
    return path.getFileName().toString();
  }

  /** An argument that is a path; null if it does not lead below the root. */
  private @Nullable Path path(Call call, int argument) {
    return below(call.text(argument));
  }

  private @Nullable Path below(String text) {
    Path path = Path.of(text).normalize();
    return path.startsWith(root) ? path : null;
  }

  /** What a call's descriptor stands for; null if it does not lie below the root. */
  private @Nullable Integer inode(Call call) {
    return inode(call, 0);
  }

  private @Nullable Integer inode(Call call, int argument) {
    if (!call.argument(argument).contains("<\\x")) {
      return null;
    }
    Path path = below(call.target(argument));
    if (path == null) {
      return null;
    }
    Integer inode = call.isDeleted(argument) ? removed.get(path) : null;
    inode = inode == null ? inodes.get(path) : inode;
    if (inode == null) {
      throw new IllegalStateException("nobody has made " + path);
    }
    return inode;
  }

  /** The connection of a call's descriptor; 0 if that is something else. */
  private int connection(Call call) {
    String argument = call.argument(0);
    return argument.contains("<TCP") && argument.contains(here)
        ? connections.computeIfAbsent(call.target(0), _ -> ++connected)
        : 0;
  }

  /** The notes do not tell whether it has done its work, or how much of it; the folder does. */
  private void endedWithTheProcess(Call call) throws IOException {
    boolean happened =
        switch (call.name()) {
          case "openat" -> isThere(path(call, 1));
          case "open", "mkdir" -> isThere(path(call, 0));
          case "unlink", "rmdir", "rename" -> isGone(path(call, 0));
          case "ftruncate" ->
              inode(call) != null && Files.size(Path.of(call.target(0))) == call.number(1);
          default -> false;
        };
    if (happened) {
      ended(call, 0);
    }
    Integer place = places.get(call.number());
    if (place != null && events.get(place) instanceof Event.WriteBegun begun) {
      written(call, found(Path.of(call.target(0)), begun));
    }
  }

  private boolean isThere(@Nullable Path path) {
    return path != null && !inodes.containsKey(path) && Files.exists(path);
  }

  private static boolean isGone(@Nullable Path path) {
    return path != null && !Files.exists(path);
  }

  /** How many bytes of a write are in the file, from its first on. */
  private static int found(Path path, Event.WriteBegun begun) throws IOException {
    byte[] all = Files.exists(path) ? Files.readAllBytes(path) : new byte[0];
    int from = (int) Math.min(begun.position(), all.length);
    int to = Math.min(from + begun.bytes().length, all.length);
    int differs = Arrays.mismatch(all, from, to, begun.bytes(), 0, begun.bytes().length);
    return differs < 0 ? begun.bytes().length : differs;
  }
}
