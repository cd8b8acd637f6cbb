package io.headwater.analytics;

import io.headwater.analytics.expression.Expression;
import io.headwater.analytics.expression.Type;

/** A named value of each reading. */
sealed interface Field {
  String name();

  Type type();

  /**
   * What stands at a place in the payload.
   *
   * @param type number, text or condition; something else there is as nothing
   */
  record AtPath(String name, ValuePath path, Type type) implements Field {}

  /** What an expression makes of the reading and the fields before this one. */
  record Computed(String name, Expression expression) implements Field {
    @Override
    public Type type() {
      return expression.type();
    }
  }
}
