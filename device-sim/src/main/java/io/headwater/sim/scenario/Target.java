package io.headwater.sim.scenario;

import io.headwater.sim.local.Layout;
import io.headwater.sim.local.Member;
import io.headwater.sim.local.Part;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * Which process a fault is about.
 *
 * @param part absent: any
 * @param number from 1 on where the system has several; 0 for the only one, or for one of several
 */
public record Target(Optional<Part> part, int number) {
  private static final String ANY = "any";

  public static Target of(Part part) {
    return new Target(Optional.of(part), 0);
  }

  /** Reads {@code bridge}, {@code bridge-2} or {@code any}, as far as the system has it. */
  static Target parse(String text, Layout layout) {
    if (text.equals(ANY)) {
      return new Target(Optional.empty(), 0);
    }
    var known = new ArrayList<String>();
    for (Part part : Part.values()) {
      List<Member> members = layout.members(part);
      if (members.isEmpty()) {
        continue;
      }
      if (text.equals(part.command())) {
        return of(part);
      }
      for (Member member : members) {
        if (text.equals(member.label())) {
          return new Target(Optional.of(part), member.number());
        }
      }
      known.add(part.command());
    }
    throw new IllegalArgumentException(
        "'"
            + text
            + "' is not one of "
            + String.join(", ", known)
            + (layout.equals(Layout.USUAL) ? "" : ", one of these with its number, any"));
  }

  /** A process: what is left open is drawn, first the part, then which of them. */
  Target draw(Layout layout, SplittableRandom random) {
    Part drawn =
        part.orElseGet(() -> {
          List<Part> parts =
              Arrays.stream(Part.values())
                  .filter(some -> some != Part.ANALYTICS && layout.count(some) > 0)
                  .toList();
          return parts.get(random.nextInt(parts.size()));
        });
    List<Member> members = layout.members(drawn);
    return new Target(
        Optional.of(drawn),
        number > 0 ? number : members.get(random.nextInt(members.size())).number());
  }

  /** The process; only of one that was drawn. */
  public Member member() {
    return new Member(part.orElseThrow(), number);
  }

  /** As in scenario files. */
  public String label() {
    return part.map(some -> new Member(some, number).label()).orElse(ANY);
  }
}
