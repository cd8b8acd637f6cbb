package io.headwater.process;

import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes named daemon threads whose uncaught failures are logged: {@code <process>-<role>-<n>}. */
public final class Threads {
  private static final Logger LOGGER = LoggerFactory.getLogger(Threads.class);

  private Threads() {}

  /** Numbers the threads it makes from 0: {@code edge-worker} gives {@code edge-worker-0}. */
  public static ThreadFactory factory(String prefix) {
    var next = new AtomicInteger();
    return body -> make(prefix + "-" + next.getAndIncrement(), body);
  }

  /** Starts one thread under exactly this name. */
  public static Thread start(String name, Runnable body) {
    Thread thread = make(name, body);
    thread.start();
    return thread;
  }

  private static Thread make(String name, Runnable body) {
    Thread thread = new Thread(body, name);
    thread.setDaemon(true);
    thread.setUncaughtExceptionHandler((dying, failure) ->
        LOGGER
            .atError()
            .addKeyValue("thread", dying.getName())
            .setCause(failure)
            .log("A thread died"));
    return thread;
  }
}
