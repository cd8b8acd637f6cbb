package io.headwater.edge.remote;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Translates the bridges of a Mosquitto configuration into the section {@code remotes:}. Each
 * option is either in the result or named in a comment with its line; passwords are not printed.
 */
public final class MosquittoBridges {
  private static final String NO_NOTIFICATIONS =
      "nothing is published about the connection; the metric edge_remote_connected tells it";
  private static final String ALWAYS_OPEN = "the connection is always open";
  private static final String NO_LOCAL_CLIENT =
      "there is no local connection; messages from there have the client $remote/<name>";
  private static final String NO_PSK = "pre-shared keys are not spoken; use certificates";

  /** Options of bridges that have no counterpart, and why. */
  private static final Map<String, String> WITHOUT_COUNTERPART =
      Map.ofEntries(
          Map.entry(
              "bridge_attempt_unsubscribe",
              "filters that are no longer here are always taken back"),
          Map.entry("bridge_bind_address", "the system chooses the local address"),
          Map.entry("bridge_max_packet_size", "the limit that the broker tells is kept"),
          Map.entry("bridge_max_topic_alias", "topic aliases are not used"),
          Map.entry(
              "bridge_receive_maximum", "the limit of the broker holds: max_inflight_messages"),
          Map.entry("bridge_session_expiry_interval", "the session has no end"),
          Map.entry("bridge_outgoing_retain", "nothing is published with the retain flag"),
          Map.entry("bridge_reload_type", "a change needs a restart"),
          Map.entry("bridge_tcp_keepalive", "keep-alive finds a dead connection"),
          Map.entry("bridge_tcp_user_timeout", "keep-alive finds a dead connection"),
          Map.entry(
              "bridge_protocol_version",
              "MQTT 5 is spoken; the broker must know it (Mosquitto from 1.6 on)"),
          Map.entry("local_cleansession", "what is due for the broker is always kept"),
          Map.entry("local_clientid", NO_LOCAL_CLIENT),
          Map.entry("local_username", NO_LOCAL_CLIENT),
          Map.entry("local_password", NO_LOCAL_CLIENT),
          Map.entry("notifications", NO_NOTIFICATIONS),
          Map.entry("notifications_local_only", NO_NOTIFICATIONS),
          Map.entry("notification_topic", NO_NOTIFICATIONS),
          Map.entry("restart_timeout", "the pause between attempts is 1 s to 30 s, with jitter"),
          Map.entry(
              "round_robin",
              "addresses are tried in turn, and the one that works is kept, as with 'true'"),
          Map.entry("start_type", ALWAYS_OPEN),
          Map.entry("idle_timeout", ALWAYS_OPEN),
          Map.entry("threshold", ALWAYS_OPEN),
          Map.entry("try_private", "not needed: subscriptions have the option no-local"),
          Map.entry("bridge_alpn", "ALPN is not spoken"),
          Map.entry("bridge_ciphers", "Java's cipher suites are used"),
          Map.entry("bridge_ciphers_tls1.3", "Java's cipher suites are used"),
          Map.entry("bridge_identity", NO_PSK),
          Map.entry("bridge_psk", NO_PSK),
          Map.entry("bridge_insecure", "the host's name in the certificate is always checked"),
          Map.entry("bridge_require_ocsp", "OCSP is not asked for"),
          Map.entry("bridge_tls_version", "TLS 1.2 and 1.3 are spoken"));

  /** One {@code connection} block while it is read. */
  private static final class Bridge {
    private final int line;
    private final String name;
    private final List<Translated> addresses = new ArrayList<>();
    private final List<Translated> topics = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();
    private final Map<String, Option> options = new LinkedHashMap<>();

    Bridge(int line, String name) {
      this.line = line;
      this.name = name;
    }

    private @Nullable String value(String option) {
      Option given = options.get(option);
      return given == null ? null : given.value();
    }
  }

  /** A line as it was, and what it is in the result. */
  private record Translated(int line, String option, String yaml) {}

  /** An option that has a counterpart. */
  private record Option(int line, String value) {}

  private final List<String> general = new ArrayList<>();
  private final List<Bridge> bridges = new ArrayList<>();
  private final Set<String> names = new HashSet<>();

  private MosquittoBridges() {}

  /**
   * The section, as YAML.
   *
   * @param source named in its first line
   * @param configuration text of a Mosquitto configuration
   */
  public static String translate(String source, String configuration) {
    var made = new MosquittoBridges();
    int line = 0;
    for (String text : configuration.split("\\R", -1)) {
      made.read(++line, text.strip());
    }
    return made.yaml(source);
  }

  private void read(int line, String text) {
    if (text.isEmpty() || text.startsWith("#")) {
      return;
    }
    String[] words = text.split("\\s+", 2);
    String option = words[0];
    String value = words.length > 1 ? words[1] : "";
    if (option.equals("connection")) {
      bridges.add(new Bridge(line, name(line, value)));
    } else if (bridges.isEmpty()) {
      general.add(note(line, shown(option, value), "not an option of a bridge"));
    } else {
      read(bridges.getLast(), line, option, value);
    }
  }

