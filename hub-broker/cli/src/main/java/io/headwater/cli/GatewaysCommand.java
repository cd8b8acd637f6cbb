package io.headwater.cli;

import picocli.CommandLine.Command;

/** {@code headwater gateways}. */
@Command(
    name = "gateways",
    mixinStandardHelpOptions = true,
    description =
        "Lists, describes and forgets gateways, and has readings sent again that they still have.",
    subcommands = {
      GatewaysList.class,
      GatewaysDescribe.class,
      GatewaysRefetch.class,
      GatewaysForget.class
    })
final class GatewaysCommand extends CommandFamily {}
