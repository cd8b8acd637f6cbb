package io.headwater.edge.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.uplink.Gap;
import io.headwater.uplink.GapReason;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GapTableTest {
  private Connection connection;

  @BeforeEach
  void open() throws SQLException {
    connection = DriverManager.getConnection("jdbc:sqlite::memory:");
  }

  @AfterEach
  void close() throws SQLException {
    connection.close();
  }

  private static Gap gap(long first, long next, GapReason reason) {
    return new Gap(first, next, reason, 0, next - first);
  }

  private void run(String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.executeUpdate(sql);
    }
  }

  /** Those that are whole. */
  private List<Gap> gaps() throws SQLException {
    var gaps = new ArrayList<Gap>();
    try (Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery("SELECT " + GapTable.COLUMNS + " FROM gap ORDER BY sp, first")) {
      while (rows.next()) {
        if (GapTable.isWhole(rows)) {
          gaps.add(GapTable.read(rows));
        }
      }
    }
    return gaps;
  }

  private void fill() throws SQLException {
    try (Statement statement = connection.createStatement()) {
      GapTable.create(statement);
    }
    try (var table = new GapTable(connection)) {
      table.add(1, gap(3, 5, GapReason.DISK_FULL));
      table.add(1, gap(5, 6, GapReason.DISK_FULL));
      table.add(2, gap(6, 7, GapReason.DISK_FULL));
      table.add(1, gap(6, 9, GapReason.DECIMATED));
      table.add(1, gap(9, 10, GapReason.DECIMATED));
      table.add(1, gap(11, 12, GapReason.DECIMATED));
    }
  }

  @Test
  void whatGoesOnIsOneGap() throws SQLException {
    fill();

    assertThat(gaps())
        .containsExactly(
            gap(3, 6, GapReason.DISK_FULL),
            gap(6, 10, GapReason.DECIMATED),
            gap(11, 12, GapReason.DECIMATED),
            gap(6, 7, GapReason.DISK_FULL));
  }

  @ParameterizedTest
  @ValueSource(strings = {"sp", "first", "next", "reason", "crc"})
  void gapWithAFlippedBitIsLeftOut(String column) throws SQLException {
    fill();

    run("UPDATE gap SET %1$s = %1$s + 4 WHERE sp = 1 AND first = 6".formatted(column));

    assertThat(gaps())
        .containsExactlyInAnyOrder(
            gap(3, 6, GapReason.DISK_FULL),
            gap(11, 12, GapReason.DECIMATED),
            gap(6, 7, GapReason.DISK_FULL));
  }

  @Test
  void thoseOfAnOlderAgentGetChecksums() throws SQLException {
    run("CREATE TABLE gap(sp INTEGER, first INTEGER, next INTEGER, reason INTEGER)");
    run("INSERT INTO gap VALUES (1, 3, 5, " + GapReason.CORRUPT.ordinal() + ")");
    run("INSERT INTO gap VALUES (2, 8, 9, " + GapReason.CORRUPT.ordinal() + ")");

    GapTable.upgrade(connection);

    assertThat(gaps()).containsExactly(gap(3, 5, GapReason.CORRUPT), gap(8, 9, GapReason.CORRUPT));
  }
}
