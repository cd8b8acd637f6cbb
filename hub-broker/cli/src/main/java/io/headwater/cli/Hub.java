package io.headwater.cli;

import io.headwater.process.HostPort;
import io.headwater.process.NearestName;
import io.headwater.process.UserError;
import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.apache.kafka.clients.admin.TopicListing;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnsupportedVersionException;

/** A hub that has answered. Whatever fails from then on is a {@link UserError} of one line. */
final class Hub implements AutoCloseable {
  /** With the JVM's own start, people are told within five seconds that nobody is there. */
  private static final Duration REACHED = Duration.ofSeconds(3);

  /** A hub that is there may be busy, or slow to start. */
  private static final Duration FIRST_ANSWER = Duration.ofSeconds(20);

  private static final Duration ANSWER = Duration.ofSeconds(30);

  private final Map<String, Object> settings;
  private final Admin admin;

  private Hub(Map<String, Object> settings, Admin admin) {
    this.settings = settings;
    this.admin = admin;
  }

  /**
   * Waits for the hub's first answer.
   *
   * @param settings of Kafka's clients
   * @throws UserError if there is none; within a few seconds if nobody even listens
   */
  static Hub connect(Map<String, Object> settings) {
    String address = String.valueOf(settings.get("bootstrap.servers"));
    requireListener(address);
    Admin admin;
    try {
      admin = Admin.create(settings);
    } catch (KafkaException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw UserError.failure(
          "the hub's client cannot be made: " + firstLine(cause) + "; see --settings", e);
    }
    var hub = new Hub(Map.copyOf(settings), admin);
    try {
      admin.describeCluster().nodes().get(FIRST_ANSWER.toMillis(), TimeUnit.MILLISECONDS);
      return hub;
    } catch (ExecutionException e) {
      hub.close();
      throw hub.error("hub " + address, e.getCause() == null ? e : e.getCause());
    } catch (java.util.concurrent.TimeoutException e) {
      hub.close();
      throw UserError.failure(
          "no hub answers at "
              + address
              + ", though something listens there; if it wants TLS, say so with --settings",
          e);
    } catch (InterruptedException e) {
      hub.close();
      throw interrupted(e);
    }
  }

  /**
   * Kafka's client tries again until its time is over; a refused connection can be told at once.
   */
  private static void requireListener(String addresses) {
    String[] all = addresses.split(",", -1);
    for (String each : all) {
      try (var socket = new Socket()) {
        socket.connect(
            HostPort.parse(each.strip()).socketAddress(),
            Math.toIntExact(REACHED.toMillis() / all.length));
        return;
      } catch (IOException _) {
        // Perhaps another one is there.
      }
    }
    throw UserError.failure(
        "no hub answers at " + addresses + "; start it, or name another with --hub");
  }

  private static UserError interrupted(InterruptedException e) {
    Thread.currentThread().interrupt();
    return UserError.failure("interrupted", e);
  }

  String address() {
    return String.valueOf(settings.get("bootstrap.servers"));
  }

  Admin admin() {
    return admin;
  }

  /** Settings for another client of this hub: the command's defaults, below the user's file. */
  Map<String, Object> clientSettings(Map<String, Object> defaults) {
    var client = new HashMap<>(defaults);
    client.putAll(settings);
    return client;
  }

  /**
   * Waits for an answer.
   *
   * @param thing what it is about, for the error: {@code topic 'readings'}
   */
  <T> T await(String thing, KafkaFuture<T> answer) {
    try {
      return answer.get(ANSWER.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw error(thing, e.getCause() == null ? e : e.getCause());
    } catch (java.util.concurrent.TimeoutException e) {
      throw error(thing, e);
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  /** What a client threw, as a line. */
  UserError error(String thing, Throwable failure) {
    String line =
        switch (failure) {
          case TimeoutException _, java.util.concurrent.TimeoutException _ ->
              thing + ": the hub at " + address() + " did not answer in time; try again";
          case AuthenticationException e ->
              "the hub at "
                  + address()
                  + " refuses the login: "
                  + firstLine(e)
                  + "; see --settings";
          case AuthorizationException e ->
              thing + ": not allowed (" + firstLine(e) + "); log in as another with --settings";
          case TopicExistsException _ ->
              thing + " exists already; 'headwater topics alter' changes it";
          case UnsupportedVersionException e ->
              thing + ": the hub at " + address() + " cannot do this: " + firstLine(e);
          default -> thing + ": " + firstLine(failure);
        };
    return UserError.failure(line, failure);
  }

  private static String firstLine(Throwable failure) {
    String message = failure.getMessage();
    return message == null || message.isBlank()
        ? failure.getClass().getSimpleName()
        : message.lines().findFirst().orElse("");
  }

  /** All topics by name, also internal ones. */
  Map<String, TopicListing> topics() {
    return new TreeMap<>(
        await(
            "topics",
            admin.listTopics(new ListTopicsOptions().listInternal(true)).namesToListings()));
  }

  /** All groups by name. */
  Map<String, GroupListing> groups() {
    var groups = new TreeMap<String, GroupListing>();
    for (GroupListing group : await("groups", admin.listGroups().all())) {
      groups.put(group.groupId(), group);
    }
    return groups;
  }

  /** Refuses a topic that is not there. */
  void requireTopics(Collection<String> names) {
    Map<String, TopicListing> known = topics();
    for (String name : names) {
      if (!known.containsKey(name)) {
        throw unknown("topic", name, known.keySet(), "headwater topics list");
      }
    }
  }

  /** Finds a group; refuses one that is not there. */
  GroupListing requireGroup(String name) {
    Map<String, GroupListing> known = groups();
    GroupListing group = known.get(name);
    if (group == null) {
      throw unknown("group", name, known.keySet(), "headwater groups list");
    }
    return group;
  }

  private UserError unknown(String kind, String name, Collection<String> known, String list) {
    return UserError.failure(
        "%s '%s' is not known at %s%s"
            .formatted(
                kind,
                name,
                address(),
                NearestName.of(name, known)
                    .map(nearest -> ": did you mean '" + nearest + "'?")
                    .orElse("; '" + list + "' tells which are")));
  }

  @Override
  public void close() {
    admin.close(Duration.ofSeconds(1));
  }
}
