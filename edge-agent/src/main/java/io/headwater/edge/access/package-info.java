/**
 * Who may connect to the agent's MQTT server, and what they may do there.
 *
 * <p>{@link io.headwater.edge.access.AccessControl} answers for each CONNECT: by certificate, by a
 * password of the password file, or as nobody in particular. What is in force, files read and
 * compiled, is one immutable {@link io.headwater.edge.access.AccessPolicy}; a reload puts another
 * in its place, and the rights of whoever is connected follow it. {@code AccessList} is the file of
 * topic rights, {@code ClientAccess} what it says of one client.
 *
 * <p>Password hashes are slow on purpose: workers check them, never an event loop, and {@code
 * PasswordMemory} saves a returning fleet most of that.
 */
@NullMarked
package io.headwater.edge.access;

import org.jspecify.annotations.NullMarked;
