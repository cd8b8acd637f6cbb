package io.headwater.analytics;

import java.util.List;
import java.util.stream.Stream;

/**
 * The topics of a query that users know: where readings come from, and where results go.
 *
 * @param sources names; without those that a pattern finds
 */
record QueryTopics(List<String> sources, List<String> results) {
  static QueryTopics of(Query query) {
    Stream<String> joined = query.source().join().stream().map(Source.Join::topic);
    return new QueryTopics(
        Stream.concat(query.source().topics().stream(), joined).toList(), query.output().topics());
  }
}
