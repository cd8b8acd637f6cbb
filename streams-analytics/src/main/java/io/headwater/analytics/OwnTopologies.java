package io.headwater.analytics;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.headwater.analytics.api.OwnTopology;
import io.headwater.process.Health;
import io.headwater.process.UserError;
import java.io.IOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.Set;

/** The topologies of the user's own, and what keeps each running. */
final class OwnTopologies implements AutoCloseable {
  private static final String SERVICE = "META-INF/services/" + OwnTopology.class.getName();

  private final URLClassLoader classes;
  private final Map<String, OwnTopology> byName;
  private final List<QueryRunner> runners = new ArrayList<>();

  private OwnTopologies(URLClassLoader classes, Map<String, OwnTopology> byName) {
    this.classes = classes;
    this.byName = byName;
  }

  /**
   * Finds them.
   *
   * @throws UserError with exit code 2 that names the jar and what is wrong with it
   */
  static OwnTopologies find(List<Path> jars) {
    var urls = new ArrayList<URL>();
    for (Path jar : jars) {
      if (!Files.isReadable(jar)) {
        throw UserError.usage("topologies: " + jar + " is not there, or cannot be read");
      }
      try {
        urls.add(jar.toUri().toURL());
      } catch (MalformedURLException e) {
        throw UserError.usage("topologies: " + jar + " cannot be named (" + e.getMessage() + ")");
      }
    }
    var loader = new URLClassLoader(urls.toArray(URL[]::new), OwnTopologies.class.getClassLoader());
    try {
      return new OwnTopologies(loader, load(loader, jars));
    } catch (RuntimeException | ServiceConfigurationError e) {
      close(loader);
      throw e instanceof UserError error
          ? error
          : UserError.usage("topologies: " + jars + ": " + e.getMessage());
    }
  }

  private static Map<String, OwnTopology> load(URLClassLoader loader, List<Path> jars) {
    var byName = new LinkedHashMap<String, OwnTopology>();
    for (OwnTopology own : ServiceLoader.load(OwnTopology.class, loader)) {
      String where = own.getClass().getName();
      if (!Query.isName(own.name())) {
        throw UserError.usage(
            "topologies: the name '%s' of %s must be %s"
                .formatted(own.name(), where, Query.NAME_RULE));
      }
      OwnTopology before = byName.putIfAbsent(own.name(), own);
      if (before != null) {
        throw UserError.usage(
            "topologies: %s and %s both have the name '%s': give each its own"
                .formatted(before.getClass().getName(), where, own.name()));
      }
    }
    if (byName.isEmpty() && !jars.isEmpty()) {
      throw UserError.usage(
          "topologies: none is found in %s: it needs a file %s with the name of a class"
              .formatted(jars, SERVICE));
    }
    return byName;
  }

  Set<String> names() {
    return Set.copyOf(byName.keySet());
  }

  /** Starts them all. */
  void start(QueryStarter starter, Health health) {
    for (OwnTopology own : byName.values()) {
      QueryRunner runner = starter.startOwn(own);
      runners.add(runner);
      health.check("topology " + own.name(), runner::problem);
    }
  }

  /** How each does: {@code name}, {@code state}, {@code problem}, {@code lag}, {@code dropped}. */
  ArrayNode status() {
    ArrayNode all = JsonNodeFactory.instance.arrayNode();
    for (QueryRunner runner : runners) {
      ObjectNode status = all.addObject();
      status.put("name", runner.name()).put("state", runner.phase());
      runner.problem().ifPresent(problem -> status.put("problem", problem));
      runner.streams().ifPresent(streams -> RunningQuery.measured(status, streams));
    }
    return all;
  }

  @Override
  public void close() {
    runners.forEach(QueryRunner::stop);
    runners.forEach(QueryRunner::close);
    close(classes);
  }

  private static void close(URLClassLoader loader) {
    try {
      loader.close();
    } catch (IOException _) {
      // Nothing is written to it.
    }
  }
}
