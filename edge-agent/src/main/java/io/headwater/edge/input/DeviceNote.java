package io.headwater.edge.input;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What {@code /health} tells of inputs and outputs: a few names, however many they are. */
public final class DeviceNote {
  /** So many are told by name; /metrics has all. */
  private static final int MOST_TOLD = 10;

  private DeviceNote() {}

  /**
   * @param failing each with its reason
   * @param how what is wrong with those: {@code "without a value"}
   */
  public static Optional<String> of(List<String> failing, String how, List<String> simulated) {
    var notes = new ArrayList<String>();
    if (!failing.isEmpty()) {
      notes.add(failing.size() + " " + how + ": " + some(failing));
    }
    if (!simulated.isEmpty()) {
      notes.add(simulated.size() + " simulated: " + some(simulated));
    }
    return notes.isEmpty() ? Optional.empty() : Optional.of(String.join("; ", notes));
  }

  /** One that fails: {@code "door (edge.yaml:12: no answer)"}. */
  public static String failing(String name, String where, String why) {
    return name + " (" + where + ": " + why + ")";
  }

  public static String some(List<String> names) {
    return String.join(", ", names.subList(0, Math.min(MOST_TOLD, names.size())))
        + (names.size() > MOST_TOLD ? ", …" : "");
  }
}
