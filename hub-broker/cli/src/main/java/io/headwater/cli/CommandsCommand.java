package io.headwater.cli;

import picocli.CommandLine.Command;

/** {@code headwater commands}. */
@Command(
    name = "commands",
    mixinStandardHelpOptions = true,
    description = "Sends commands to gateways and their devices, and tells what became of them.",
    subcommands = {CommandsSend.class, CommandsList.class})
final class CommandsCommand extends CommandFamily {}
