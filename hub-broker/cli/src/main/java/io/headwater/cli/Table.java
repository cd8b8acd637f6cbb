package io.headwater.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Rows of named columns: aligned text for people, an array of objects for programs. */
final class Table {
  private static final String GAP = "  ";
  private static final String ABSENT = "-";

  private final List<String> columns;
  private final List<@Nullable Object[]> rows = new ArrayList<>();

  Table(String... columns) {
    this.columns = List.of(columns);
  }

  /**
   * Adds a row.
   *
   * @param cells one for each column; null for what is absent
   */
  Table row(@Nullable Object... cells) {
    if (cells.length != columns.size()) {
      throw new IllegalArgumentException(cells.length + " cells for " + columns);
    }
    rows.add(cells.clone());
    return this;
  }

  /** Numbers on the right, all else on the left; no space at line ends. */
  void print(PrintWriter out) {
    int[] widths = columns.stream().mapToInt(String::length).toArray();
    boolean[] numbers = new boolean[widths.length];
    for (@Nullable Object[] row : rows) {
      for (int i = 0; i < row.length; i++) {
        widths[i] = Math.max(widths[i], text(row[i]).length());
        numbers[i] |= row[i] instanceof Number;
      }
    }
    printLine(
        columns.stream().map(name -> name.toUpperCase(Locale.ROOT)).toArray(),
        widths,
        numbers,
        out);
    rows.forEach(row -> printLine(row, widths, numbers, out));
  }

  private static void printLine(
      @Nullable Object[] cells, int[] widths, boolean[] numbers, PrintWriter out) {
    var line = new StringBuilder();
    for (int i = 0; i < cells.length; i++) {
      String text = text(cells[i]);
      String padding = " ".repeat(widths[i] - text.length());
      line.append(i == 0 ? "" : GAP);
      line.append(numbers[i] ? padding + text : text + padding);
    }
    out.println(line.toString().stripTrailing());
  }

  private static String text(@Nullable Object cell) {
    return cell == null ? ABSENT : cell.toString();
  }

  /** Numbers and absent cells stay what they are. */
  ArrayNode json() {
    ArrayNode array = JsonNodeFactory.instance.arrayNode();
    for (@Nullable Object[] row : rows) {
      ObjectNode object = array.addObject();
      for (int i = 0; i < row.length; i++) {
        object.putPOJO(columns.get(i), row[i]);
      }
    }
    return array;
  }

  /** One way or the other. */
  void print(boolean json, PrintWriter out) {
    if (json) {
      out.println(Json.line(json()));
    } else {
      print(out);
    }
  }
}
