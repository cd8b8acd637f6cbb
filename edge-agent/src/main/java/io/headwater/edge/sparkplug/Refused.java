package io.headwater.edge.sparkplug;

/** Why a message of an edge node is not believed. */
enum Refused {
  /** Its bytes are no Sparkplug B payload, or it lacks what it must have. */
  MALFORMED("malformed"),
  /** It has come before. */
  DUPLICATE("duplicate"),
  /** It is older than the birth that counts. */
  OLD("old"),
  /** There is no birth that counts: what its aliases mean is not known. */
  NO_BIRTH("no-birth"),
  /** Messages before it did not come in time. */
  GAP("gap"),
  /** It does not agree with the birth: by a metric's name, alias or type, or by its client. */
  CONTRADICTION("contradiction"),
  /** A birth without what it must have, or with an alias for two metrics. */
  BAD_BIRTH("bad-birth"),
  /** The death of an earlier session. */
  OTHER_SESSION("other-session"),
  /** There are more edge nodes than are remembered. */
  TOO_MANY("too-many");

  private final String text;

  Refused(String text) {
    this.text = text;
  }

  /** As it stands in metrics and documents. */
  String text() {
    return text;
  }
}
