package io.headwater.packages;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;
import java.util.zip.Deflater;
import org.apache.commons.compress.compressors.gzip.GzipCompressorOutputStream;
import org.apache.commons.compress.compressors.gzip.GzipParameters;
import org.jspecify.annotations.Nullable;

/** Puts together the folder that looks as the file system will after a package's installation. */
final class Staging {
  /** What a command's process is started with for training, beside its data folder. */
  private static final Map<String, String> TRAINING =
      Map.of(
          "edge", "--port 0 --set http=127.0.0.1:0 --bridge 127.0.0.1:1",
          "hub", "--port 0 --set http=127.0.0.1:0 --set zookeeper=127.0.0.1:0",
          "analytics",
              "--http 127.0.0.1:0 --hub 127.0.0.1:1"
                  + " --queries /usr/share/doc/headwater-hub/examples/queries.yaml");

  private final Path checkout;
  private final String projectVersion;
  private final Path root;
  private final Recipe recipe;

  Staging(Path checkout, String projectVersion, Path root, Recipe recipe) {
    this.checkout = checkout;
    this.projectVersion = projectVersion;
    this.root = root;
    this.recipe = recipe;
  }

  /**
   * Makes it, in place of what was there.
   *
   * @param jdk of another machine for the runtime; null for this one's
   */
  void make(@Nullable Path jdk) throws IOException, InterruptedException {
    delete(root);
    Path home = root.resolve("usr/lib/headwater").resolve(recipe.name());
    Files.createDirectories(home.resolve("lib"));
    Files.createDirectories(home.resolve("commands"));
    Files.createDirectories(home.resolve("words"));
    Files.createDirectories(root.resolve("usr/share/man/man1"));
    executable(home.resolve("headwater"), resource("headwater"));
    Files.writeString(home.resolve("completion.bash"), resource("completion.bash"));
    Files.writeString(home.resolve("version"), projectVersion + "\n");
    compress(home.resolve("headwater.1.gz"), resource("headwater.1"));
    for (LauncherTable.Line line : LauncherTable.read(checkout.resolve("headwater"))) {
      List<String> names = line.names().stream().filter(recipe.commands()::contains).toList();
      if (!names.isEmpty()) {
        command(home, line, names);
      }
    }
    for (Map.Entry<String, String> file : recipe.files().entrySet()) {
      copy(checkout.resolve(file.getValue()), root.resolve(file.getKey()));
    }
    for (Recipe.Service service : recipe.services()) {
      copy(
          checkout.resolve("systemd").resolve(service.file()),
          root.resolve("usr/lib/systemd/system").resolve(service.file()));
      config(service);
    }
    if (!recipe.services().isEmpty()) {
      for (String kind : List.of("sysusers", "tmpfiles")) {
        copy(
            checkout.resolve("systemd").resolve(recipe.packageName() + "." + kind),
            root.resolve("usr/lib/" + kind + ".d").resolve(recipe.packageName() + ".conf"));
      }
    }
    Path doc = root.resolve("usr/share/doc").resolve(recipe.packageName());
    write(doc.resolve("copyright"), resource("copyright"));
    compress(doc.resolve("NEWS.gz"), Files.readString(checkout.resolve("CHANGELOG.md")));
    Path overrides = root.resolve("usr/share/lintian/overrides").resolve(recipe.packageName());
    write(overrides, resource("lintian-overrides").replace("@PACKAGE@", recipe.packageName()));
    if (recipe.withRuntime()) {
      JavaRuntime.link(home.resolve("runtime"), jdk);
    }
  }

