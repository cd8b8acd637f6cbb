package io.headwater.process;

import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** A started process: what its wiring class hands to {@link ProcessCommand}. */
public interface RunningProcess extends AutoCloseable {
  /**
   * The addresses really bound, by name, in the order in which they are printed: {@code kafka →
   * 127.0.0.1:9092}.
   */
  Map<String, String> addresses();

  /** Completes exceptionally when the process cannot go on; its message is printed. */
  CompletableFuture<Void> fatal();

  /** What systemd's watchdog is fed by: while this is red, it is not fed. */
  Health health();

  /** How it does, in one line for {@code systemctl status}; asked every few seconds. */
  String statusLine();

  /** Stops in order; returns when everything is on disk. Called once. */
  @Override
  void close();
}
