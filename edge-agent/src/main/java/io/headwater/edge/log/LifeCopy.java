package io.headwater.edge.log;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A second copy, with a checksum, of the small tables on which the meaning of a file's rows hangs:
 * epoch, partitions, incarnations, what is settled. SQLite does not see that a bit in a value has
 * flipped; another epoch would have the hub take every reading for a new one, another number in
 * {@code settled} would have readings deleted that nobody has got.
 *
 * <p>Written in the transaction that changes the tables. When a file is opened the two are
 * compared, and the one that is damaged is made anew from the other.
 */
final class LifeCopy {
  static final String TABLE =
      "CREATE TABLE IF NOT EXISTS life(id INTEGER PRIMARY KEY, copy BLOB NOT NULL)";
  private static final Logger LOGGER = LoggerFactory.getLogger(LifeCopy.class);
  private static final int LAYOUT = 0x4C;
  private static final int INTEGER = 1;
  private static final int TEXT = 2;

  /** Counts what rows of other tables belong to, or only makes a commit be one. */
  private static final String NOT_OF_LIFE = " WHERE name NOT IN ('changes', 'mark')";

  /**
   * A table.
   *
   * @param where of the rows that count; empty for all
   * @param order in which its rows are read
   */
  private record Part(String name, List<String> columns, String where, String order) {
    String select() {
      return "SELECT %s FROM %s%s ORDER BY %s"
          .formatted(String.join(", ", columns), name, where, order);
    }

    /** Of a whole table SQLite makes the page anew, whatever it takes the rows there for. */
    String delete() {
      return "DELETE FROM " + name + where;
    }

    String insert() {
      return "INSERT INTO %s(%s) VALUES (%s)"
          .formatted(name, String.join(", ", columns), "?" + ", ?".repeat(columns.size() - 1));
    }
  }

  private static final List<Part> PARTS =
      List.of(
          new Part("meta", List.of("name", "value"), NOT_OF_LIFE, "name"),
          part("sp", "id", "stream", "part", "base"),
          part("incarnation", "n", "id"),
          part("incarnation_first", "n", "sp", "off"),
          part("settled", "sp", "first", "next"));

  private LifeCopy() {}

  private static Part part(String name, String... columns) {
    return new Part(name, List.of(columns), "", String.join(", ", columns));
  }

  /**
   * A copy that was found whole.
   *
   * @param number how many there were before it in the file, and at least as many as that
   * @param tables what it says
   */
  record Whole(long number, ByteBuffer tables) {}

  /** Empty if it is damaged, or something else. */
  static Optional<Whole> decode(byte[] copy) {
    ByteBuffer in = BatchBytes.open(copy);
    return in == null || in.get() != LAYOUT
        ? Optional.empty()
        : Optional.of(new Whole(BatchBytes.number(in), in.slice()));
  }

  /** Writes the copy anew; does not commit. */
  static void write(Connection connection) throws SQLException {
    byte[] before = stored(connection);
    long number = before == null ? 0 : decode(before).map(Whole::number).orElse(0L);
    try (PreparedStatement put =
        connection.prepareStatement("INSERT OR REPLACE INTO life VALUES (1, ?)")) {
      var out = new BatchBytes();
      out.u8(LAYOUT).number(number + 1);
      out.append(dump(connection));
      put.setBytes(1, out.sealed());
      put.executeUpdate();
    }
  }

  /**
   * Compares the tables of a file that nobody has open with their copy, and mends what is damaged.
   *
   * @throws SQLException if the file is damaged otherwise
   */
  static void mend(Path file) throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file)) {
      byte[] copy = stored(connection);
      if (copy == null) {
        return;
      }
      Optional<Whole> whole = decode(copy);
      if (whole.isEmpty() && !isOfThisFormat(connection)) {
        return; // a newer agent's: it can tell what that is
      }
      if (whole.isPresent() && whole.get().tables().equals(dump(connection).body())) {
        return;
      }
      connection.setAutoCommit(false);
      if (whole.isPresent()) {
        restore(connection, whole.get());
      } else {
        write(connection);
      }
      connection.commit();
      LOGGER
          .atWarn()
          .addKeyValue("file", file)
          .addKeyValue("damaged", whole.isPresent() ? "tables" : "copy")
          .log("What a log file says of its rows was damaged, and is mended");
    }
  }

  private static boolean isOfThisFormat(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet format = statement.executeQuery("SELECT value FROM meta WHERE name = 'format'")) {
      return format.next() && format.getInt(1) == LogFile.FORMAT;
    }
  }

  /** Null if there is none: in a file that has not got its first one yet. */
  static byte @Nullable [] stored(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      try (ResultSet table =
          statement.executeQuery(
              "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'life'")) {
        if (!table.next() || table.getInt(1) == 0) {
          return null;
        }
      }
      try (ResultSet copy = statement.executeQuery("SELECT copy FROM life WHERE id = 1")) {
        return copy.next() ? LogFile.bytes(copy, 1) : null;
      }
    }
  }

  /** The format that a copy names, whichever that is; empty if it is of a layout unknown here. */
  static OptionalLong format(Whole copy) {
    ByteBuffer in = copy.tables().duplicate();
    try {
      for (int left = BatchBytes.size(in); left > 0; left--) {
        String name = in.get() == TEXT ? text(in) : "";
        if (in.get() != INTEGER) {
          return OptionalLong.empty();
        }
        long value = BatchBytes.signed(in);
        if (name.equals("format")) {
          return OptionalLong.of(value);
        }
      }
    } catch (BufferUnderflowException | ArithmeticException | NegativeArraySizeException _) {
      // a newer agent's
    }
    return OptionalLong.empty();
  }

  private static String text(ByteBuffer in) {
    return new String(BatchBytes.block(in), StandardCharsets.UTF_8);
  }

  private static BatchBytes dump(Connection connection) throws SQLException {
    var out = new BatchBytes();
    try (Statement statement = connection.createStatement()) {
      for (Part part : PARTS) {
        var rows = new BatchBytes();
        int count = 0;
        try (ResultSet found = statement.executeQuery(part.select())) {
          while (found.next()) {
            count++;
            for (int column = 1; column <= part.columns().size(); column++) {
              write(rows, found.getObject(column));
            }
          }
        }
        out.number(count);
        out.append(rows);
      }
    }
    return out;
  }

  /** Whatever a damaged table holds there: it only has to differ from what it should. */
  private static void write(BatchBytes out, @Nullable Object value) {
    if (value instanceof Number number) {
      out.u8(INTEGER).signed(number.longValue());
    } else {
      out.u8(TEXT).block(String.valueOf(value).getBytes(StandardCharsets.UTF_8));
    }
  }

  /** Makes the tables as the copy says; does not commit. */
  static void restore(Connection connection, Whole copy) throws SQLException {
    ByteBuffer in = copy.tables().duplicate();
    for (Part part : PARTS) {
      try (Statement statement = connection.createStatement()) {
        statement.executeUpdate(part.delete());
      }
      int count = BatchBytes.size(in);
      try (PreparedStatement insert = connection.prepareStatement(part.insert())) {
        for (int row = 0; row < count; row++) {
          for (int column = 1; column <= part.columns().size(); column++) {
            if (in.get() == INTEGER) {
              insert.setLong(column, BatchBytes.signed(in));
            } else {
              insert.setString(column, text(in));
            }
          }
          insert.executeUpdate();
        }
      }
    }
  }
}