  private String name(int line, String given) {
    String name = given.replaceAll("[^A-Za-z0-9._-]", "-");
    name = name.isEmpty() ? "bridge" : name.substring(0, Math.min(60, name.length()));
    String unique = name;
    for (int n = 2; !names.add(unique); n++) {
      unique = name + "-" + n;
    }
    if (!unique.equals(given)) {
      general.add(note(line, "connection " + given, "its name here is " + unique));
    }
    return unique;
  }

  private static void read(Bridge bridge, int line, String option, String value) {
    switch (option) {
      case "address", "addresses" -> addresses(bridge, line, option, value);
      case "topic" -> topic(bridge, line, value);
      case "remote_username", "username" -> put(bridge, line, "remote_username", value);
      case "remote_password", "password" -> put(bridge, line, "remote_password", value);
      case "remote_clientid", "clientid" -> put(bridge, line, "remote_clientid", value);
      case "bridge_cafile",
          "bridge_capath",
          "bridge_certfile",
          "bridge_keyfile",
          "bridge_tls_use_os_certs",
          "cleansession",
          "keepalive_interval" ->
          put(bridge, line, option, value);
      default ->
          bridge.notes.add(
              note(
                  line,
                  shown(option, value),
                  WITHOUT_COUNTERPART.getOrDefault(option, "not known as an option of a bridge")));
    }
  }

  private static void put(Bridge bridge, int line, String option, String value) {
    Option before = bridge.options.put(option, new Option(line, value));
    if (before != null) {
      bridge.notes.add(
          note(before.line(), shown(option, before.value()), "line " + line + " says it again"));
    }
  }

  private static void addresses(Bridge bridge, int line, String option, String value) {
    for (String address : value.split("\\s+", -1)) {
      int colon = address.lastIndexOf(':');
      String host = colon < 0 ? address : address.substring(0, colon);
      String port = colon < 0 ? "1883" : address.substring(colon + 1);
      if (host.isEmpty() || !port.matches("[0-9]{1,5}") || Integer.parseInt(port) > 65_535) {
        bridge.notes.add(note(line, option + " " + address, "is not understood"));
      } else {
        boolean bare = host.contains(":") && !host.startsWith("[");
        bridge.addresses.add(
            new Translated(
                line,
                option + " " + address,
                quoted((bare ? "[" + host + "]:" : host + ":") + port)));
      }
    }
  }

  /** {@code pattern [[[out | in | both] qos-level] local-prefix remote-prefix]}. */
  private static void topic(Bridge bridge, int line, String value) {
    String[] words = value.split("\\s+", -1);
    try {
      if (words.length > 5 || words[0].isEmpty()) {
        throw new IllegalArgumentException("is not understood");
      }
      String direction = words.length > 1 ? words[1] : "out";
      String qos = words.length > 2 ? words[2] : "0";
      String local = words.length > 3 ? unquoted(words[3]) : "";
      String remote = words.length > 4 ? unquoted(words[4]) : "";
      if (!Set.of("in", "out", "both").contains(direction)
          || !Set.of("0", "1", "2").contains(qos)) {
        throw new IllegalArgumentException("is not understood");
      }
      String pattern = unquoted(words[0]);
      if (pattern.isEmpty() && (local.isEmpty() || remote.isEmpty())) {
        throw new IllegalArgumentException("an empty pattern needs both prefixes");
      }
      // Refuses what the configuration would refuse.
      var _ =
          new RemoteTopic(
              pattern,
              RemoteTopic.Direction.BOTH,
              Optional.empty(),
              Optional.of(local),
              Optional.of(remote));
      bridge.topics.add(
          new Translated(
              line,
              "topic " + value,
              "- {pattern: %s, direction: %s, qos: %s, local-prefix: %s, remote-prefix: %s}"
                  .formatted(quoted(pattern), direction, qos, quoted(local), quoted(remote))));
    } catch (IllegalArgumentException e) {
      bridge.notes.add(note(line, "topic " + value, String.valueOf(e.getMessage())));
    }
  }

  private static String unquoted(String word) {
    return word.equals("\"\"") ? "" : word;
  }

  private String yaml(String source) {
    var out = new StringBuilder();
    out.append("# Made from ").append(source).append(". What has no counterpart is a comment.\n");
    general.forEach(note -> out.append(note).append('\n'));
    var entries = new StringBuilder();
    for (Bridge bridge : bridges) {
      if (bridge.addresses.isEmpty() || bridge.topics.isEmpty()) {
        leftOut(bridge).forEach(note -> out.append(note).append('\n'));
      } else {
        entries.append(entry(bridge));
      }
    }
    out.append(entries.isEmpty() ? "remotes: []\n" : "remotes:\n").append(entries);
    return out.toString();
  }

