package io.headwater.analytics;

import io.headwater.analytics.decode.PayloadFormat;
import io.headwater.analytics.expression.Expression;
import java.util.List;
import java.util.Optional;

/**
 * How a record becomes a reading.
 *
 * @param value where the number is looked for, in this order
 * @param needsValue a record without it is no reading
 * @param table a table, as of devices, in which each reading's row is looked up
 * @param where readings for which it does not hold are left out
 * @param by the key to aggregate by, instead of the record's
 * @param deadLetters topic of the records that are no readings
 */
record Readings(
    PayloadFormat format,
    List<ValuePath> value,
    boolean needsValue,
    Optional<Table> table,
    List<Field> fields,
    Optional<Expression> where,
    Optional<Expression> by,
    String deadLetters) {

  /**
   * A topic of which the newest record of each key counts; its values are JSON.
   *
   * @param name by which expressions call the row
   * @param on the row's key, instead of the record's
   * @param required readings without a row are left out
   */
  record Table(String topic, String name, Optional<Expression> on, boolean required) {}

  /** One topic for all queries: there is seldom anything in it. */
  static final String DEAD_LETTERS = "analytics.dead-letters";

  Readings {
    value = List.copyOf(value);
    fields = List.copyOf(fields);
  }

  Readings withDeadLettersTo(String topic) {
    return new Readings(format, value, needsValue, table, fields, where, by, topic);
  }
}
