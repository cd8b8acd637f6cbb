package io.headwater.analytics.expression;

import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.CelIssue;
import dev.cel.common.CelOptions;
import dev.cel.common.CelValidationException;
import dev.cel.common.ast.CelExpr;
import dev.cel.common.navigation.CelNavigableAst;
import dev.cel.common.types.SimpleType;
import dev.cel.compiler.CelCompiler;
import dev.cel.compiler.CelCompilerFactory;
import dev.cel.extensions.CelExtensions;
import dev.cel.parser.CelStandardMacro;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelRuntime;
import dev.cel.runtime.CelRuntimeFactory;
import io.headwater.process.YamlFile;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** What may be written in one place of a query file: CEL and the names that are known there. */
public final class Language {
  /**
   * Of a list in a payload, and of lists in it, in one evaluation: what a device sends is finite.
   */
  private static final int MOST_STEPS = 100_000;

  private static final CelOptions OPTIONS =
      CelOptions.current()
          .enableHeterogeneousNumericComparisons(true)
          .comprehensionMaxIterations(MOST_STEPS)
          .build();

  private static final Pattern UNKNOWN = Pattern.compile("undeclared reference to '([^']*)'.*");

  private final Map<String, Type> names;
  private final CelCompiler compiler;
  private final CelRuntime runtime;

  /**
   * @param names what expressions may use
   */
  public Language(Map<String, Type> names) {
    this.names = new LinkedHashMap<>(names);
    var builder =
        CelCompilerFactory.standardCelCompilerBuilder()
            .setOptions(OPTIONS)
            .setStandardMacros(CelStandardMacro.STANDARD_MACROS)
            .addLibraries(CelExtensions.math(), CelExtensions.strings())
            .addFunctionDeclarations(Arithmetic.declarations());
    names.forEach((name, type) -> builder.addVar(name, type.cel()));
    this.compiler = builder.build();
    this.runtime =
        CelRuntimeFactory.legacyCelRuntimeBuilder()
            .setOptions(OPTIONS)
            .addLibraries(CelExtensions.math(), CelExtensions.strings())
            .addFunctionBindings(Arithmetic.bindings())
            .build();
  }

  /**
   * Compiles an expression.
   *
   * @param expected what it may stand for; {@link Type#ANY} passes and is checked when it runs
   * @throws IllegalArgumentException that says what is wrong and where
   */
  public Expression compile(String text, Type... expected) {
    CelAbstractSyntaxTree tree;
    CelRuntime.Program program;
    try {
      tree = compiler.compile(text).getAst();
      program = runtime.createProgram(tree);
    } catch (CelValidationException e) {
      throw new IllegalArgumentException(
          "'" + text + "': " + explain(e.getErrors().getFirst(), text), e);
    } catch (CelEvaluationException e) {
      throw new IllegalArgumentException("'" + text + "': " + e.getMessage(), e);
    }
    Type type =
        Type.of(tree.getResultType())
            .orElseGet(
                () -> tree.getResultType().equals(SimpleType.NULL_TYPE) ? Type.ANY : Type.TEXTS);
    if (type != Type.ANY && !Arrays.asList(expected).contains(type)) {
      throw new IllegalArgumentException(
          "'"
              + text
              + "' is "
              + type.label()
              + ", but must be "
              + Arrays.stream(expected).map(Type::label).collect(Collectors.joining(" or ")));
    }
    return new Expression(text, type, used(tree), program);
  }

  private Set<String> used(CelAbstractSyntaxTree tree) {
    var used = new TreeSet<String>();
    CelNavigableAst.fromAst(tree)
        .getRoot()
        .allNodes()
        .filter(node -> node.getKind() == CelExpr.ExprKind.Kind.IDENT)
        .map(node -> node.expr().ident().name())
        .filter(names::containsKey)
        .forEach(used::add);
    return used;
  }

  private String explain(CelIssue issue, String text) {
    String where =
        text.contains("\n")
            ? " (line "
                + issue.getSourceLocation().getLine()
                + " of it, column "
                + (issue.getSourceLocation().getColumn() + 1)
                + ")"
            : " (column " + (issue.getSourceLocation().getColumn() + 1) + ")";
    Matcher unknown = UNKNOWN.matcher(issue.getMessage());
    if (unknown.matches()) {
      String name = unknown.group(1);
      boolean function = text.matches("(?s).*\\b" + Pattern.quote(name) + "\\s*\\(.*");
      return function
          ? "there is no function '" + name + "'" + where
          : "unknown name '" + name + "'" + where + YamlFile.hint(name, names.keySet());
    }
    // What follows lists all overloads of the operator.
    return issue.getMessage().replaceFirst(" \\(candidates: .*", "") + where;
  }
}
