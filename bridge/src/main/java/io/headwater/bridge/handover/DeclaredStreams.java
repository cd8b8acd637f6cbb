package io.headwater.bridge.handover;

import io.headwater.uplink.StreamDeclaration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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

  private final Map<String, StreamDeclaration> streams = new HashMap<>();

  void declare(String gateway, List<StreamDeclaration> declared) {
    for (StreamDeclaration stream : declared) {
      if (streams.size() >= MOST) {
        return;
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

  Optional<StreamDeclaration> of(String stream) {
    return Optional.ofNullable(streams.get(stream));
  }
}
