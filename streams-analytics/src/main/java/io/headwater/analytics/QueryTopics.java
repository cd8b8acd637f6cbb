package io.headwater.analytics;

import java.util.List;

/** The topics of a query that users know: where readings come from, and where results go. */
record QueryTopics(List<String> sources, List<String> results) {
  static QueryTopics of(Query query) {
    return new QueryTopics(List.of(query.from()), List.of(query.to()));
  }
}
