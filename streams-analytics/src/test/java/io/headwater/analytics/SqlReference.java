package io.headwater.analytics;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The same readings in SQLite, and what SQL makes of them. Nothing of the module's code is used:
 * lateness, windows and aggregates are all computed by the queries below.
 */
final class SqlReference implements AutoCloseable {
  /** A window's key, start and end (as results tell it), in milliseconds. */
  record WindowId(String key, long startMs, long endMs) {}

  /** Aggregates of the windows in {@code member(key, start, end, weigh_end, seq, ts, value)}. */
  private static final String AGGREGATES =
      """
      WITH ranked AS (
        SELECT *,
          count(*) OVER w AS n,
          avg(value) OVER w AS mean,
          row_number() OVER (PARTITION BY key, start, end ORDER BY value) - 1 AS rank,
          row_number() OVER (PARTITION BY key, start, end ORDER BY ts, seq) AS from_first,
          row_number() OVER (PARTITION BY key, start, end ORDER BY ts DESC, seq DESC) AS from_last
        FROM member
        WINDOW w AS (PARTITION BY key, start, end)
      ), newest AS (
        SELECT *, max(seq) AS newest_seq FROM member GROUP BY key, start, end, ts
      ), weighed AS (
        SELECT key, start, end, ts, value, weigh_end,
          lead(ts, 1, weigh_end) OVER (PARTITION BY key, start, end ORDER BY ts) - ts AS weight
        FROM newest
      ), weighted AS (
        SELECT key, start, end,
          CASE WHEN sum(weight) > 0 THEN sum(value * weight) / sum(weight) ELSE max(value) END
            AS time_weighted_mean
        FROM weighed GROUP BY key, start, end
      ), plain AS (
        SELECT key, start, end,
          count(*) AS count, sum(value) AS sum, min(value) AS min, max(value) AS max,
          avg(value) AS mean,
          CASE WHEN n > 1 THEN sqrt(sum((value - mean) * (value - mean)) / (n - 1)) END AS stddev,
          max(CASE WHEN from_first = 1 THEN value END) AS first,
          max(CASE WHEN from_last = 1 THEN value END) AS last,
          min(ts) AS first_ts, max(ts) AS last_ts,
          max(CASE WHEN rank = CAST(0.5 * (n - 1) AS INTEGER) THEN value END) AS median,
          max(CASE WHEN rank = CAST(0.95 * (n - 1) AS INTEGER) THEN value END) AS p95,
          max(CASE WHEN rank = CAST(0.99 * (n - 1) AS INTEGER) THEN value END) AS p99
        FROM ranked GROUP BY key, start, end
      )
      SELECT plain.*, last - first AS delta,
        CASE WHEN last_ts > first_ts THEN (last - first) * 1000.0 / (last_ts - first_ts) END
          AS rate,
        time_weighted_mean
      FROM plain JOIN weighted USING (key, start, end)
      """;

  /** Each reading with the newest time that any reading before it, or itself, has had. */
  private static final String TIMED =
      """
      WITH timed AS (
        SELECT *, max(ts) OVER (ORDER BY seq ROWS UNBOUNDED PRECEDING) AS reached FROM readings)
      """;

  static final List<String> COLUMNS =
      List.of(
          "count",
          "sum",
          "min",
          "max",
          "mean",
          "stddev",
          "first",
          "last",
          "delta",
          "rate",
          "time_weighted_mean",
          "median",
          "p95",
          "p99");

  private final Connection database;

  SqlReference() throws SQLException {
    database = DriverManager.getConnection("jdbc:sqlite::memory:");
    execute("CREATE TABLE readings (seq INTEGER PRIMARY KEY, key TEXT, ts INTEGER, value REAL)");
    database.setAutoCommit(false);
  }

  PreparedStatement inserts() throws SQLException {
    return prepare("INSERT INTO readings VALUES (?, ?, ?, ?)");
  }

  PreparedStatement prepare(String sql) throws SQLException {
    return database.prepareStatement(sql);
  }

  Map<WindowId, Map<String, Double>> tumbling(long sizeMs, long graceMs) throws SQLException {
    return hopping(sizeMs, sizeMs, graceMs);
  }

  Map<WindowId, Map<String, Double>> hopping(long sizeMs, long everyMs, long graceMs)
      throws SQLException {
    return aggregates(
        TIMED
            + """
            , hops(hop) AS (
              SELECT 0 UNION ALL SELECT hop + 1 FROM hops WHERE hop + 1 < %1$d / %2$d
            ), windows AS (
              SELECT key, (ts / %2$d - hop) * %2$d AS start, seq, ts, value, reached
              FROM timed CROSS JOIN hops
            )
            SELECT key, start, start + %1$d AS end, start + %1$d AS weigh_end, seq, ts, value
            FROM windows WHERE start + %1$d + %3$d > reached
            """
                .formatted(sizeMs, everyMs, graceMs));
  }

  Map<WindowId, Map<String, Double>> sessions(long gapMs, long graceMs) throws SQLException {
    return aggregates(
        TIMED
            + """
            , kept AS (
              SELECT *, CASE WHEN ts - lag(ts) OVER k <= %1$d THEN 0 ELSE 1 END AS begins
              FROM timed WHERE ts + %1$d + %2$d >= reached
              WINDOW k AS (PARTITION BY key ORDER BY ts, seq)
            ), numbered AS (
              SELECT *, sum(begins) OVER (
                PARTITION BY key ORDER BY ts, seq ROWS UNBOUNDED PRECEDING) AS session
              FROM kept
            )
            SELECT key,
              min(ts) OVER s AS start, max(ts) OVER s + 1 AS end, max(ts) OVER s AS weigh_end,
              seq, ts, value
            FROM numbered WINDOW s AS (PARTITION BY key, session)
            """
                .formatted(gapMs, graceMs));
  }

  /** None of the readings may be late. */
  Map<WindowId, Map<String, Double>> sliding(long spanMs) throws SQLException {
    execute("CREATE INDEX by_time ON readings (key, ts)");
    return aggregates(
        """
        WITH starts AS (
          SELECT key, ts - %1$d AS start FROM readings
          UNION
          SELECT key, ts + 1 FROM readings AS r WHERE EXISTS (
            SELECT 1 FROM readings AS x
            WHERE x.key = r.key AND x.ts BETWEEN r.ts + 1 AND r.ts + 1 + %1$d)
        )
        SELECT s.key, start, start + %1$d + 1 AS end, start + %1$d AS weigh_end, seq, ts, value
        FROM starts AS s JOIN readings AS r ON r.key = s.key AND ts BETWEEN start AND start + %1$d
        """
            .formatted(spanMs));
  }

  private Map<WindowId, Map<String, Double>> aggregates(String members) throws SQLException {
    execute("CREATE TEMPORARY TABLE member AS " + members);
    var windows = new HashMap<WindowId, Map<String, Double>>();
    try (Statement statement = database.createStatement();
        ResultSet rows = statement.executeQuery(AGGREGATES)) {
      while (rows.next()) {
        var told = new LinkedHashMap<String, Double>();
        for (String column : COLUMNS) {
          double number = rows.getDouble(column);
          told.put(column, rows.wasNull() ? Double.NaN : number);
        }
        windows.put(
            new WindowId(rows.getString("key"), rows.getLong("start"), rows.getLong("end")), told);
      }
    }
    execute("DROP TABLE member");
    return windows;
  }

  void execute(String sql) throws SQLException {
    try (Statement statement = database.createStatement()) {
      statement.execute(sql);
    }
  }

  @Override
  public void close() throws SQLException {
    database.close();
  }
}
