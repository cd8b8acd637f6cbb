/**
 * What helps whoever looks after a device: whether it has what the agent needs, and what to send to
 * somebody who is asked for help.
 *
 * <p>Each class looks at one thing and answers with {@link io.headwater.edge.care.Finding}s; the
 * commands {@code headwater edge check} and {@code diag} put them together. Nothing in here needs a
 * running agent, disturbs one, or changes more than a file of its own, which is deleted again.
 */
@NullMarked
package io.headwater.edge.care;

import org.jspecify.annotations.NullMarked;
