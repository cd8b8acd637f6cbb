package io.headwater.analytics;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.headwater.analytics.FoundWindows.Window;
import io.headwater.process.HostPort;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.KeyQueryMetadata;
import org.apache.kafka.streams.StreamsMetadata;
import org.apache.kafka.streams.state.HostInfo;

/**
 * Windows of a query, wherever they are.
 *
 * <p>A key's windows are asked for where Streams' metadata has its partition. Some producers place
 * keys by another hash than Kafka's own; so if there is nothing, all instances are asked, as they
 * are when no key is given. Thread-safe.
 */
final class WindowService {
  private final HostPort self;
  private final Peers peers;

  /**
   * @param self as the other instances know this one
   */
  WindowService(HostPort self, Peers peers) {
    this.self = self;
    this.peers = peers;
  }

  /**
   * Finds windows.
   *
   * @param path of the request with its parameters, for other instances
   * @param forwarded the header {@link Peers#FORWARDED}, if another instance asks
   * @return {@code query}, {@code results} (oldest first), {@code truncated} if there are older
   *     ones, {@code missing} with the instances that could not tell theirs
   * @throws ApiError 503 while it is not known where they are
   */
  ObjectNode find(
      RunningQuery running, WindowsRequest request, String path, Optional<String> forwarded) {
    Windows windows =
        running
            .query()
            .windows()
            .orElseThrow(() ->
                ApiError.of(
                    404,
                    "query "
                        + running.query().name()
                        + " has no windows: it answers each reading by itself; read "
                        + String.join(", ", running.query().output().topics())));
    KafkaStreams streams = running.runner().streams().orElseThrow(() -> notNow(running));
    var search =
        new Search(running, windows, streams, request, path, new FoundWindows(request.limit()));
    if (forwarded.isPresent()) {
      if (forwarded.get().equals(Peers.OWNER)) {
        search.atOwner(true);
      } else {
        search.here();
      }
    } else if (request.key().isPresent()) {
      search.atOwner(false);
      if (search.found.isEmpty()) {
        search.everywhere();
      }
    } else {
      search.everywhere();
    }
    return search.answer();
  }

  private static ApiError notNow(RunningQuery running) {
    return ApiError.notNow(
        running
            .runner()
            .problem()
            .orElse("query " + running.query().name() + " starts, or its partitions move"));
  }

  /** One request. Confined to its thread. */
  private final class Search {
    private final RunningQuery running;
    private final KafkaStreams streams;
    private final WindowsRequest request;
    private final String path;
    private final FoundWindows found;
    private final StateReader reader;
    private final List<String> missing = new ArrayList<>();

    Search(
        RunningQuery running,
        Windows windows,
        KafkaStreams streams,
        WindowsRequest request,
        String path,
        FoundWindows found) {
      this.running = running;
      this.streams = streams;
      this.request = request;
      this.path = path;
      this.found = found;
      this.reader = new StateReader(running.query(), windows, streams);
    }

    /** Where the key's partition is; a request that came from elsewhere goes no further. */
    void atOwner(boolean mustBeHere) {
      String key = request.key().orElseThrow();
      KeyQueryMetadata owner = owner(key);
      HostPort host = Peers.address(owner.activeHost());
      if (host.equals(self)) {
        reader.read(request, key, owner.partition(), found);
      } else if (mustBeHere) {
        throw ApiError.notNow(
            self + " does not own key '" + key + "' any more, " + host + " does; ask again");
      } else {
        take(join(peers.ask(host, path, Peers.OWNER)));
      }
    }

    private KeyQueryMetadata owner(String key) {
      KeyQueryMetadata owner;
      try {
        owner =
            streams.queryMetadataForKey(
                QueryTopology.WINDOWS,
                key.getBytes(StandardCharsets.UTF_8),
                new ByteArraySerializer());
      } catch (IllegalStateException _) { // not started, stopped, or without its metadata
        throw notNow(running);
      }
      if (owner.equals(KeyQueryMetadata.NOT_AVAILABLE)
          || owner.activeHost().equals(HostInfo.unavailable())) {
        throw notNow(running);
      }
      return owner;
    }

    void here() {
      request
          .key()
          .ifPresentOrElse(
              key -> reader.read(request, key, found), () -> reader.read(request, found));
    }

    void everywhere() {
      Map<HostPort, CompletableFuture<JsonNode>> asked = new LinkedHashMap<>();
      boolean own = false;
      try {
        for (StreamsMetadata each : streams.streamsMetadataForStore(QueryTopology.WINDOWS)) {
          HostPort host = Peers.address(each.hostInfo());
          if (host.equals(self)) {
            own = true;
          } else if (each.stateStoreNames().contains(QueryTopology.WINDOWS)) {
            asked.put(host, peers.ask(host, path, Peers.ALL));
          }
        }
      } catch (IllegalStateException _) {
        throw notNow(running);
      }
      if (!own && asked.isEmpty()) {
        throw notNow(running);
      }
      if (own) {
        here();
      }
      asked.forEach((host, answer) -> {
        try {
          take(join(answer));
        } catch (ApiError e) {
          missing.add(e.getMessage());
        }
      });
    }

    private void take(JsonNode answer) {
      var windows = new ArrayList<Window>();
      answer.path("results").forEach(each -> windows.add(Window.of(each)));
      found.addAll(windows, answer.path("truncated").asBoolean());
    }

    private static JsonNode join(CompletableFuture<JsonNode> answer) {
      try {
        return answer.join();
      } catch (CompletionException e) {
        if (e.getCause() instanceof ApiError error) {
          throw error;
        }
        throw e;
      }
    }

    ObjectNode answer() {
      ObjectNode answer = JsonNodeFactory.instance.objectNode();
      answer.put("query", running.query().name());
      ArrayNode results = answer.putArray("results");
      found.oldestFirst().forEach(window -> results.add(window.json()));
      if (found.isTruncated()) {
        answer.put("truncated", true);
      }
      if (!missing.isEmpty()) {
        ArrayNode parts = answer.putArray("missing");
        missing.forEach(parts::add);
      }
      return answer;
    }
  }
}
