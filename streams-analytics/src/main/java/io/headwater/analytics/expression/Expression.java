package io.headwater.analytics.expression;

import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelRuntime;
import dev.cel.runtime.CelVariableResolver;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A compiled expression. Two of the same text are equal. Thread-safe. */
public final class Expression {
  /** Values by name, asked only for names that the expression uses. */
  public interface Scope {
    /** Null if there is no such value; the expression then fails, unless it asks with has(). */
    @Nullable Object find(String name);
  }

  /** The expression has no value in this scope: a field is missing, or of another type. */
  public static final class NoValue extends Exception {
    private static final long serialVersionUID = 1L;

    NoValue(String message, @Nullable Throwable cause) {
      super(message, cause);
    }
  }

  private final String text;
  private final Type type;
  private final Set<String> names;
  private final CelRuntime.Program program;

  Expression(String text, Type type, Set<String> names, CelRuntime.Program program) {
    this.text = text;
    this.type = type;
    this.names = Set.copyOf(names);
    this.program = program;
  }

  public Type type() {
    return type;
  }

  /** The names of the scope that it uses. */
  public Set<String> names() {
    return names;
  }

  public boolean test(Scope scope) throws NoValue {
    if (value(scope) instanceof Boolean result) {
      return result;
    }
    throw new NoValue("'" + text + "' is no condition here", null);
  }

  /** A number, a text, a condition, a time, or what JSON holds. */
  public Object value(Scope scope) throws NoValue {
    try {
      CelVariableResolver resolver = name -> Optional.ofNullable(scope.find(name));
      Object value = program.eval(resolver);
      if (value == null) {
        throw new NoValue("'" + text + "' is null", null);
      }
      return value;
    } catch (CelEvaluationException | RuntimeException e) {
      // Whatever the runtime stumbles over, it is of this reading: the next ones must go on.
      throw new NoValue("'" + text + "': " + e.getMessage(), e);
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Expression expression && text.equals(expression.text);
  }

  @Override
  public int hashCode() {
    return text.hashCode();
  }

  /** As written. */
  @Override
  public String toString() {
    return text;
  }
}
