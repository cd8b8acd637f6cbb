package io.headwater.analytics;

import io.headwater.process.YamlFile;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;

/** The queries of this process by name, in the order of their names. Thread-safe. */
final class RunningQueries {
  private final Map<String, RunningQuery> byName = new ConcurrentSkipListMap<>();

  /** Takes the place of one of the same name. */
  void add(RunningQuery query) {
    byName.put(query.query().name(), query);
  }

  void remove(String name) {
    byName.remove(name);
  }

  List<RunningQuery> all() {
    return List.copyOf(byName.values());
  }

  Optional<RunningQuery> find(String name) {
    return Optional.ofNullable(byName.get(name));
  }

  /**
   * The query of this name.
   *
   * @throws ApiError 404 with the nearest name
   */
  RunningQuery require(String name) {
    return find(name)
        .orElseThrow(() ->
            ApiError.of(
                404, "there is no query '" + name + "'" + YamlFile.hint(name, byName.keySet())));
  }
}
