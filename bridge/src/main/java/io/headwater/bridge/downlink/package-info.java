/**
 * From the hub down to gateways: commands and their results, values of plain topics, and readings
 * fetched once more.
 *
 * <p>{@code Downlink} runs one thread, {@code bridge-downlink-0}. When a lane is given, {@code
 * HubFeed} reads the lane's results, then its commands: those without a result are pending, in
 * {@code LaneCommands}, and go out in order, one at a time a device, again and again until a result
 * comes. Results go into the hub in transactions of the hand-over ({@code HubWrites}), which only
 * the lane's owner can commit; what was under way when a lane is lost begins anew at its next
 * owner, and the gateway knows by the id what it has done already. A refetch is a command that the
 * bridge does: it asks for batch after batch, and writes each together with how far it is.
 *
 * <p>{@code ValueBook} keeps the newest values of the mapped hub topics. A gateway tells by a
 * digest which ones it has; if that is not what the book says, it gets all.
 */
@NullMarked
package io.headwater.bridge.downlink;

import org.jspecify.annotations.NullMarked;
