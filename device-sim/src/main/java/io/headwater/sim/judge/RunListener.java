package io.headwater.sim.judge;

/**
 * Is told everything that a verdict rests on: what {@link Ledger} and {@link Judge} are told, in
 * any order between the two. Called from several threads.
 */
public interface RunListener {
  /** Hears nothing. */
  RunListener NONE =
      new RunListener() {
        @Override
        public void published(String device, long sequence, int attempt) {}

        @Override
        public void acknowledged(String device, long sequence, int attempt) {}

        @Override
        public void arrived(Arrival arrival) {}
      };

  /** An attempt goes out. */
  void published(String device, long sequence, int attempt);

  /** The broker has acknowledged an attempt. */
  void acknowledged(String device, long sequence, int attempt);

  /** A record was found at the far end; in the order of its partition. */
  void arrived(Arrival arrival);
}
