package io.headwater.testsupport.powercut;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 120, unit = TimeUnit.SECONDS)
class DiskTest {
  private static final int A = 1;
  private static final int B = 2;
  private static final int CUTS = 400;

  @TempDir private Path folder;
  private final Disk disk = new Disk(_ -> false);
  private int calls;
  private int cuts;

  private int begin(int file, long position, byte[] bytes) {
    disk.apply(new Event.WriteBegun(++calls, file, position, bytes));
    return calls;
  }

  private void write(int file, long position, byte[] bytes) {
    disk.apply(new Event.WriteEnded(begin(file, position, bytes), file));
  }

  private int beginSync(int inode) {
    disk.apply(new Event.SyncBegun(++calls, inode));
    return calls;
  }

  private void sync(int inode) {
    disk.apply(new Event.SyncEnded(beginSync(inode), inode));
  }

  private void make(String name, int inode) {
    disk.apply(new Event.Made(Recording.ROOT, name, inode, false));
  }

  private static byte[] bytes(int length, int value) {
    var bytes = new byte[length];
    Arrays.fill(bytes, (byte) value);
    return bytes;
  }

  /** Each content that was found, as text; "none" where there was no file. */
  private Set<String> contents(String name) throws IOException {
    var found = new HashSet<String>();
    for (int i = 0; i < CUTS; i++) {
      Path cut = folder.resolve("cut-" + ++cuts);
      disk.cut(cut, Path.of(""), new SplittableRandom(i));
      Path file = cut.resolve(name);
      found.add(Files.exists(file) ? Arrays.toString(Files.readAllBytes(file)) : "none");
    }
    return found;
  }

  private Set<String> names() throws IOException {
    var found = new HashSet<String>();
    for (int i = 0; i < CUTS; i++) {
      Path cut = folder.resolve("cut-" + ++cuts);
      disk.cut(cut, Path.of(""), new SplittableRandom(i));
      try (Stream<Path> files = Files.list(cut)) {
        found.add(
            new TreeSet<>(files.map(each -> each.getFileName().toString()).toList()).toString());
      }
    }
    return found;
  }

  @Test
  void whatWasForcedIsThereAndNothingElseIsCertain() throws IOException {
    make("a", A);
    sync(Recording.ROOT);
    write(A, 0, bytes(4, 1));
    sync(A);
    assertThat(contents("a")).containsExactly("[1, 1, 1, 1]");

    write(A, 2, bytes(3, 2));

    assertThat(contents("a"))
        .contains(
            "[1, 1, 1, 1]",
            "[1, 1, 2, 2, 2]",
            "[1, 1, 1, 1, 0]", // longer, and nothing in it
            "[1, 1, 1, 2, 2]") // torn
        .allMatch(found -> found.startsWith("[1, 1, "));
  }

  @Test
  void forcingCoversOnlyWhatHadEndedBeforeItBegan() throws IOException {
    make("a", A);
    sync(Recording.ROOT);
    int write = begin(A, 0, bytes(1, 1));
    int sync = beginSync(A);
    disk.apply(new Event.WriteEnded(write, A));
    disk.apply(new Event.SyncEnded(sync, A));
    assertThat(contents("a")).contains("[]", "[1]");

    int unfinished = beginSync(A);
    assertThat(contents("a")).contains("[]", "[1]");

    disk.apply(new Event.SyncEnded(unfinished, A));
    assertThat(contents("a")).containsExactly("[1]");
  }

  @Test
  void namesLastOnceTheirFolderIsForced() throws IOException {
    make("a", A);
    write(A, 0, bytes(1, 1));
    sync(A);
    assertThat(names()).as("an fsync of the file is not enough").contains("[]", "[a]");

    sync(Recording.ROOT);
    assertThat(names()).containsExactly("[a]");

    make("b", B);
    disk.apply(new Event.Removed(Recording.ROOT, "a"));
    assertThat(names()).containsExactlyInAnyOrder("[]", "[a]", "[b]", "[a, b]");

    sync(Recording.ROOT);
    disk.apply(new Event.Renamed(Recording.ROOT, "b", "c", B));
    assertThat(names()).as("a rename is done or not").containsExactlyInAnyOrder("[b]", "[c]");
  }

  @Test
  void lengthThatWasCutMayComeBack() throws IOException {
    make("a", A);
    sync(Recording.ROOT);
    write(A, 0, bytes(3, 1));
    sync(A);
    disk.apply(new Event.Resized(A, 1));
    assertThat(contents("a")).containsExactlyInAnyOrder("[1]", "[1, 1, 1]");

    sync(A);
    assertThat(contents("a")).containsExactly("[1]");
  }

  @Test
  void piecesOfOneWriteAreKeptEachByItself() throws IOException {
    make("a", A);
    sync(Recording.ROOT);
    write(A, 0, bytes(1024, 1));
    sync(A);
    write(A, 0, bytes(1024, 2));

    assertThat(contents("a"))
        .contains(
            Arrays.toString(bytes(1024, 1)),
            Arrays.toString(bytes(1024, 2)),
            Arrays.toString(both(1, 2)),
            Arrays.toString(both(2, 1)));
  }

  private static byte[] both(int first, int second) {
    byte[] bytes = bytes(1024, first);
    Arrays.fill(bytes, 512, 1024, (byte) second);
    return bytes;
  }
}
