package io.headwater.analytics;

import io.headwater.analytics.decode.Undecodable;
import io.headwater.analytics.expression.Expression;
import io.headwater.analytics.expression.Expression.NoValue;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.utils.Bytes;

/** Record keys that expressions make: their result as UTF-8 text. */
final class Keys {
  private Keys() {}

  /**
   * @param what names the expression in the cause
   * @throws Undecodable if the scope has no such value
   */
  static Bytes of(Expression expression, Expression.Scope scope, String what) throws Undecodable {
    Object value;
    try {
      value = expression.value(scope);
    } catch (NoValue e) {
      throw new Undecodable(Undecodable.Reason.NO_KEY, what + ": " + e.getMessage());
    }
    return Bytes.wrap(text(value).getBytes(StandardCharsets.UTF_8));
  }

  /** Whole numbers without a fraction: 7, not 7.0. */
  private static String text(Object value) {
    if (value instanceof Double number
        && number == Math.rint(number)
        && Math.abs(number) < 1L << 53) {
      return Long.toString(number.longValue());
    }
    return value.toString();
  }
}
