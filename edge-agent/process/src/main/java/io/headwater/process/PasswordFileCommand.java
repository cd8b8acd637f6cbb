package io.headwater.process;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** A command that keeps a {@link PasswordFile}: draws a password, prints it, stores its hash. */
public abstract class PasswordFileCommand implements Callable<Integer> {
  private final String what;

  @Parameters(paramLabel = "NAME", description = "Whose password.")
  private String name = "";

  @Option(
      names = "--file",
      required = true,
      paramLabel = "FILE",
      description = "The file with the hashes; made where it is missing.")
  private Path file = Path.of("passwords");

  @Option(names = "--remove", description = "Takes the name out of the file.")
  private boolean remove;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Shows this text.")
  @SuppressWarnings("UnusedVariable") // picocli looks at it
  private boolean help;

  /**
   * @param what the name is of: {@code gateway}
   */
  protected PasswordFileCommand(String what) {
    this.what = what;
  }

  /**
   * @throws UserError if the name cannot stand in the file
   */
  protected abstract void check(String asked);

  @Override
  @SuppressWarnings("SystemOut") // the password is this command's output
  public Integer call() {
    check(name);
    try {
      if (remove) {
        if (!PasswordFile.remove(file, name)) {
          throw UserError.failure(what + " " + name + " is not in " + file);
        }
        return 0;
      }
      String password = PasswordFile.draw();
      PasswordFile.put(file, name, password.getBytes(StandardCharsets.UTF_8));
      System.out.println(password);
      return 0;
    } catch (IOException e) {
      throw UserError.failure("cannot write " + file + ": " + e, e);
    }
  }
}
