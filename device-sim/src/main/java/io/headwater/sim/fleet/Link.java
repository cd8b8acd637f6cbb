package io.headwater.sim.fleet;

/**
 * A device's way to the broker, over successive connections. Everything, the owner's methods too,
 * happens on the device's event loop.
 */
interface Link {
  /** Connects; the owner is told what becomes of it. Only while there is no connection. */
  void open();

  /** Whether the connection takes another publish now; if not, the owner is told when it does. */
  boolean isWritable();

  /** Hands a new attempt to the connection, which may keep it until {@link #flush}. */
  void publish(Delivery delivery);

  void flush();

  /** About once a second: keeps the connection alive. */
  void tick(long now);

  /** Breaks the connection without a word, as far as the client can. */
  void breakOff();

  /** Ends for good, politely. The owner is told nothing any more. */
  void close();

  /** The device. */
  interface Owner {
    /** The payload of a delivery's newest attempt: the same bytes each time. */
    byte[] payload(Delivery delivery);

    /**
     * A connection is there.
     *
     * @param continued attempts that were under way still are; otherwise nobody knows of them
     * @param receiveMaximum attempts that the broker lets be under way
     */
    void opened(boolean continued, int receiveMaximum);

    /** The attempt is done. {@link #ready} follows, as after the next two. */
    void acknowledged(Delivery delivery);

    /** The broker does not want the attempt; codes are those of MQTT 5 (2.4). */
    void refused(Delivery delivery, int reasonCode);

    /** The client gave the attempt up. */
    void failed(Delivery delivery);

    /** The connection may take more than before: all answers that came together are told. */
    void ready();

    /** The connection ended, or was not made. */
    void closed(Failure why);
  }

  /** One for each device. */
  interface Factory {
    Link link(String device, Owner owner, Pacer pacer);
  }
}
