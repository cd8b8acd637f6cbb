package io.headwater.edge;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.headwater.edge.log.LogSurvey;
import io.headwater.process.UserError;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The command {@code headwater edge status}. */
@Command(
    name = "status",
    description =
        "Tells how the running agent does: what waits and for how long, how fast it comes and goes,"
            + " the uplink, the last errors. Without an agent it tells what lies on the disk, and"
            + " exits with 1.")
final class StatusCommand implements Callable<Integer> {
  private static final ObjectMapper JSON = new ObjectMapper();

  @Mixin private final RunningAgent agent = new RunningAgent();

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description =
          "The agent's data folder, for an agent that does not run. Default: the"
              + " configuration's.")
  private @Nullable Path data;

  @Option(names = "--json", description = "JSON in place of a table.")
  private boolean json;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Shows this text.")
  @SuppressWarnings("UnusedVariable") // picocli looks at it
  private boolean help;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws InterruptedException {
    if (spec == null) {
      throw new IllegalStateException("not called by picocli");
    }
    PrintWriter out = spec.commandLine().getOut();
    try {
      print(out, answered(agent.ask("GET", EdgeAgent.STATUS)));
      return 0;
    } catch (IOException e) {
      Path log = (data == null ? agent.config().data() : data).resolve(EdgeAgent.LOG_FOLDER);
      if (Files.isDirectory(log)) {
        print(out, onDisk(log));
      }
      throw agent.nobody(e);
    }
  }

  private JsonNode answered(HttpResponse<String> answer) {
    if (answer.statusCode() == 200) {
      try {
        JsonNode status = JSON.readTree(answer.body());
        if (status.hasNonNull("gateway")) {
          return status;
        }
      } catch (JsonProcessingException _) {
        // It is not an agent.
      }
    }
    throw UserError.failure(
        "http://"
            + agent.address()
            + EdgeAgent.STATUS
            + " is no agent's page ("
            + answer.statusCode()
            + "): the agent there is still starting or an older one, or say by --http where it is");
  }

  /** The page as far as the files tell it. */
  private static ObjectNode onDisk(Path folder) {
    List<LogSurvey.Report> files = LogSurvey.look(folder, false);
    ObjectNode page = JsonNodeFactory.instance.objectNode().put("running", false);
    page.putObject("log")
        .put("folder", folder.toString())
        .put("files", files.size())
        .put("bytes", files.stream().mapToLong(LogSurvey.Report::bytes).sum());
    ObjectNode waiting = page.putObject("waiting");
    var depths = LogSurvey.depths(files);
    waiting.put("readings", depths.values().stream().mapToLong(Long::longValue).sum());
    StatusPage.partitions(waiting, depths);
    return page;
  }

  private void print(PrintWriter out, JsonNode status) {
    if (json) {
      out.println(status);
    } else {
      new StatusText(out).print(status);
    }
    out.flush();
  }
}
