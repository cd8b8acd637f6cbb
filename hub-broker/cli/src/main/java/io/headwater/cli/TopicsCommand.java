package io.headwater.cli;

import picocli.CommandLine.Command;

/** {@code headwater topics}. */
@Command(
    name = "topics",
    mixinStandardHelpOptions = true,
    description = "Lists, creates, describes, alters and deletes topics.",
    subcommands = {
      TopicsList.class,
      TopicsCreate.class,
      TopicsDescribe.class,
      TopicsAlter.class,
      TopicsDelete.class
    })
final class TopicsCommand extends CommandFamily {}
