package io.headwater.sim.fleet;

import io.headwater.process.UserError;
import java.util.Optional;
import java.util.regex.Pattern;

/** Why a connection was not made, or ended. */
record Failure(Kind kind, String why) {
  static final Failure NONE = new Failure(Kind.NO_ANSWER, "");

  /** The alerts of a server that got no certificate from its client. */
  private static final Pattern CERTIFICATE_WANTED =
      Pattern.compile("alert: (certificate_required|bad_certificate|handshake_failure)");

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
                  + "; "
                  + wayOutOfTls(settings.broker().tls());
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

  private String wayOutOfTls(Optional<Tls> tls) {
    if (CERTIFICATE_WANTED.matcher(why).find() && tls.flatMap(Tls::identity).isEmpty()) {
      return "show it a certificate with --tls-cert and --tls-key";
    }
    return tls.filter(Tls::insecure).isPresent()
        ? "name a port that speaks TLS with --mqtt"
        : "name the broker's certificate or its authority's with --tls-trust";
  }

  @Override
  public String toString() {
    return why;
  }
}
