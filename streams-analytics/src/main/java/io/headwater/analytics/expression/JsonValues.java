package io.headwater.analytics.expression;

import com.fasterxml.jackson.databind.JsonNode;
import dev.cel.common.values.NullValue;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** JSON as expressions see it: all numbers are {@link Double}s, as CEL's specification has it. */
public final class JsonValues {
  private JsonValues() {}

  public static Object of(JsonNode node) {
    return switch (node.getNodeType()) {
      case NUMBER -> node.doubleValue();
      case STRING -> node.textValue();
      case BOOLEAN -> node.booleanValue();
      case ARRAY -> list(node);
      case OBJECT -> map(node);
      case NULL, MISSING, BINARY, POJO -> NullValue.NULL_VALUE;
    };
  }

  private static List<Object> list(JsonNode array) {
    var values = new ArrayList<>(array.size());
    for (JsonNode element : array) {
      values.add(of(element));
    }
    return values;
  }

  private static Map<String, Object> map(JsonNode object) {
    var values = new HashMap<String, Object>();
    object.forEachEntry((name, value) -> values.put(name, of(value)));
    return values;
  }
}
