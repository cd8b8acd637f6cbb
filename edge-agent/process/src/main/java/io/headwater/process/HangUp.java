package io.headwater.process;

import java.lang.reflect.Proxy;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * SIGHUP, by which a service is told to read its files again.
 *
 * <p>The JDK has signals only in {@code sun.misc}, which the compiler warns of and may lack one
 * day: it is looked for when it is needed, and without it the signal ends the process as ever.
 */
public final class HangUp {
  private static final Logger LOGGER = LoggerFactory.getLogger(HangUp.class);

  private HangUp() {}

  /** Has a SIGHUP run the task, in a thread of its own. */
  @SuppressWarnings("ReferenceEquality") // a proxy is equal to itself only
  public static void run(Runnable task) {
    try {
      Class<?> signal = Class.forName("sun.misc.Signal");
      Class<?> handler = Class.forName("sun.misc.SignalHandler");
      Object onHangUp =
          Proxy.newProxyInstance(
              handler.getClassLoader(),
              new Class<?>[] {handler},
              (proxy, method, arguments) ->
                  switch (method.getName()) {
                    case "handle" -> {
                      task.run();
                      yield null;
                    }
                    case "equals" -> arguments != null && proxy == arguments[0];
                    case "hashCode" -> System.identityHashCode(proxy);
                    default -> "SIGHUP";
                  });
      signal
          .getMethod("handle", signal, handler)
          .invoke(null, signal.getConstructor(String.class).newInstance("HUP"), onHangUp);
    } catch (ReflectiveOperationException | RuntimeException e) {
      LOGGER.atWarn().addKeyValue("error", e).log("SIGHUP is not listened to");
    }
  }
}
