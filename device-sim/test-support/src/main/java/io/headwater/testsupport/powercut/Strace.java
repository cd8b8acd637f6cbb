package io.headwater.testsupport.powercut;

import io.headwater.testsupport.ChildProcess;
import io.headwater.testsupport.OutsideSoftware;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A process that runs under strace, which notes each call that has to do with files and sockets.
 *
 * <p>strace stops a thread where a call begins and where it has ended, and notes the stops of all
 * threads in the order in which it sees them. So one that has seen a call end acts behind it in the
 * notes, too: what was forced before an acknowledgement left stands before it.
 */
public final class Strace implements AutoCloseable {
  private static final String CALLS =
      "openat,open,creat,read,readv,recvfrom,recvmsg,write,writev,pwrite64,pwritev,pwritev2,"
          + "sendto,sendmsg,sendfile,copy_file_range,fsync,fdatasync,ftruncate,truncate,fallocate,"
          + "rename,renameat,renameat2,link,linkat,symlink,symlinkat,unlink,unlinkat,rmdir,"
          + "mkdir,mkdirat";

  private final ChildProcess strace;
  private final Path notes;

  private Strace(ChildProcess strace, Path notes) {
    this.strace = strace;
    this.notes = notes;
  }

  /**
   * Starts the command with the given additions to the environment. Ends the calling test where
   * there is no strace, or where the kernel does not let it look on.
   *
   * @param workFolder holds the output file
   * @param notes where the calls are noted
   */
  public static Strace start(
      Path workFolder, Path notes, Map<String, String> environment, String... command) {
    String program = OutsideSoftware.find("strace").toString();
    if (!isAllowed(program)) {
      OutsideSoftware.doWithout("ptrace");
    }
    var all =
        new ArrayList<>(
            // All threads; what descriptors stand for; no signals, no remarks of its own.
            List.of(program, "-f", "-yy", "--seccomp-bpf", "-qq", "-e", "signal=none"));
    // Strings in full, as bytes.
    all.addAll(List.of("-xx", "-s", "16777216", "-e", "trace=" + CALLS, "-o", notes.toString()));
    all.addAll(List.of(command));
    return new Strace(
        ChildProcess.start(workFolder, environment, all.toArray(String[]::new)), notes);
  }

  private static boolean isAllowed(String program) {
    try {
      return new ProcessBuilder(program, "-f", "-o", "/dev/null", "true")
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start()
              .waitFor()
          == 0;
    } catch (IOException e) {
      throw new AssertionError(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  /** As {@link ChildProcess#awaitReady}. */
  public Map<String, String> awaitReady(Duration limit) {
    return strace.awaitReady(limit);
  }

  /** SIGKILL to the process; returns when all it did is noted. */
  public void kill() {
    processes().forEach(ProcessHandle::destroyForcibly);
    strace.awaitExit(Duration.ofSeconds(30));
  }

  /** SIGTERM to the process; returns its exit code when all it did is noted. */
  public int terminate() {
    processes().forEach(ProcessHandle::destroy);
    return strace.awaitExit(Duration.ofSeconds(60));
  }

  private List<ProcessHandle> processes() {
    return ProcessHandle.of(strace.pid()).stream().flatMap(ProcessHandle::descendants).toList();
  }

  /** Where the calls are noted. */
  public Path notes() {
    return notes;
  }

  /** All that the process has printed so far. */
  public String output() {
    return strace.output();
  }

  @Override
  public void close() {
    if (!strace.isAlive()) {
      return;
    }
    // First the process: without strace it would go on.
    List<ProcessHandle> left = processes();
    left.forEach(ProcessHandle::destroyForcibly);
    left.forEach(each -> each.onExit().orTimeout(20, TimeUnit.SECONDS).join());
    strace.close();
  }
}
