package io.headwater.hub.kafka.metadata;

import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.image.MetadataDelta;
import org.apache.kafka.image.MetadataImage;
import org.apache.kafka.image.MetadataProvenance;

/**
 * Turns topic snapshots into Kafka's {@code MetadataImage} and hands each with its delta to
 * subscribers (the group coordinator's {@code onMetadataUpdate}), in order. The image's version is
 * the snapshot's. Feed it by {@code catalog.subscribe(publisher::publish)}.
 *
 * <p>Thread-safe: one caller at a time is let in.
 */
public final class ImagePublisher {
  private final List<Subscriber> subscribers = new ArrayList<>();
  private MetadataImage image = MetadataImage.EMPTY;

  /** Takes an image and what changed since the one before. Called by one thread at a time. */
  @FunctionalInterface
  public interface Subscriber {
    void onImage(MetadataDelta delta, MetadataImage image);
  }

  /** Hands the current image with an empty delta to {@code subscriber}, then each later one. */
  public synchronized void subscribe(Subscriber subscriber) {
    subscribers.add(subscriber);
    subscriber.onImage(new MetadataDelta.Builder().setImage(image).build(), image);
  }

  /** The newest image; {@code MetadataImage.EMPTY} before the first snapshot. */
  public synchronized MetadataImage image() {
    return image;
  }

  /** Publishes a snapshot; one that is not newer than the last is ignored. */
  public synchronized void publish(TopicsSnapshot snapshot) {
    if (snapshot.version() <= image.provenance().lastContainedOffset()) { // -1 when empty
      return;
    }
    MetadataDelta delta = new MetadataDelta.Builder().setImage(image).build();
    ImageRecords.changes(image, snapshot).forEach(delta::replay);
    image = delta.apply(new MetadataProvenance(snapshot.version(), 0, 0L, true));
    for (Subscriber subscriber : subscribers) {
      subscriber.onImage(delta, image);
    }
  }
}
