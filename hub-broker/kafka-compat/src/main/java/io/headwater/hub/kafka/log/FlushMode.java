package io.headwater.hub.kafka.log;

/** When appended records are forced to disk, and so what a power cut may take. */
public enum FlushMode {
  /** Before they are acknowledged or read: nothing acknowledged is lost. */
  ALWAYS,
  /** Within an interval after they were acknowledged: at most so much is lost. */
  INTERVAL,
  /** When the operating system sees fit, often after half a minute. */
  OS
}
