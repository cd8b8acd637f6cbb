package io.headwater.sim.fleet;

import io.headwater.process.UserError;

/** Why a connection was not made, or ended. */
record Failure(Kind kind, String why) {
  static final Failure NONE = new Failure(Kind.NO_ANSWER, "");

  /** What a user can do about it. */
  enum Kind {
    NO_ANSWER,
    ENDED,
    TLS,
    CREDENTIALS,
    REFUSED,
    QOS;

    /** Whether another try will end the same. */
    private boolean isCertain() {
      return switch (this) {
        case TLS, CREDENTIALS, QOS -> true;
        case NO_ANSWER, ENDED, REFUSED -> false;
      };
    }
  }

  boolean isCertain() {
    return kind.isCertain();
  }

  UserError toUser(FleetSettings settings) {
    String broker = settings.broker().address().toString();
    String because = why.isEmpty() ? "" : " (" + why + ")";
    return UserError.failure(
        switch (kind) {
          case NO_ANSWER, ENDED ->
              "no MQTT broker answers at "
                  + broker
                  + because
                  + "; start one, or name another with --mqtt";
          case TLS ->
              "the TLS handshake with "
                  + broker
                  + " failed"
                  + because
                  + (settings.broker().tls().filter(Tls::insecure).isPresent()
                      ? "; name a port that speaks TLS with --mqtt"
                      : "; name the broker's certificate or its authority's with --tls-trust");
          case CREDENTIALS ->
              "the broker at "
                  + broker
                  + " refuses the devices"
                  + because
                  + "; give a user that it knows with --user and --password-file";
          case REFUSED ->
              "the broker at "
                  + broker
                  + " refuses the devices"
                  + because
                  + "; see its log, or name another with --mqtt";
          case QOS ->
              "the broker at "
                  + broker
                  + " "
                  + why
                  + ", but --qos "
                  + settings.protocol().qos()
                  + " was asked; ask for less";
        });
  }

  @Override
  public String toString() {
    return why;
  }
}
