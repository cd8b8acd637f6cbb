package io.headwater.hub;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** {@code docs/metrics.md}, to be compared with what is scraped. */
public final class MetricsPage {
  /** How the series begin that only a node of a cluster has. */
  public static final String OF_A_CLUSTER = "hub_cluster_";

  private MetricsPage() {}

  /**
   * A row.
   *
   * @param conditional whether it depends on the machine
   */
  public record Row(String type, String unit, Set<String> labels, boolean conditional) {}

  /** By name; a row that is not written as it should be is an error. */
  public static Map<String, Row> read() throws IOException {
    var rows = new TreeMap<String, Row>();
    for (String line : Files.readAllLines(Path.of("..", "docs", "metrics.md"))) {
      if (line.startsWith("| `hub_")
          || line.startsWith("| `headwater_")
          || line.startsWith("| `jvm_")
          || line.startsWith("| `process_")
          || line.startsWith("| `system_")
          || line.startsWith("| `kafka_")) {
        String[] cells = line.split("\\|", -1);
        assertThat(cells).as(line).hasSize(8).noneMatch("TODO"::equals);
        String name = cells[1].strip();
        boolean conditional = name.endsWith(" *");
        var labels =
            Arrays.stream(cells[4].strip().split(", *"))
                .filter(label -> !label.isEmpty())
                .collect(Collectors.toSet());
        assertThat(cells[5]).as(line).isNotBlank();
        Row row = new Row(cells[2].strip(), cells[3].strip(), labels, conditional);
        assertThat(rows.put(name.substring(1, name.lastIndexOf('`')), row)).as(line).isNull();
      }
    }
    rows.forEach((name, row) -> {
      if (name.startsWith("hub_") && !row.unit().equals("0 or 1")) {
        assertThat(name.replaceAll("_total$", "")).as(name).endsWith("_" + row.unit());
      }
    });
    return rows;
  }

  /** All that is scraped has a help text, and is on the page with its type and labels. */
  public static void assertTold(Scrape scrape, Map<String, Row> page) {
    assertThat(scrape.helps().keySet()).containsAll(scrape.types().keySet());
    assertThat(scrape.helps()).noneSatisfy((_, help) -> assertThat(help).isBlank());
    rows(scrape, page)
        .forEach((name, row) -> {
          Row told = page.get(name);
          assertThat(told).as("%s is scraped, is it on the page?", name).isNotNull();
          assertThat(row.type())
              .as("the type of %s", name)
              .isEqualTo(Objects.requireNonNull(told).type());
          assertThat(row.labels()).as("the labels of %s", name).isEqualTo(told.labels());
        });
  }

  /** What is scraped, as rows; largest values belong to what they are the largest of. */
  public static Map<String, Row> rows(Scrape scrape, Map<String, Row> page) {
    var rows = new TreeMap<String, Row>();
    for (Scrape.Sample sample : scrape.samples()) {
      String family = scrape.family(sample);
      if (family.endsWith("_max") && page.containsKey(family.substring(0, family.length() - 4))) {
        continue;
      }
      var labels = new TreeSet<>(sample.labels().keySet());
      labels.remove("le");
      rows.merge(
          family,
          new Row(Objects.requireNonNull(scrape.types().get(family)), "", labels, false),
          (one, other) -> {
            var all = new TreeSet<>(one.labels());
            all.addAll(other.labels());
            return new Row(one.type(), "", all, false);
          });
    }
    return rows;
  }
}
