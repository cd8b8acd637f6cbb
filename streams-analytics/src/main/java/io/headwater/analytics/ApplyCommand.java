package io.headwater.analytics;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.util.ArrayList;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code headwater analytics apply}. */
@Command(
    name = "apply",
    description =
        "Has a running instance read its query file again: queries are added, taken out and"
            + " changed. Where a state does not fit any more it is told what is lost, and you are"
            + " asked.")
final class ApplyCommand extends InstanceCommand {
  @Mixin private final Consent consent = new Consent();

  @Override
  JsonNode ask(RunningInstance running, PrintWriter out) throws InterruptedException {
    var losses = new ArrayList<String>();
    for (JsonNode change : running.get("/diff").path("changes")) {
      if (change.has("loss")) {
        losses.add(change.path("loss").asText());
      }
    }
    if (!losses.isEmpty()) {
      consent.require(String.join(System.lineSeparator(), losses), out);
    }
    return running.post("/apply?yes=" + !losses.isEmpty()).require();
  }

  @Override
  void print(JsonNode answer, PrintWriter out) {
    DiffCommand.printChanges(answer, false, out);
  }
}
