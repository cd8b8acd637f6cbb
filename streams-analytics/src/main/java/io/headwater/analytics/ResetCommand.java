package io.headwater.analytics;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code headwater analytics reset}. */
@Command(
    name = "reset",
    description =
        "Stops one query, deletes its state and its place in its topic, and starts it again: it is"
            + " computed anew. Tells what is lost and asks.")
final class ResetCommand extends InstanceCommand {
  @Parameters(paramLabel = "QUERY", description = "The query.")
  private String query = "";

  @Mixin private final Consent consent = new Consent();

  @Override
  JsonNode ask(RunningInstance running, PrintWriter out) throws InterruptedException {
    String path = "/queries/" + Names.inPath(query) + "/reset";
    consent.require(running.get(path).path("loss").asText(), out);
    return running.post(path + "?yes=true").require();
  }

  @Override
  void print(JsonNode answer, PrintWriter out) {
    out.println("Query " + query + " begins anew.");
  }
}
