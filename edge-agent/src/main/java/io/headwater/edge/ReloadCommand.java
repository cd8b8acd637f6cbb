package io.headwater.edge;

import io.headwater.process.Config;
import io.headwater.process.HostPort;
import io.headwater.process.UserError;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The command {@code headwater edge reload}. */
@Command(
    name = "reload",
    description =
        "Has the running agent read its files again: users, rights, certificates, routes and"
            + " limits. Connections stay. A mistake in a file leaves everything as it was.")
final class ReloadCommand implements Callable<Integer> {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "The agent's configuration, for its key http.")
  private @Nullable Path config;

  @Option(
      names = "--http",
      paramLabel = "HOST:PORT",
      description = "Where the agent's HTTP is, if its configuration does not tell.")
  private @Nullable String http;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Shows this text.")
  @SuppressWarnings("UnusedVariable") // picocli looks at it
  private boolean help;

  @Override
  @SuppressWarnings("SystemOut") // what the agent says is this command's output
  public Integer call() throws InterruptedException {
    HostPort address = address();
    try (HttpClient client = HttpClient.newBuilder().connectTimeout(PATIENCE).build()) {
      HttpResponse<String> answer =
          client.send(
              HttpRequest.newBuilder(URI.create("http://" + address + EdgeAgent.RELOAD))
                  .POST(HttpRequest.BodyPublishers.noBody())
                  .timeout(PATIENCE)
                  .build(),
              BodyHandlers.ofString());
      if (answer.statusCode() != 200) {
        throw UserError.failure(answer.body().strip());
      }
      System.out.print(answer.body());
      return 0;
    } catch (IOException e) {
      throw UserError.failure(
          "no agent answers at http://"
              + address
              + " ("
              + e.getMessage()
              + "); start it, or say by --config or --http where it is",
          e);
    }
  }

  private HostPort address() {
    if (http != null) {
      try {
        return HostPort.parse(http);
      } catch (IllegalArgumentException e) {
        throw UserError.usage("--http: " + e.getMessage());
      }
    }
    return Config.read(
            "edge", EdgeConfig.DEFAULTS, Optional.ofNullable(config), System.getenv(), List.of())
        .http();
  }
}
