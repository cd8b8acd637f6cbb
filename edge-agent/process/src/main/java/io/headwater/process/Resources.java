package io.headwater.process;

import java.util.ArrayDeque;
import java.util.Deque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The parts of a process in the order in which they were opened; closes them in reverse.
 *
 * <p>Every part is closed even if one fails; the first failure is thrown, the others are suppressed
 * in it. Confined to the thread that opens, then to the one that closes.
 */
public final class Resources implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(Resources.class);

  private record Part(String name, AutoCloseable part) {}

  private final Deque<Part> parts = new ArrayDeque<>();

  /** Adds an opened part and returns it. */
  public <T extends AutoCloseable> T open(String name, T part) {
    parts.push(new Part(name, part));
    return part;
  }

  /** Adds a step of the close. */
  public void onClose(String name, AutoCloseable step) {
    parts.push(new Part(name, step));
  }

  /** Closes what a failed start had opened; failures of the close are suppressed in the start's. */
  public void closeAfter(Throwable startFailure) {
    try {
      close();
    } catch (RuntimeException e) {
      startFailure.addSuppressed(e);
    }
  }

  @Override
  public void close() {
    RuntimeException first = null;
    while (!parts.isEmpty()) {
      Part part = parts.pop();
      LOGGER.atDebug().addKeyValue("part", part.name()).log("Closing");
      try {
        part.part().close();
      } catch (Exception e) {
        if (e instanceof InterruptedException) {
          Thread.currentThread().interrupt();
        }
        if (first == null) {
          first = new IllegalStateException("closing " + part.name() + " failed: " + e, e);
        } else {
          first.addSuppressed(e);
        }
      }
    }
    if (first != null) {
      throw first;
    }
  }
}
