package io.headwater.uplink;

/** A frame that is not one of uplink v1; the message says what is wrong with it. */
public final class MalformedUplinkException extends Exception {
  private static final long serialVersionUID = 1L;

  private final boolean unknownVersion;

  public MalformedUplinkException(String message) {
    this(message, false);
  }

  MalformedUplinkException(String message, boolean unknownVersion) {
    super(message);
    this.unknownVersion = unknownVersion;
  }

  /** Whether only the version is strange, so that an answer can say so. */
  public boolean isUnknownVersion() {
    return unknownVersion;
  }
}
