/**
 * {@code headwater topics}, {@code groups}, {@code produce} and {@code consume}: a hub's command
 * line, for people without Kafka's tools.
 *
 * <p>All of it goes over the Kafka protocol with Kafka's public clients, so that it works on Apache
 * Kafka as well. Each command is a class; {@link io.headwater.cli.HubCommand} gives it the {@link
 * io.headwater.cli.Hub}, which turns what Kafka's clients throw into lines for people. A {@link
 * io.headwater.cli.Table} is what lists look like, as text or as JSON.
 */
@NullMarked
package io.headwater.cli;

import org.jspecify.annotations.NullMarked;
