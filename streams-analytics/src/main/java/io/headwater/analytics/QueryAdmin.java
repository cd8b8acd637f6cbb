package io.headwater.analytics;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.headwater.process.UserError;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts, stops and changes queries while the process runs: what the query file says now ({@link
 * #apply}), and one query from the beginning ({@link #reset}).
 *
 * <p>One thing at a time, under this object's lock. A query whose state was computed by another
 * definition does not run until somebody has agreed to lose that state, also not after a restart.
 */
final class QueryAdmin implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(QueryAdmin.class);

  /** What is to become of a query. */
  enum Kind {
    ADDED,
    REMOVED,
    /** It goes on with its state. */
    CHANGED,
    /** Its state does not fit: it begins anew. */
    RESTARTED
  }

  /**
   * One query's change.
   *
   * @param keys of the query file that differ; none when it was added or removed
   * @param loss what is lost, in words
   */
  private record Change(
      String name, Kind kind, List<String> keys, Optional<Query> query, Optional<String> loss) {
    ObjectNode json() {
      ObjectNode json = JsonNodeFactory.instance.objectNode();
      json.put("query", name).put("change", kind.name().toLowerCase(Locale.ROOT));
      if (!keys.isEmpty()) {
        keys.forEach(json.putArray("keys")::add);
      }
      loss.ifPresent(text -> json.put("loss", text));
      return json;
    }
  }

  private final Path file;
  private final Definitions applied;
  private final RunningQueries running;
  private final QueryStarter starter;
  private final LiveFeed live;
  private boolean closed;

  /**
   * @param file the query file
   * @param applied what the states here were computed by
   */
  QueryAdmin(
      Path file, Definitions applied, RunningQueries running, QueryStarter starter, LiveFeed live) {
    this.file = file;
    this.applied = applied;
    this.running = running;
    this.starter = starter;
    this.live = live;
  }

  /** Starts all queries of the file, as far as their states fit. */
  synchronized void startAll(List<Query> queries) {
    Map<String, ObjectNode> definitions = Definitions.read(file);
    for (Query query : queries) {
      ObjectNode definition = definition(definitions, query.name());
      List<String> misfits = applied.misfits(query, definition);
      if (misfits.isEmpty()) {
        goOn(query, definition);
      } else {
        running.add(
            starter.blocked(
                query,
                definition,
                "its "
                    + String.join(", ", misfits)
                    + " changed, which its state does not fit; 'headwater analytics apply' tells"
                    + " what is lost and starts it anew, or give it another name"));
      }
    }
  }

  /** Tells what {@link #apply} would do: {@code changes}, each with query, change, keys, loss. */
  synchronized ObjectNode diff() {
    return json(changes());
  }

  /**
   * Makes the running queries those of the file; a mistake in it changes nothing.
   *
   * @param agreed that states may be lost
   * @throws ApiError 409 with what would be lost, unless that was agreed to
   */
  synchronized ObjectNode apply(boolean agreed) {
    requireOpen();
    List<Change> changes = changes();
    List<String> losses = changes.stream().flatMap(change -> change.loss().stream()).toList();
    if (!agreed && !losses.isEmpty()) {
      throw ApiError.of(
          409,
          String.join(" ", losses)
              + " Nothing has changed; 'headwater analytics apply --yes' does it, a query of"
              + " another name leaves this one as it is.");
    }
    Map<String, ObjectNode> definitions = Definitions.read(file);
    for (Change change : changes) {
      carryOut(change, definitions);
    }
    retryStopped();
    return json(changes);
  }

  private void carryOut(Change change, Map<String, ObjectNode> definitions) {
    LOGGER
        .atInfo()
        .addKeyValue("query", change.name())
        .addKeyValue("change", change.kind())
        .log("The query file is applied");
    switch (change.kind()) {
      case ADDED -> goOn(change.query().orElseThrow(), definition(definitions, change.name()));
      case REMOVED -> {
        stop(running.require(change.name()), "the query was taken out of the query file");
        running.remove(change.name());
        starter.forget(change.name());
      }
      case CHANGED -> {
        stop(running.require(change.name()), "the query was changed");
        goOn(change.query().orElseThrow(), definition(definitions, change.name()));
      }
      case RESTARTED ->
          startAnew(change.query().orElseThrow(), definition(definitions, change.name()));
    }
  }

  /** With the state that there is. */
  private void goOn(Query query, ObjectNode definition) {
    applied.put(query.name(), definition);
    running.add(starter.start(query, definition));
  }

  /** Those that have given up. */
  private void retryStopped() {
    for (RunningQuery query : running.all()) {
      if (query.runner().hasGivenUp()) {
        query.close();
        running.add(starter.start(query.query(), query.definition()));
      }
    }
  }

  /** What {@link #reset} would lose, in words. */
  synchronized String loss(String name) {
    RunningQuery query = running.require(name);
    return loss(query.query(), query.query());
  }

  /**
   * Stops a query, deletes its state and its place in the source topic, and starts it again.
   *
   * @throws ApiError 409 while other instances run it
   */
  synchronized void reset(String name) {
    requireOpen();
    RunningQuery query = running.require(name);
    startAnew(query.query(), query.definition());
  }

  private void startAnew(Query query, ObjectNode definition) {
    Optional<RunningQuery> before = running.find(query.name());
    try (QueryState state = starter.state(query)) {
      List<String> others = state.others(starter.instance());
      if (!others.isEmpty()) {
        throw ApiError.of(
            409,
            "query "
                + query.name()
                + " also runs in "
                + String.join(", ", others)
                + ": stop those instances first, they would go on with the old state");
      }
      Set<String> topics = topics(state, query);
      before.ifPresent(each -> topics.addAll(topics(state, each.query())));
      before.ifPresent(each -> stop(each, "the query begins anew"));
      // Half a state would be worse than none: until all is gone, nothing fits it.
      applied.put(query.name(), JsonNodeFactory.instance.objectNode());
      try {
        state.delete(starter.instance(), topics);
        starter.deleteLocalState(query);
      } catch (ApiError | UserError e) {
        running.add(starter.blocked(query, definition, String.valueOf(e.getMessage())));
        throw e;
      }
      goOn(query, definition);
    }
  }

  private void stop(RunningQuery query, String why) {
    live.end(query.query().name(), why);
    query.close();
  }

  private List<Change> changes() {
    List<Query> queries;
    try {
      queries = QueryFile.read(file);
    } catch (UserError e) {
      throw ApiError.of(409, String.valueOf(e.getMessage()));
    }
    Map<String, ObjectNode> definitions = Definitions.read(file);
    var changes = new ArrayList<Change>();
    var gone = new LinkedHashMap<String, RunningQuery>();
    running.all().forEach(each -> gone.put(each.query().name(), each));
    for (Query query : queries) {
      RunningQuery now = gone.remove(query.name());
      change(query, Optional.ofNullable(now), definition(definitions, query.name()))
          .ifPresent(changes::add);
    }
    for (String name : gone.keySet()) {
      changes.add(new Change(name, Kind.REMOVED, List.of(), Optional.empty(), Optional.empty()));
    }
    return changes;
  }

  private Optional<Change> change(Query query, Optional<RunningQuery> now, ObjectNode definition) {
    List<String> keys =
        applied
            .of(query.name())
            .map(before -> Definitions.differences(before, definition))
            .orElse(List.of());
    if (!applied.misfits(query, definition).isEmpty()) {
      String loss = loss(query, now.map(RunningQuery::query).orElse(query));
      return Optional.of(
          new Change(query.name(), Kind.RESTARTED, keys, Optional.of(query), Optional.of(loss)));
    }
    if (now.isEmpty()) {
      return Optional.of(
          new Change(query.name(), Kind.ADDED, List.of(), Optional.of(query), Optional.empty()));
    }
    // What only says a default in words is no change.
    return now.get().query().equals(query) && !now.get().runner().isBlocked()
        ? Optional.empty()
        : Optional.of(
            new Change(query.name(), Kind.CHANGED, keys, Optional.of(query), Optional.empty()));
  }

  /**
   * What is lost if a query begins anew.
   *
   * @param before the query whose state it is
   */
  private String loss(Query query, Query before) {
    try (QueryState state = starter.state(query)) {
      return state.loss(query, topics(state, before));
    }
  }

  private Set<String> topics(QueryState state, Query query) {
    return state.internalTopics(starter.topology(query));
  }

  private static ObjectNode definition(Map<String, ObjectNode> definitions, String name) {
    return definitions.getOrDefault(name, JsonNodeFactory.instance.objectNode());
  }

  private static ObjectNode json(List<Change> changes) {
    ObjectNode answer = JsonNodeFactory.instance.objectNode();
    ArrayNode list = answer.putArray("changes");
    changes.forEach(change -> list.add(change.json()));
    return answer;
  }

  private void requireOpen() {
    if (closed) {
      throw ApiError.notNow("this instance stops");
    }
  }

  @Override
  public synchronized void close() {
    closed = true;
    // All at once: one after the other, twenty would take longer than systemd waits.
    running.all().forEach(RunningQuery::stop);
    running.all().forEach(RunningQuery::close);
  }
}