  /** A line of the launcher's table: its jars, how it is started, and what it says of itself. */
  private void command(Path home, LauncherTable.Line line, List<String> names)
      throws IOException, InterruptedException {
    Path target = checkout.resolve(line.module()).resolve("target");
    var jars = new ArrayList<Path>();
    jars.add(target.resolve(line.artifact() + "-" + projectVersion + ".jar"));
    for (String jar : Files.readString(target.resolve("classpath.txt")).strip().split(":", -1)) {
      jars.add(Path.of(jar));
    }
    var fileNames = new ArrayList<String>();
    // A package for all machines has no files that are for one; in jars they are Java's matter.
    var jarCopy =
        new JarCopy(recipe.machines(), recipe.withRuntime() ? home.resolve("native") : null);
    for (Path jar : jars) {
      Path to = home.resolve("lib").resolve(jar.getFileName().toString());
      fileNames.add(to.getFileName().toString());
      if (!Files.exists(to)) {
        jarCopy.copy(jar, to);
      }
    }
    for (String name : names) {
      Files.writeString(
          home.resolve("commands").resolve(name),
          """
          main=%s
          memory='%s'
          jars='%s'
          isProcess='%s'
          train='%s'
          """
              .formatted(
                  line.main(),
                  String.join(" ", line.memory()),
                  String.join(":", fileNames),
                  line.isProcess() ? "yes" : "",
                  TRAINING.getOrDefault(name, "")));
    }
    manual(home, line, names, jars);
  }

  private void manual(Path home, LauncherTable.Line line, List<String> names, List<Path> jars)
      throws IOException, InterruptedException {
    Path pages = Files.createTempDirectory("headwater-pages");
    var classPath = new ArrayList<String>();
    classPath.add(System.getProperty("java.class.path"));
    jars.forEach(jar -> classPath.add(jar.toString()));
    var command = new ArrayList<String>();
    command.addAll(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-classpath",
            String.join(":", classPath),
            ManPages.class.getName(),
            pages.toString(),
            line.main()));
    command.addAll(names);
    Tools.run(command);
    for (String name : names) {
      compress(
          root.resolve("usr/share/man/man1").resolve("headwater-" + name + ".1.gz"),
          Files.readString(pages.resolve("headwater-" + name + ".1")));
      copy(pages.resolve(name + ".words"), home.resolve("words").resolve(name + ".words"));
    }
    delete(pages);
  }

  /** The example that explains every key, with the data where services have it. */
  private void config(Recipe.Service service) throws IOException {
    String example = recipe.configs().get(service.config());
    String folder =
        "/var/lib/headwater/"
            + service.command()
            + (service.unit().contains("@")
                ? "/" + service.unit().replaceAll(".*@|\\..*", "")
                : "");
    String text = Files.readString(checkout.resolve(example));
    String installed =
        text.replaceFirst("(?m)^data: .*$", "data: " + folder)
            .replaceFirst("(?m)^queries: .*$", "queries: /etc/headwater/queries.yaml");
    if (!installed.contains("data: " + folder)) {
      throw new IllegalStateException(example + " has no line that begins with 'data: '");
    }
    write(root.resolve(service.config().substring(1)), installed);
  }

  /** Packages' scripts and pages, which lie beside this class. */
  static String resource(String name) throws IOException {
    try (var in = Staging.class.getResourceAsStream("/deb/" + name.toLowerCase(Locale.ROOT))) {
      if (in == null) {
        throw new IllegalStateException("no resource deb/" + name);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static void executable(Path file, String text) throws IOException {
    write(file, text);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private static void write(Path file, String text) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  private static void copy(Path from, Path to) throws IOException {
    Files.createDirectories(to.getParent());
    Files.copy(from, to);
  }

  private static void compress(Path file, String text) throws IOException {
    Files.createDirectories(file.getParent());
    var best = new GzipParameters();
    // As policy wants pages and documents.
    best.setCompressionLevel(Deflater.BEST_COMPRESSION);
    try (var out = new GzipCompressorOutputStream(Files.newOutputStream(file), best)) {
      out.write(text.getBytes(StandardCharsets.UTF_8));
    }
  }

  private static void delete(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path path : new TreeSet<>(all.toList()).descendingSet()) {
        Files.delete(path);
      }
    }
  }
}
