package io.headwater.edge.log;

import java.util.List;

/**
 * A shared subscription as it is on disk.
 *
 * @param filter with its {@code $share/group/}
 * @param next rows from this seq on are still to be dealt
 * @param open rows below it that were dealt, and are neither finished nor a member's own
 * @param clients whose sessions have it
 */
public record StoredShare(String filter, long next, List<Long> open, List<String> clients) {
  public StoredShare {
    open = List.copyOf(open);
    clients = List.copyOf(clients);
  }
}
