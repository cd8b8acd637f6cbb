/**
 * What every Headwater process is on the outside: a command, a configuration, a data folder of its
 * own, an HTTP address and a clean end.
 *
 * <p>{@link io.headwater.process.Main} runs a picocli command and turns its outcome into an exit
 * code. {@link io.headwater.process.ProcessCommand} is such a command: it reads the configuration
 * ({@link io.headwater.process.Config}), starts the process' wiring class, prints one {@code ready}
 * line and waits for the end. Wiring classes open their parts into {@link
 * io.headwater.process.Resources}, which closes them in reverse order.
 *
 * <p>Whatever a user can mend is a {@link io.headwater.process.UserError}: one line that names the
 * thing, the value and the way out.
 */
@NullMarked
package io.headwater.process;

import org.jspecify.annotations.NullMarked;
