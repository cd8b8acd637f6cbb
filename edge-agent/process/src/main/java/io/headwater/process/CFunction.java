package io.headwater.process;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Arrays;

/**
 * A function of the C library, for what the JDK has no way to. Thread-safe.
 *
 * <p>All are called with six words, whatever they take: on 64-bit Linux a function finds its
 * arguments in registers and does not look at others. So the JVM makes the code for one kind of
 * call only; each further kind would cost a start some 30 ms.
 */
public final class CFunction {
  private static final int WORDS = 6;
  private static final FunctionDescriptor CALL =
      FunctionDescriptor.of(
          ValueLayout.JAVA_LONG,
          ValueLayout.JAVA_LONG,
          ValueLayout.JAVA_LONG,
          ValueLayout.JAVA_LONG,
          ValueLayout.JAVA_LONG,
          ValueLayout.JAVA_LONG,
          ValueLayout.JAVA_LONG);

  private final MethodHandle function;

  /**
   * @throws java.util.NoSuchElementException the library has no such function
   * @throws UnsupportedOperationException functions cannot be called on this machine
   */
  @SuppressWarnings("restricted") // native calls are enabled by the launcher for all processes
  public CFunction(String name) {
    Linker linker = Linker.nativeLinker();
    function = linker.downcallHandle(linker.defaultLookup().findOrThrow(name), CALL);
  }

  /**
   * Calls it.
   *
   * @param arguments numbers and addresses, at most six
   * @return what it answers; of an {@code int}, only the lower half means something
   */
  public long call(long... arguments) {
    long[] words = Arrays.copyOf(arguments, WORDS);
    try {
      return (long)
          function.invokeExact(words[0], words[1], words[2], words[3], words[4], words[5]);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e); // the handle declares what C functions cannot throw
    }
  }
}
