package io.headwater.analytics;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.util.ArrayList;
import picocli.CommandLine.Command;

/** {@code headwater analytics diff}. */
@Command(
    name = "diff",
    description = "Tells what 'apply' would change: the query file against what runs.")
final class DiffCommand extends InstanceCommand {
  @Override
  JsonNode ask(RunningInstance running, PrintWriter out) throws InterruptedException {
    return running.get("/diff");
  }

  @Override
  void print(JsonNode answer, PrintWriter out) {
    printChanges(answer, true, out);
  }

  static void printChanges(JsonNode answer, boolean withLosses, PrintWriter out) {
    if (answer.path("changes").isEmpty()) {
      out.println("Nothing differs.");
    }
    for (JsonNode change : answer.path("changes")) {
      var keys = new ArrayList<String>();
      change.path("keys").forEach(key -> keys.add(key.asText()));
      out.println(
          change.path("change").asText()
              + " "
              + change.path("query").asText()
              + (keys.isEmpty() ? "" : ": " + String.join(", ", keys)));
      if (withLosses && change.has("loss")) {
        out.println("  " + change.path("loss").asText());
      }
    }
  }
}
