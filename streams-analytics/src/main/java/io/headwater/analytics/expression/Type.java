package io.headwater.analytics.expression;

import dev.cel.common.types.CelType;
import dev.cel.common.types.MapType;
import dev.cel.common.types.SimpleType;
import java.util.Optional;

/** What a name or an expression stands for. */
public enum Type {
  /** A {@link Double}. */
  NUMBER("a number", SimpleType.DOUBLE),
  /** A {@link Long}. */
  WHOLE("a whole number", SimpleType.INT),
  /** A {@link String}. */
  TEXT("text", SimpleType.STRING),
  /** A {@link Boolean}. */
  CONDITION("a condition", SimpleType.BOOL),
  /** An {@link java.time.Instant}. */
  TIME("a time", SimpleType.TIMESTAMP),
  /** A map from text to text. */
  TEXTS("texts by name", MapType.create(SimpleType.STRING, SimpleType.STRING)),
  /** Whatever JSON holds; seen only when the expression runs. */
  ANY("anything", SimpleType.DYN);

  private final String label;
  private final CelType cel;

  Type(String label, CelType cel) {
    this.label = label;
    this.cel = cel;
  }

  /** As it stands in an error: {@code a number}. */
  public String label() {
    return label;
  }

  CelType cel() {
    return cel;
  }

  static Optional<Type> of(CelType cel) {
    for (Type type : values()) {
      if (type.cel.equals(cel)) {
        return Optional.of(type);
      }
    }
    return Optional.empty();
  }
}
