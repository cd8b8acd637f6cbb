package io.headwater.uplink;

import java.util.List;

/**
 * A bridge tells a gateway what is settled.
 *
 * @param epoch that it speaks of
 * @param settled cumulative, for each partition that it names
 * @param bridgeClockMs the bridge's wall clock, milliseconds since 1970
 */
public record Answer(
    String gateway,
    long epoch,
    Verdict verdict,
    List<Settled> settled,
    Credit credit,
    long bridgeClockMs,
    List<Reject> rejects) {
  /** How the bridge sees the gateway's log. The ordinals are the wire's. */
  public enum Verdict {
    /** All is well. */
    KNOWN,
    /** The incarnation is not known: ask for the state. */
    ASK_FOR_STATE,
    /**
     * The log is a copy or a restored image: what is settled stays so, the rest needs a new epoch.
     */
    COPY
  }

  public Answer {
    settled = List.copyOf(settled);
    rejects = List.copyOf(rejects);
  }
}