  /** Says so of each of its lines. */
  private static List<String> leftOut(Bridge bridge) {
    String why = "left out with its connection";
    var notes = new ArrayList<String>();
    String lacks = bridge.addresses.isEmpty() ? "address" : "topic";
    notes.add(
        note(bridge.line, "connection " + bridge.name, "left out, as it has no valid " + lacks));
    bridge.addresses.forEach(each -> notes.add(note(each.line(), each.option(), why)));
    bridge.options.forEach(
        (option, given) -> notes.add(note(given.line(), shown(option, given.value()), why)));
    bridge.topics.forEach(each -> notes.add(note(each.line(), each.option(), why)));
    notes.addAll(bridge.notes);
    return notes;
  }

  private static String entry(Bridge bridge) {
    var keys = new ArrayList<String>();
    keys.add(
        "addresses: ["
            + String.join(", ", bridge.addresses.stream().map(Translated::yaml).toList())
            + "]");
    tls(bridge, keys);
    login(bridge, keys);
    String clientId = bridge.value("remote_clientid");
    if (clientId != null) {
      keys.add("client-id: " + quoted(clientId));
    }
    String clean = bridge.value("cleansession");
    if (clean != null) {
      keys.add("clean-session: " + (clean.equals("true") || clean.equals("1")));
    }
    keepAlive(bridge, keys);
    var out = new StringBuilder("  - name: " + quoted(bridge.name) + "\n");
    bridge.notes.forEach(note -> out.append("    ").append(note).append('\n'));
    keys.forEach(key -> out.append("    ").append(key).append('\n'));
    out.append("    topics:\n");
    bridge.topics.forEach(topic -> out.append("      ").append(topic.yaml()).append('\n'));
    return out.toString();
  }

  /** Mosquitto speaks TLS if it is told whom to trust. */
  private static void tls(Bridge bridge, List<String> keys) {
    String ca = bridge.value("bridge_cafile");
    String cert = bridge.value("bridge_certfile");
    String key = bridge.value("bridge_keyfile");
    Option folder = bridge.options.get("bridge_capath");
    Option system = bridge.options.get("bridge_tls_use_os_certs");
    boolean spoken =
        ca != null || folder != null || (system != null && system.value().equals("true"));
    if (folder != null) {
      bridge.notes.add(
          note(
              folder.line(),
              shown("bridge_capath", folder.value()),
              "put its certificates into one file, and name that as tls.ca"));
    }
    if (system != null && (ca != null || !spoken)) {
      bridge.notes.add(
          note(
              system.line(),
              shown("bridge_tls_use_os_certs", system.value()),
              ca == null ? "as without it" : "only tls.ca is trusted"));
    }
    boolean identity = spoken && cert != null && key != null;
    for (String option : List.of("bridge_certfile", "bridge_keyfile")) {
      Option given = bridge.options.get(option);
      if (given != null && !identity) {
        bridge.notes.add(
            note(
                given.line(),
                shown(option, given.value()),
                spoken ? "left out: certificate and key belong together" : "there is no TLS here"));
      }
    }
    if (!spoken) {
      return;
    }
    var files = new ArrayList<String>();
    if (ca != null) {
      files.add("ca: " + quoted(ca));
    }
    if (identity && cert != null && key != null) {
      files.add("cert: " + quoted(cert));
      files.add("key: " + quoted(key));
    }
    keys.add("tls: {" + String.join(", ", files) + "}");
  }

  private static void login(Bridge bridge, List<String> keys) {
    String user = bridge.value("remote_username");
    Option password = bridge.options.get("remote_password");
    if (user != null) {
      keys.add("user: " + quoted(user));
    }
    if (password != null && user == null) {
      bridge.notes.add(note(password.line(), "remote_password", "left out: there is no user"));
    } else if (password != null) {
      String file = "/etc/headwater/" + bridge.name + ".password";
      bridge.notes.add(
          note(password.line(), "remote_password", "write it into " + file + ", mode 600"));
      keys.add("password-file: " + quoted(file));
    }
  }

  private static void keepAlive(Bridge bridge, List<String> keys) {
    Option given = bridge.options.get("keepalive_interval");
    if (given == null) {
      return;
    }
    if (given.value().matches("[0-9]{1,5}")
        && Integer.parseInt(given.value()) >= 1
        && Integer.parseInt(given.value()) <= 65_535) {
      keys.add("keep-alive: " + Integer.parseInt(given.value()) + "s");
    } else {
      bridge.notes.add(
          note(given.line(), shown("keepalive_interval", given.value()), "is not understood"));
    }
  }

  private static String note(int line, String option, String why) {
    return "# line " + line + ": " + option + ": " + why;
  }

  /** An option as it is given, but no secrets. */
  private static String shown(String option, String value) {
    boolean secret = option.contains("password") || option.endsWith("psk");
    return value.isEmpty() || secret ? option : option + " " + value;
  }

  private static String quoted(String text) {
    return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }
}
