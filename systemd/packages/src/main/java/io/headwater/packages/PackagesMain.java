package io.headwater.packages;

import io.headwater.packages.Natives.Machine;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Makes all packages; called by the build. */
@Command(name = "packages", description = "Makes Debian packages of what is built.")
public final class PackagesMain implements Callable<Integer> {
  @Option(names = "--home", required = true, description = "The checkout.")
  private Path home = Path.of("");

  @Option(names = "--into", required = true, description = "Where the packages go.")
  private Path into = Path.of("");

  @Option(names = "--project-version", required = true, description = "As Maven has it.")
  private String projectVersion = "";

  @Option(names = "--timestamp", required = true, description = "Of all files in the packages.")
  private Instant timestamp = Instant.EPOCH;

  @Option(names = "--maintainer", required = true, description = "Name and address.")
  private String maintainer = "";

  @Option(names = "--arm64-jdk", description = "A JDK 25 for arm64 with jmods; empty for none.")
  private String arm64Jdk = "";

  public static void main(String[] arguments) {
    System.exit(new CommandLine(new PackagesMain()).execute(arguments));
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    make(Recipe.edge(), null);
    make(Recipe.edge(Machine.AMD64), null);
    if (!arm64Jdk.isEmpty()) {
      make(Recipe.edge(Machine.ARM64), Path.of(arm64Jdk));
    }
    make(Recipe.hub(), null);
    make(Recipe.sim(), null);
    return 0;
  }

  private void make(Recipe recipe, @Nullable Path jdk) throws IOException, InterruptedException {
    String file = recipe.packageName() + "_" + debianVersion() + "_" + recipe.architecture();
    Path stage = into.resolve("stage").resolve(file);
    new Staging(home, projectVersion, stage, recipe).make(jdk);
    var deb = new DebFile(stage, timestamp);
    deb.write(
        into.resolve(file + ".deb"), recipe.fields(debianVersion(), maintainer), recipe.scripts());
    if (recipe.withRuntime()) {
      deb.writeTar(into.resolve(file + ".tar.gz"), file + "/");
    }
  }

  /** A snapshot comes before its release. */
  private String debianVersion() {
    return projectVersion.replace("-", "~");
  }
}
