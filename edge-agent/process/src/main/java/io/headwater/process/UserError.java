package io.headwater.process;

import org.jspecify.annotations.Nullable;

/**
 * Something that the user of a command can mend.
 *
 * <p>The message is what is printed, without a stack trace: usually one line; several only when
 * several errors are reported at once. It names the thing, the value and the way out.
 */
public final class UserError extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int exitCode;

  private UserError(int exitCode, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.exitCode = exitCode;
  }

  /** The command or its configuration is wrong: exit code 2. */
  public static UserError usage(String line) {
    return new UserError(2, line, null);
  }

  /** The command is right but cannot be carried out: exit code 1. */
  public static UserError failure(String line) {
    return new UserError(1, line, null);
  }

  /** As {@link #failure(String)}; the cause is kept for logs and tests, not printed. */
  public static UserError failure(String line, Throwable cause) {
    return new UserError(1, line, cause);
  }

  public int exitCode() {
    return exitCode;
  }
}
