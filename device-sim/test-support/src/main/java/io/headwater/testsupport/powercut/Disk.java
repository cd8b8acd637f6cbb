package io.headwater.testsupport.powercut;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A disk and the kernel's cache before it, over the course of a recording.
 *
 * <p>What a power cut leaves is as bad as POSIX allows:
 *
 * <ul>
 *   <li>What a file had when an {@code fsync} or {@code fdatasync} of it began that has succeeded
 *       before the cut is there.
 *   <li>Of what was written later each piece of 512 bytes is there, is not, or is there in part,
 *       whatever the order of writing. Bytes that were not written keep their value.
 *   <li>The file's length may be ahead of its bytes; they are zero then.
 *   <li>A name that was given, changed or taken, and a length that was cut, is as before or as
 *       after, each by itself, until the folder, or the file whose length it is, is forced. To
 *       force a file does not keep its name: file systems may do more, none has to.
 *   <li>A file that the process has mapped into memory may hold anything.
 * </ul>
 *
 * <p>Not thread-safe.
 */
public final class Disk {
  private static final int PIECE = 512;
  private static final int NEVER = Integer.MAX_VALUE;

  /** How a disk behaves at one cut: it has done everything, or only what it likes. */
  private record Mood(
      double keepsPieces, double tearsPieces, double keepsChanges, boolean lengthIsAhead) {
    private static final Mood DILIGENT = new Mood(1, 0, 1, false);
    private static final double[] CHANCES = {0, 0.1, 0.5, 0.9, 0.98, 1};

    static Mood any(SplittableRandom random) {
      return new Mood(
          CHANCES[random.nextInt(CHANCES.length)],
          random.nextBoolean() ? 0 : 0.1,
          CHANCES[random.nextInt(CHANCES.length)],
          random.nextBoolean());
    }

    /** Towards one file: whatever reached the disk of others may not have of this one. */
    Mood towardsAFile(SplittableRandom random) {
      return equals(DILIGENT) || random.nextBoolean() ? this : any(random);
    }
  }

  private abstract static class Inode {
    /** Forces what had ended by then. */
    abstract void sync(int then);
  }

  /** A name is taken away, and one is given: either may be missing. */
  private record NameChange(
      int at, @Nullable String gone, @Nullable String name, @Nullable Integer inode) {
    void applyTo(Map<String, Integer> names) {
      if (gone != null) {
        names.remove(gone);
      }
      if (name != null && inode != null) {
        names.put(name, inode);
      }
    }
  }

  private static final class Folder extends Inode {
    private final Map<String, Integer> durable = new TreeMap<>();
    private final List<NameChange> changes = new ArrayList<>();

    @Override
    void sync(int then) {
      while (!changes.isEmpty() && changes.getFirst().at() < then) {
        changes.removeFirst().applyTo(durable);
      }
    }

    Map<String, Integer> names(Mood mood, SplittableRandom random) {
      var names = new TreeMap<>(durable);
      for (NameChange change : changes) {
        if (random.nextDouble() < mood.keepsChanges()) {
          change.applyTo(names);
        }
      }
      return names;
    }
  }

  /** A write, or a new length where there are no bytes. */
  private static final class FileChange {
    private final long position;
    private final byte @Nullable [] bytes;
    private int endedAt;

    FileChange(long position, byte @Nullable [] bytes, int endedAt) {
      this.position = position;
      this.bytes = bytes;
      this.endedAt = endedAt;
    }
  }

  /** Bytes of a file. */
  private static final class Content {
    private byte[] bytes;
    private int length;

    Content(byte[] bytes, int length) {
      this.bytes = bytes;
      this.length = length;
    }

    Content copy() {
      return new Content(Arrays.copyOf(bytes, Math.max(length, 1)), length);
    }

    /** Bytes behind the length are zero. */
    void resize(int newLength) {
      if (newLength > bytes.length) {
        bytes = Arrays.copyOf(bytes, Math.max(newLength, 2 * bytes.length));
      } else if (newLength < length) {
        Arrays.fill(bytes, newLength, length, (byte) 0);
      }
      length = newLength;
    }

    void reach(int end) {
      if (end > length) {
        resize(end);
      }
    }

    void write(int position, byte[] from, int start, int end) {
      reach(position + end - start);
      System.arraycopy(from, start, bytes, position, end - start);
    }
  }

  private static final class FileInode extends Inode {
    private final Content durable = new Content(new byte[0], 0);
    private final List<FileChange> changes = new ArrayList<>();

    @Override
    void sync(int then) {
      changes.removeIf(change -> {
        if (change.endedAt >= then) {
          return false;
        }
        int position = (int) change.position;
        if (change.bytes == null) {
          durable.resize(position);
        } else {
          durable.write(position, change.bytes, 0, change.bytes.length);
        }
        return true;
      });
    }

