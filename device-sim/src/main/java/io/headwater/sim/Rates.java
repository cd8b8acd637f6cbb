package io.headwater.sim;

/** What came to the counts since the status before. Confined to the run's thread. */
final class Rates {
  private long second;
  private long published;
  private long acknowledged;
  private long arrived;

  record PerSecond(long published, long acknowledged, long arrived) {}

  PerSecond since(RunView.Status status) {
    long seconds = Math.max(1, status.second() - second);
    var rates =
        new PerSecond(
            (status.counts().readings() - published) / seconds,
            (status.counts().acknowledged() - acknowledged) / seconds,
            (status.arrived() - arrived) / seconds);
    second = status.second();
    published = status.counts().readings();
    acknowledged = status.counts().acknowledged();
    arrived = status.arrived();
    return rates;
  }
}
