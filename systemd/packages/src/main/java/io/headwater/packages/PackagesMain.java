package io.headwater.packages;

import io.headwater.packages.Natives.Machine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
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

  private final List<Path> made = new ArrayList<>();

  @Override
  public Integer call() throws IOException, InterruptedException {
    make(Recipe.edge(), null);
    make(Recipe.edge(Machine.AMD64), null);
    if (!arm64Jdk.isEmpty()) {
      make(Recipe.edge(Machine.ARM64), Path.of(arm64Jdk));
    }
    make(Recipe.hub(), null);
    make(Recipe.sim(), null);
    billsOfMaterials();
    Checksums.write(into.resolve("SHA256SUMS"), made);
    return 0;
  }

  private void make(Recipe recipe, @Nullable Path jdk) throws IOException, InterruptedException {
    String file = recipe.packageName() + "_" + debianVersion() + "_" + recipe.architecture();
    Path stage = into.resolve("stage").resolve(file);
    new Staging(home, projectVersion, stage, recipe).make(jdk);
    var deb = new DebFile(stage, timestamp);
    Path packed = into.resolve(file + ".deb");
    deb.write(packed, recipe.fields(debianVersion(), maintainer, stage), recipe.scripts());
    made.add(packed);
    if (recipe.withRuntime()) {
      Path tar = into.resolve(file + ".tar.gz");
      deb.writeTar(tar, file + "/");
      made.add(tar);
    }
  }

  /** Of a release only: what is in each module's jar and behind it. */
  private void billsOfMaterials() throws IOException {
    for (LauncherTable.Line line : LauncherTable.read(home.resolve("headwater"))) {
      Path bill = home.resolve(line.module()).resolve("target/bom.json");
      Path to = into.resolve(line.artifact() + "_" + debianVersion() + ".cdx.json");
      if (Files.exists(bill) && !made.contains(to)) {
        Files.copy(bill, to, StandardCopyOption.REPLACE_EXISTING);
        made.add(to);
      }
    }
  }

  /** A snapshot comes before its release. */
  private String debianVersion() {
    return projectVersion.replace("-", "~");
  }
}
