package io.headwater.analytics;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code headwater analytics describe}. */
@Command(
    name = "describe",
    description = "Shows one query: how it does, how it is declared, which instances take part.")
final class DescribeCommand extends InstanceCommand {
  @Parameters(paramLabel = "QUERY", description = "The query.")
  private String query = "";

  @Override
  JsonNode ask(RunningInstance running, PrintWriter out) throws InterruptedException {
    return running.get("/queries/" + Names.inPath(query));
  }

  @Override
  void print(JsonNode answer, PrintWriter out) {
    for (Map.Entry<String, JsonNode> field : answer.properties()) {
      JsonNode value = field.getValue();
      if (field.getKey().equals("instances")) {
        value.forEach(each ->
            out.println(
                "%-12s %s, %s partitions, %s standbys"
                    .formatted(
                        "instance",
                        each.path("http").asText(),
                        each.path("partitions").asText(),
                        each.path("standbys").asText())));
      } else {
        out.println(
            "%-12s %s".formatted(field.getKey(), value.isValueNode() ? value.asText() : value));
      }
    }
  }
}
