/**
 * What comes down from the hub: commands for devices, values of plain topics, and requests for
 * readings that were sent before.
 *
 * <p>{@link io.headwater.edge.down.Downlink} takes the frames. {@code CommandRunner} runs one
 * thread, {@code edge-commands-0}: a command is on disk before it is handed to its device, and its
 * id stays there, with its result, until it has expired by the bridges' clock; so a repeat is
 * answered and never done again, also after a power cut. {@code CommandStore} is that file. {@code
 * HeldValues} keeps the newest values in memory and gives them to the listener; the bridge sees by
 * their digest whether they are those of the hub. {@code Refetcher}, on {@code edge-refetch-0},
 * reads the log again, one batch a request.
 */
@NullMarked
package io.headwater.edge.down;

import org.jspecify.annotations.NullMarked;
