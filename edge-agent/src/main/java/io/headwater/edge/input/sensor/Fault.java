package io.headwater.edge.input.sensor;

/** Why there is no value. */
public enum Fault {
  /** The configuration is wrong, so it is not even tried. */
  CONFIGURATION("configuration"),
  /** The bus, file or driver is not there. */
  MISSING("missing"),
  /** The device does not answer. */
  NO_ANSWER("no-answer"),
  /** The read did not end in time. */
  TIMEOUT("timeout"),
  /** Another device's read keeps the bus. */
  BUS_BUSY("bus-busy"),
  /** A checksum is wrong, or the value is one that the device cannot measure. */
  BAD_DATA("bad-data"),
  /** Something else; the text says what. */
  ERROR("error");

  private final String text;

  Fault(String text) {
    this.text = text;
  }

  /** As it stands in readings, metrics and documents. */
  public String text() {
    return text;
  }
}
