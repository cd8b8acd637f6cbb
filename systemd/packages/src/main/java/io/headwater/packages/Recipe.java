package io.headwater.packages;

import io.headwater.packages.Natives.Machine;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What is in a package.
 *
 * @param name of its folder below {@code /usr/lib/headwater}, and after {@code headwater-}
 * @param commands that it has
 * @param machines whose native code it has
 * @param withRuntime whether it has a Java runtime of its own; then it is for one machine
 * @param services that it has, in the order in which they start
 * @param trained commands whose AOT cache is made when it is installed
 * @param files of the checkout that it has, by where
 * @param configs files of the checkout that become configurations, by where
 */
record Recipe(
    String name,
    String summary,
    List<String> commands,
    Set<Machine> machines,
    boolean withRuntime,
    List<Service> services,
    List<String> trained,
    Map<String, String> files,
    Map<String, String> configs) {
  private static final String JAVA =
      "java25-runtime-headless | temurin-25-jre | temurin-25-jdk | openjdk-25-jre-headless";

  /**
   * A service.
   *
   * @param unit as it is enabled, with its instance
   */
  record Service(String command, String unit, String user, String config) {
    /** Of all instances, for systemctl. */
    String pattern() {
      return unit.replaceAll("@.*", "@*.service");
    }

    /** The unit's file. */
    String file() {
      return unit.replaceAll("@.*", "@.service");
    }
  }

  private static final Service EDGE =
      new Service("edge", "headwater-edge.service", "headwater-edge", "/etc/headwater/edge.yaml");
  private static final Service HUB =
      new Service(
          "hub", "headwater-hub@main.service", "headwater-hub", "/etc/headwater/hub/main.yaml");
  private static final Service BRIDGE =
      new Service(
          "bridge",
          "headwater-bridge@main.service",
          "headwater-bridge",
          "/etc/headwater/bridge/main.yaml");
  private static final Service ANALYTICS =
      new Service(
          "analytics",
          "headwater-analytics.service",
          "headwater-analytics",
          "/etc/headwater/analytics.yaml");

  private static final Set<Machine> ALL = Set.of(Machine.AMD64, Machine.ARM64);

  /** The edge agent, for any machine with a Java. */
  static Recipe edge() {
    return edge(ALL, false);
  }

  /** The edge agent with a Java of its own. */
  static Recipe edge(Machine machine) {
    return edge(Set.of(machine), true);
  }

  private static Recipe edge(Set<Machine> machines, boolean withRuntime) {
    return new Recipe(
        "edge",
        "takes sensor readings, keeps them on disk, forwards them once",
        List.of("edge"),
        machines,
        withRuntime,
        List.of(EDGE),
        List.of("edge"),
        Map.of(
            "usr/share/doc/headwater-edge/examples/inputs.yaml", "edge-agent/examples/inputs.yaml",
            "usr/share/doc/headwater-edge/examples/outputs.yaml",
                "edge-agent/examples/outputs.yaml",
            "usr/share/doc/headwater-edge/examples/backoff.conf",
                "systemd/headwater-edge-backoff.conf"),
        Map.of(EDGE.config(), "edge-agent/examples/edge.yaml"));
  }

  /** Hub, bridge and analytics. */
  static Recipe hub() {
    return new Recipe(
        "hub",
        "Kafka-protocol hub, MQTT bridge and analytics for sensor readings",
        List.of(
            "hub",
            "bridge",
            "analytics",
            "cluster-status",
            "topics",
            "groups",
            "produce",
            "consume",
            "gateways",
            "commands"),
        ALL,
        false,
        List.of(HUB, BRIDGE, ANALYTICS),
        List.of("hub", "analytics"),
        Map.of(
            "usr/share/doc/headwater-hub/examples/queries.yaml",
            "streams-analytics/examples/demo-queries.yaml"),
        Map.of(
            HUB.config(), "hub-broker/examples/hub.yaml",
            BRIDGE.config(), "bridge/examples/bridge.yaml",
            ANALYTICS.config(), "streams-analytics/examples/analytics.yaml"));
  }

  /** Simulator and verifier. */
  static Recipe sim() {
    return new Recipe(
        "sim",
        "simulated sensors, and the verifier of what became of their readings",
        List.of("sim", "demo", "cluster"),
        ALL,
        false,
        List.of(),
        List.of(),
        Map.of(
            "usr/lib/headwater/sim/streams-analytics/examples/demo-queries.yaml",
            "streams-analytics/examples/demo-queries.yaml"),
        Map.of());
  }

  String packageName() {
    return "headwater-" + name;
  }

  String architecture() {
    return withRuntime ? machines.iterator().next().debian() : "all";
  }

  private String depends(Path stage) throws IOException {
    return (withRuntime
            ? SystemLibraries.neededBy(stage.resolve("usr/lib/headwater/" + name + "/runtime"))
            : JAVA)
        + (services.isEmpty()
            ? ""
            : ", systemd | systemd-standalone-sysusers, systemd | systemd-standalone-tmpfiles");
  }

  /**
   * The control file's, but for the size.
   *
   * @param stage the package's files
   */
  Map<String, String> fields(String version, String maintainer, Path stage) throws IOException {
    var fields = new LinkedHashMap<String, String>();
    fields.put("Package", packageName());
    fields.put("Version", version);
    fields.put("Section", "net");
    fields.put("Priority", "optional");
    fields.put("Architecture", architecture());
    fields.put("Maintainer", maintainer);
    fields.put("Depends", depends(stage));
    if (name.equals("sim")) {
      fields.put("Recommends", "headwater-edge, headwater-hub");
    }
    fields.put(
        "Description",
        summary
            + "\n Headwater carries sensor readings from small devices to backend services,"
            + "\n through power cuts and network outages, without losing an acknowledged one.");
    return fields;
  }

  /** The maintainer's, filled in, and other control files, by name. */
  Map<String, String> scripts() throws IOException {
    var scripts = new LinkedHashMap<String, String>();
    for (String script : List.of("postinst", "prerm", "postrm")) {
      scripts.put(script, fill(Staging.resource(script)));
    }
    if (!withRuntime && !trained.isEmpty()) {
      // Java is another package: with a new one, what was learnt has to be learnt anew.
      scripts.put("triggers", "interest-noawait /usr/lib/jvm\n");
    }
    return scripts;
  }

  private String fill(String script) {
    return script
        .replace("@PACKAGE@", packageName())
        .replace("@NAME@", name)
        .replace("@TRAINED@", String.join(" ", trained))
        .replace(
            "@SERVICES@",
            services.stream()
                .map(each ->
                    String.join(" ", each.command(), each.unit(), each.user(), each.config()))
                .collect(Collectors.joining("\n")))
        .replace(
            "@STOPPED@",
            services.reversed().stream()
                .map(each -> "'" + each.pattern() + "'")
                .collect(Collectors.joining(" ")))
        .replace("@UNITS@", services.stream().map(Service::unit).collect(Collectors.joining(" ")))
        .replace(
            "@FOLDERS@", services.stream().map(Service::command).collect(Collectors.joining(" ")));
  }
}
