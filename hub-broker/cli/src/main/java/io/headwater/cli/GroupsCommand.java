package io.headwater.cli;

import picocli.CommandLine.Command;

/** {@code headwater groups}. */
@Command(
    name = "groups",
    mixinStandardHelpOptions = true,
    description = "Lists, describes and deletes consumer groups, and resets their offsets.",
    subcommands = {
      GroupsList.class,
      GroupsDescribe.class,
      GroupsResetOffsets.class,
      GroupsDelete.class
    })
final class GroupsCommand extends CommandFamily {}
