package io.headwater.edge;

import io.headwater.process.UserError;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The command {@code headwater edge reload}. */
@Command(
    name = "reload",
    description =
        "Has the running agent read its files again: users, rights, certificates, routes and"
            + " limits. Connections stay. A mistake in a file leaves everything as it was.")
final class ReloadCommand implements Callable<Integer> {
  @Mixin private final RunningAgent agent = new RunningAgent();

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Shows this text.")
  @SuppressWarnings("UnusedVariable") // picocli looks at it
  private boolean help;

  @Override
  @SuppressWarnings("SystemOut") // what the agent says is this command's output
  public Integer call() throws InterruptedException {
    try {
      HttpResponse<String> answer = agent.ask("POST", EdgeAgent.RELOAD);
      if (answer.statusCode() != 200) {
        throw UserError.failure(answer.body().strip());
      }
      System.out.print(answer.body());
      return 0;
    } catch (IOException e) {
      throw agent.nobody(e);
    }
  }
}
