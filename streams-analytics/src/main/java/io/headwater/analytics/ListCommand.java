package io.headwater.analytics;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;

/** {@code headwater analytics list}. */
@Command(name = "list", description = "Lists the queries of a running instance and how they do.")
final class ListCommand extends InstanceCommand {
  private static final List<String> COLUMNS =
      List.of(
          "name",
          "state",
          "lag",
          "recordsIn",
          "results",
          "late",
          "undecodable",
          "dropped",
          "from",
          "to");

  @Override
  JsonNode ask(RunningInstance running, PrintWriter out) throws InterruptedException {
    return running.get("/queries");
  }

  @Override
  void print(JsonNode answer, PrintWriter out) {
    var rows = new ArrayList<List<String>>();
    rows.add(
        List.of(
            answer.has("topologies") ? "query, topology" : "query",
            "state",
            "lag",
            "in",
            "results",
            "late",
            "undecodable",
            "dropped",
            "from",
            "to"));
    var all = new ArrayList<JsonNode>();
    answer.path("queries").forEach(all::add);
    answer.path("topologies").forEach(all::add);
    for (JsonNode query : all) {
      rows.add(COLUMNS.stream().map(column -> query.path(column).asText("-")).toList());
    }
    int[] widths = new int[COLUMNS.size()];
    for (List<String> row : rows) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], row.get(i).length());
      }
    }
    for (List<String> row : rows) {
      var line = new StringBuilder();
      for (int i = 0; i < widths.length; i++) {
        boolean isNumber = i >= 2 && i <= 7;
        String padding = " ".repeat(widths[i] - row.get(i).length());
        line.append(isNumber ? padding + row.get(i) : row.get(i) + padding).append("  ");
      }
      out.println(line.toString().stripTrailing());
    }
    for (JsonNode query : all) {
      if (query.has("problem")) {
        out.println(query.path("problem").asText());
      }
    }
  }
}
