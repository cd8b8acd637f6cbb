/**
 * Expressions that operators write into query files, in CEL (Common Expression Language, <a
 * href="https://github.com/google/cel-spec">cel-spec</a>).
 *
 * <p>{@link io.headwater.analytics.expression.Language} knows the names that a place in the file
 * offers and their types, so a mistake is found when the file is read, not when the first reading
 * comes. {@link io.headwater.analytics.expression.Expression} is what it compiles: without side
 * effects, without loops that do not end, and safe for several threads.
 */
@NullMarked
package io.headwater.analytics.expression;

import org.jspecify.annotations.NullMarked;
