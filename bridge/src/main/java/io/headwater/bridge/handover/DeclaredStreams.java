package io.headwater.bridge.handover;

import io.headwater.uplink.StreamDeclaration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.internals.Topic;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How gateways want the topics of their streams to be made. The first word counts; others are
 * logged. Confined to the hand-over's thread.
 */
final class DeclaredStreams {
  private static final Logger LOGGER = LoggerFactory.getLogger(DeclaredStreams.class);

  /** Whoever declares more is not believed, so that memory stays bounded. */
  private static final int MOST = 10_000;

  private static final int LONGEST_WORD = 16;

  private final Map<String, StreamDeclaration> streams = new HashMap<>();

  void declare(String gateway, List<StreamDeclaration> declared) {
    for (StreamDeclaration stream : declared) {
      if (streams.size() >= MOST) {
        return;
      }
      if (!Topic.isValid(stream.stream()) || stream.compression().length() > LONGEST_WORD) {
        continue; // no topic would come of it
      }
      StreamDeclaration before = streams.putIfAbsent(stream.stream(), stream);
      if (before != null && !before.equals(stream)) {
        LOGGER
            .atWarn()
            .addKeyValue("gateway", gateway)
            .addKeyValue("declared", stream)
            .addKeyValue("before", before)
            .log("Gateways declare a stream differently; the first declaration counts");
      }
    }
  }

  /** No topic could be made by it: somebody may declare it anew. */
  void forget(String stream) {
    streams.remove(stream);
  }

  Optional<StreamDeclaration> of(String stream) {
    return Optional.ofNullable(streams.get(stream));
  }
}
