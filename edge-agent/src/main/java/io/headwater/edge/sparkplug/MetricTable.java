package io.headwater.edge.sparkplug;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.eclipse.tahu.protobuf.SparkplugBProto.Payload;
import org.eclipse.tahu.protobuf.SparkplugBProto.Payload.Metric.ValueCase;

/** The metrics of a node, or of one of its devices, as its birth declares them. Immutable. */
final class MetricTable {
  /** A metric's name and type. */
  record Definition(String name, DataType type) {}

  /** A birth that cannot be believed. */
  static final class BadBirthException extends Exception {
    private static final long serialVersionUID = 1L;

    BadBirthException(String message) {
      super(message);
    }
  }

  private final Map<String, Definition> byName;
  private final Map<Long, Definition> byAlias;

  private MetricTable(Map<String, Definition> byName, Map<Long, Definition> byAlias) {
    this.byName = byName;
    this.byAlias = byAlias;
  }

  /**
   * Of a birth.
   *
   * @param most metrics that it may have
   * @throws BadBirthException if a metric has no name or type, or two have one name or one alias
   */
  static MetricTable of(Payload birth, int most) throws BadBirthException {
    if (birth.getMetricsCount() > most) {
      throw new BadBirthException(birth.getMetricsCount() + " metrics > max " + most);
    }
    var byName = new HashMap<String, Definition>();
    var byAlias = new HashMap<Long, Definition>();
    for (Payload.Metric metric : birth.getMetricsList()) {
      if (!metric.hasName() || metric.getName().isEmpty()) {
        throw new BadBirthException("a metric has no name");
      }
      String name = metric.getName();
      DataType type =
          DataType.of(metric.getDatatype())
              .orElseThrow(() ->
                  new BadBirthException(
                      "the metric '" + name + "' has no type: " + metric.getDatatype()));
      var definition = new Definition(name, type);
      if (!fits(metric, type)) {
        throw new BadBirthException("the value of '" + name + "' is none of " + type.text());
      }
      if (byName.putIfAbsent(name, definition) != null) {
        throw new BadBirthException("two metrics have the name '" + name + "'");
      }
      if (metric.hasAlias()) {
        Definition other = byAlias.putIfAbsent(metric.getAlias(), definition);
        if (other != null) {
          throw new BadBirthException(
              "'"
                  + name
                  + "' and '"
                  + other.name()
                  + "' have the alias "
                  + Long.toUnsignedString(metric.getAlias()));
        }
      }
    }
    return new MetricTable(byName, byAlias);
  }

  /**
   * Which metric is meant; empty if it is not known, or if name, alias, type and value do not agree
   * with the birth.
   */
  Optional<Definition> resolve(Payload.Metric metric) {
    Definition definition;
    if (metric.hasAlias()) {
      definition = byAlias.get(metric.getAlias());
      if (definition == null
          || (metric.hasName()
              && !metric.getName().isEmpty()
              && !metric.getName().equals(definition.name()))) {
        return Optional.empty();
      }
    } else {
      definition = byName.get(metric.getName());
    }
    return Optional.ofNullable(definition)
        .filter(known -> !metric.hasDatatype() || metric.getDatatype() == known.type().code())
        .filter(known -> fits(metric, known.type()));
  }

  private static boolean fits(Payload.Metric metric, DataType type) {
    return metric.getIsNull()
        || metric.getValueCase() == ValueCase.VALUE_NOT_SET
        || type.stands(metric.getValueCase());
  }
}
