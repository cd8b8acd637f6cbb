package io.headwater.hub.status;

import java.util.ArrayList;
import java.util.List;

/** Rows of text under headings, in columns two spaces apart. */
final class Columns {
  private final List<String[]> rows = new ArrayList<>();

  Columns(String... headings) {
    rows.add(headings);
  }

  /**
   * @param cells one for each heading
   */
  void row(Object... cells) {
    var row = new String[cells.length];
    for (int i = 0; i < cells.length; i++) {
      row[i] = cells[i].toString();
    }
    rows.add(row);
  }

  /** No space at line ends. */
  String text() {
    var widths = new int[rows.getFirst().length];
    for (String[] row : rows) {
      for (int i = 0; i < row.length; i++) {
        widths[i] = Math.max(widths[i], row[i].length());
      }
    }
    var text = new StringBuilder();
    for (String[] row : rows) {
      var line = new StringBuilder();
      for (int i = 0; i < row.length; i++) {
        line.append(row[i]).repeat(' ', widths[i] - row[i].length() + 2);
      }
      text.append(line.toString().stripTrailing()).append('\n');
    }
    return text.toString();
  }
}
