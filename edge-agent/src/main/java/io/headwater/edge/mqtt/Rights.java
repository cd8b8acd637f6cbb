package io.headwater.edge.mqtt;

/**
 * What an admitted client may do. Thread-safe, quick, and asked each time: an answer may change
 * while the client is connected.
 */
public interface Rights {
  /** Of whoever nobody looks at: all is allowed. */
  Rights ALL =
      new Rights() {
        @Override
        public String identity() {
          return "";
        }

        @Override
        public boolean mayPublish(String topic) {
          return true;
        }

        @Override
        public boolean maySubscribe(String filter) {
          return true;
        }

        @Override
        public boolean mayReceive(String topic) {
          return true;
        }
      };

  /** The user's name that was proved by password or certificate; empty if none was. */
  String identity();

  /**
   * @param topic a valid topic, an alias already resolved
   */
  boolean mayPublish(String topic);

  /**
   * Whether anything that fits a filter may be received. A filter that is wider than the rights is
   * granted: then {@link #mayReceive} picks what is delivered.
   *
   * @param filter a valid filter; of a shared subscription with its {@code $share/group/} or
   *     without
   */
  boolean maySubscribe(String filter);

  /** Whether a message may be delivered to the client. */
  boolean mayReceive(String topic);
}
