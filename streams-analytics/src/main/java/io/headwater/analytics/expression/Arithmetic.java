package io.headwater.analytics.expression;

import dev.cel.common.CelFunctionDecl;
import dev.cel.common.CelOverloadDecl;
import dev.cel.common.types.SimpleType;
import dev.cel.runtime.CelFunctionBinding;
import dev.cel.runtime.CelFunctionOverload;
import java.util.List;

/**
 * Arithmetic between numbers and whole numbers, which CEL leaves out: {@code value * 2} is what
 * everybody writes.
 */
final class Arithmetic {
  private static final String NUMBER_FIRST = "_double_int64";
  private static final String WHOLE_FIRST = "_int64_double";

  private Arithmetic() {}

  static List<CelFunctionDecl> declarations() {
    return List.of(
        declaration("_+_", "add"),
        declaration("_-_", "subtract"),
        declaration("_*_", "multiply"),
        declaration("_/_", "divide"));
  }

  private static CelFunctionDecl declaration(String operator, String name) {
    return CelFunctionDecl.newFunctionDeclaration(
        operator,
        CelOverloadDecl.newGlobalOverload(
            name + NUMBER_FIRST, SimpleType.DOUBLE, SimpleType.DOUBLE, SimpleType.INT),
        CelOverloadDecl.newGlobalOverload(
            name + WHOLE_FIRST, SimpleType.DOUBLE, SimpleType.INT, SimpleType.DOUBLE));
  }

  static List<CelFunctionBinding> bindings() {
    return List.of(
        numberFirst("add", (a, b) -> a + b),
        wholeFirst("add", (a, b) -> a + b),
        numberFirst("subtract", (a, b) -> a - b),
        wholeFirst("subtract", (a, b) -> a - b),
        numberFirst("multiply", (a, b) -> a * b),
        wholeFirst("multiply", (a, b) -> a * b),
        numberFirst("divide", (a, b) -> a / b),
        wholeFirst("divide", (a, b) -> a / b));
  }

  private static CelFunctionBinding numberFirst(
      String name, CelFunctionOverload.Binary<Double, Long> result) {
    return CelFunctionBinding.from(name + NUMBER_FIRST, Double.class, Long.class, result);
  }

  private static CelFunctionBinding wholeFirst(
      String name, CelFunctionOverload.Binary<Long, Double> result) {
    return CelFunctionBinding.from(name + WHOLE_FIRST, Long.class, Double.class, result);
  }
}
