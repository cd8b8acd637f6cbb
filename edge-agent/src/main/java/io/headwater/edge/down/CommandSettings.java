package io.headwater.edge.down;

/**
 * How commands reach devices.
 *
 * @param topic to which a device's commands are published; {@code {device}} is its name
 * @param response topic on which it may answer
 * @param redeliver whether a command goes to its device again when the first acknowledgement was
 *     lost; otherwise its result is {@code unknown}
 */
public record CommandSettings(String topic, String response, boolean redeliver) {
  public static final CommandSettings DEFAULTS =
      new CommandSettings("commands/{device}", "commands/{device}/response", false);

  private static final String DEVICE = "{device}";

  public CommandSettings {
    check("commands.topic", topic);
    check("commands.response", response);
    if (topic.equals(response)) {
      throw new IllegalArgumentException(
          "commands.response " + response + " is the same topic as commands.topic");
    }
  }

  private static void check(String key, String template) {
    String rest = template.replace(DEVICE, "");
    if (!template.contains(DEVICE)
        || template.indexOf(DEVICE) != template.lastIndexOf(DEVICE)
        || rest.indexOf('+') >= 0
        || rest.indexOf('#') >= 0
        || template.startsWith("$")) {
      throw new IllegalArgumentException(
          key + " '" + template + "' is not an MQTT topic with one '{device}' in it");
    }
  }

  String topicOf(String device) {
    return topic.replace(DEVICE, device);
  }

  String responseOf(String device) {
    return response.replace(DEVICE, device);
  }

  boolean isResponse(String candidate) {
    int at = response.indexOf(DEVICE);
    String after = response.substring(at + DEVICE.length());
    return candidate.length() > at + after.length()
        && candidate.regionMatches(0, response, 0, at)
        && candidate.endsWith(after);
  }
}
