package io.headwater.edge.forward;

/** How long a batch may wait while others want to go. */
enum Urgency {
  /** New readings, and what goes by turns with them or before them. */
  PROMPT,
  /** What has waited already: it takes what is left. */
  SPARE
}
