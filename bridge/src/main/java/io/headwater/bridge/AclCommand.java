package io.headwater.bridge;

import io.headwater.process.UserError;
import io.headwater.uplink.UplinkTopics;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The command {@code headwater bridge acl}. */
@Command(
    name = "acl",
    description =
        "Prints who may do what, for an external broker: for Mosquitto's acl_file, or EMQX's acl.conf.")
final class AclCommand implements Callable<Integer> {
  private static final String ROOT = "headwater/v1/";

  /** Brokers for which it is known how to say it. */
  enum Broker {
    MOSQUITTO,
    EMQX
  }

  @Parameters(paramLabel = "mosquitto|emqx", description = "The kind of broker.")
  private String broker = "";

  @Option(
      names = "--gateways",
      paramLabel = "FILE",
      description =
          "Only these gateways: a name a line, what follows a colon is not looked at. Default: any"
              + " user, each as the gateway of its own name.")
  private @Nullable Path gateways;

  @Option(
      names = "--bridge-user",
      paramLabel = "NAME",
      description = "User of a bridge; may be repeated. Default: headwater-bridge.")
  private List<String> bridgeUsers = new ArrayList<>();

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Shows this text.")
  @SuppressWarnings("UnusedVariable") // picocli looks at it
  private boolean help;

  @Override
  @SuppressWarnings("SystemOut") // the file is this command's output
  public Integer call() {
    List<String> bridges = bridgeUsers.isEmpty() ? List.of("headwater-bridge") : bridgeUsers;
    for (String user : bridges) {
      if (user.isBlank() || user.chars().anyMatch(c -> c < ' ' || c == '"' || c == '\\')) {
        throw UserError.usage("--bridge-user '" + user + "' cannot be a user's name");
      }
    }
    List<String> names = gateways == null ? List.of() : names(gateways);
    System.out.print(
        switch (kind()) {
          case MOSQUITTO -> mosquitto(bridges, names);
          case EMQX -> emqx(bridges, names);
        });
    return 0;
  }

  private Broker kind() {
    try {
      return Broker.valueOf(broker.toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException _) {
      throw UserError.usage("acl: '" + broker + "' is not mosquitto or emqx");
    }
  }

  private static List<String> names(Path file) {
    var names = new ArrayList<String>();
    try {
      int number = 0;
      for (String line : Files.readAllLines(file)) {
        number++;
        String name = line.split(":", 2)[0].strip();
        if (name.isEmpty() || name.startsWith("#")) {
          continue;
        }
        if (!UplinkTopics.isGateway(name)) {
          throw UserError.usage(
              "--gateways: line "
                  + number
                  + " of "
                  + file
                  + ": '"
                  + name
                  + "' is not 1 to 64 of letters, digits, '.', '_' and '-'");
        }
        names.add(name);
      }
    } catch (IOException e) {
      throw UserError.usage("--gateways: cannot read " + file + ": " + e);
    }
    if (names.isEmpty()) {
      throw UserError.usage("--gateways: " + file + " names no gateway");
    }
    return names;
  }

  static String mosquitto(List<String> bridges, List<String> gateways) {
    var out = new StringBuilder("# Made by: headwater bridge acl mosquitto\n");
    for (String bridge : bridges) {
      out.append("\nuser ").append(bridge).append('\n');
      for (String kind : List.of("up", "state", "status")) {
        out.append("topic read ").append(ROOT).append(kind).append("/+/+\n");
      }
      out.append("topic write ").append(ROOT).append("ack/+\n");
      out.append("topic write ").append(ROOT).append("down/#\n");
    }
    if (gateways.isEmpty()) {
      out.append("\n# Each user as the gateway of its own name.\n");
      mosquittoGateway(out, "pattern", "%u");
    }
    for (String gateway : gateways) {
      out.append("\nuser ").append(gateway).append('\n');
      mosquittoGateway(out, "topic", gateway);
    }
    return out.toString();
  }

  private static void mosquittoGateway(StringBuilder out, String word, String name) {
    for (String kind : List.of("up", "state", "status")) {
      String lane = word.equals("topic") ? lane(kind, name) : ROOT + kind + "/+/" + name;
      out.append(word).append(" write ").append(lane).append('\n');
    }
    out.append(word).append(" read ").append(ROOT).append("ack/").append(name).append('\n');
    out.append(word).append(" read ").append(ROOT).append("down/").append(name).append("/#\n");
  }

  private static String lane(String kind, String gateway) {
    String up = UplinkTopics.up(gateway);
    return ROOT + kind + up.substring(ROOT.length() + "up".length());
  }

  static String emqx(List<String> bridges, List<String> gateways) {
    var out = new StringBuilder("%% Made by: headwater bridge acl emqx\n");
    for (String bridge : bridges) {
      String who = "{user, \"" + bridge + "\"}";
      out.append(
          rule(
              who, "subscribe", List.of(ROOT + "up/+/+", ROOT + "state/+/+", ROOT + "status/+/+")));
      out.append(rule(who, "publish", List.of(ROOT + "ack/+", ROOT + "down/#")));
    }
    if (gateways.isEmpty()) {
      emqxGateway(out, "all", "${username}");
    }
    for (String gateway : gateways) {
      emqxGateway(out, "{user, \"" + gateway + "\"}", gateway);
    }
    // What comes behind it in acl.conf rules the rest of the broker.
    out.append("{deny, all, all, [\"").append(ROOT).append("#\"]}.\n");
    return out.toString();
  }

  private static void emqxGateway(StringBuilder out, String who, String name) {
    out.append(
        rule(
            who,
            "publish",
            List.of(ROOT + "up/+/" + name, ROOT + "state/+/" + name, ROOT + "status/+/" + name)));
    out.append(rule(who, "subscribe", List.of(ROOT + "ack/" + name, ROOT + "down/" + name + "/#")));
  }

  private static String rule(String who, String action, List<String> topics) {
    return "{allow, " + who + ", " + action + ", [\"" + String.join("\", \"", topics) + "\"]}.\n";
  }
}
