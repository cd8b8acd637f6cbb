package io.headwater.edge.input.sensor;

import org.jspecify.annotations.Nullable;

/** A read that gave no value; the message is one line for users, without the input's name. */
public final class SensorFault extends Exception {
  private static final long serialVersionUID = 1L;

  private final Fault fault;

  public SensorFault(Fault fault, String message) {
    this(fault, message, null);
  }

  /**
   * @param cause for the log
   */
  public SensorFault(Fault fault, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.fault = fault;
  }

  public Fault fault() {
    return fault;
  }

  /** The line for users. */
  public String text() {
    String message = getMessage();
    return message == null ? fault.text() : message;
  }
}