    /** To be read only. */
    Content content(Mood mood, SplittableRandom random) {
      if (changes.isEmpty()) {
        return durable;
      }
      Content content = durable.copy();
      for (FileChange change : changes) {
        int position = (int) change.position;
        if (change.bytes != null) {
          for (int start = 0; start < change.bytes.length; ) {
            int end = Math.min(start + PIECE - (position + start) % PIECE, change.bytes.length);
            write(content, position, change.bytes, start, end, mood, random);
            start = end;
          }
          if (mood.lengthIsAhead()) {
            content.reach(position + change.bytes.length);
          }
        } else if (random.nextDouble() < mood.keepsChanges()) {
          content.resize(position);
        }
      }
      return content;
    }

    private static void write(
        Content content,
        int position,
        byte[] bytes,
        int start,
        int end,
        Mood mood,
        SplittableRandom random) {
      if (random.nextDouble() < mood.tearsPieces()) {
        int middle = random.nextInt(start, end + 1);
        if (random.nextBoolean()) {
          content.write(position + start, bytes, start, middle);
        } else {
          content.write(position + middle, bytes, middle, end);
        }
      } else if (random.nextDouble() < mood.keepsPieces()) {
        content.write(position + start, bytes, start, end);
      }
    }
  }

  private final Map<Integer, Inode> inodes = new HashMap<>();
  private final Map<Integer, FileChange> writes = new HashMap<>(); // under way, by call
  private final Map<Integer, Integer> syncs = new HashMap<>(); // when they began, by call
  private final Predicate<String> isMapped;
  private int now;

  /**
   * @param isMapped by its name, whether a file is mapped into memory
   */
  public Disk(Predicate<String> isMapped) {
    this.isMapped = isMapped;
    inodes.put(Recording.ROOT, new Folder());
  }

  /** Takes the next event of the recording. */
  public void apply(Event event) {
    now++;
    switch (event) {
      case Event.WriteBegun begun -> {
        var change = new FileChange(begun.position(), begun.bytes(), NEVER);
        writes.put(begun.call(), change);
        file(begun.file()).changes.add(change);
      }
      case Event.WriteEnded ended -> {
        FileChange change = writes.remove(ended.call());
        if (change != null) {
          change.endedAt = now;
        }
      }
      case Event.SyncBegun begun -> syncs.put(begun.call(), now);
      case Event.SyncEnded ended -> {
        Integer began = syncs.remove(ended.call());
        Inode inode = inodes.get(ended.inode());
        if (began != null && inode != null) {
          inode.sync(began);
        }
      }
      case Event.Resized resized ->
          file(resized.file()).changes.add(new FileChange(resized.length(), null, now));
      case Event.Made made -> {
        inodes.put(made.inode(), made.isFolder() ? new Folder() : new FileInode());
        change(made.folder(), null, made.name(), made.inode());
      }
      case Event.Removed removed -> change(removed.folder(), removed.name(), null, null);
      case Event.Renamed renamed ->
          change(renamed.folder(), renamed.name(), renamed.toName(), renamed.inode());
      case Event.Received _, Event.SendBegun _ -> {}
    }
  }

  private void change(
      int folder, @Nullable String gone, @Nullable String name, @Nullable Integer inode) {
    folder(folder).changes.add(new NameChange(now, gone, name, inode));
  }

  private Folder folder(int number) {
    if (inodes.get(number) instanceof Folder folder) {
      return folder;
    }
    throw new IllegalStateException("no such folder: " + number);
  }

  private FileInode file(int number) {
    if (inodes.get(number) instanceof FileInode file) {
      return file;
    }
    throw new IllegalStateException("no such file: " + number);
  }

  /**
   * Cuts the power: makes the folder that may be found then.
   *
   * @param target a folder that is not there
   * @param below what of the recorded folder is wanted: its subfolder of this path
   * @param random says what the disk does
   */
  public void cut(Path target, Path below, SplittableRandom random) throws IOException {
    build(Recording.ROOT, target, below, Mood.any(random), random);
  }

  /** Makes the folder as the process sees it. */
  public void build(Path target) throws IOException {
    build(Recording.ROOT, target, Path.of(""), Mood.DILIGENT, new SplittableRandom(0));
  }

  private void build(int number, Path target, Path below, Mood mood, SplittableRandom random)
      throws IOException {
    Map<String, Integer> names = folder(number).names(mood, random);
    String only = below.toString().isEmpty() ? "" : below.getName(0).toString();
    Files.createDirectory(target);
    for (var entry : names.entrySet()) {
      String name = entry.getKey();
      if (!only.isEmpty() && !only.equals(name)) {
        continue;
      }
      Path path = target.resolve(name);
      if (inodes.get(entry.getValue()) instanceof FileInode file) {
        if (isMapped.test(name)) {
          var noise = new byte[random.nextInt(1 << 16)];
          random.nextBytes(noise);
          Files.write(path, noise);
        } else {
          Content content = file.content(mood.towardsAFile(random), random);
          try (var out = Files.newOutputStream(path)) {
            out.write(content.bytes, 0, content.length);
          }
        }
      } else {
        Path rest = below.getNameCount() > 1 ? below.subpath(1, below.getNameCount()) : Path.of("");
        build(entry.getValue(), path, rest, mood, random);
      }
    }
  }
}
