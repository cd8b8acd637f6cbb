package io.headwater.analytics;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.analytics.SqlReference.WindowId;
import io.headwater.testsupport.Seed;
import java.nio.file.Path;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every aggregate of every kind of window equals what SQL makes of the same readings: simulated
 * days, out of order, some too late. {@code -Dheadwater.reference.readings=10000000} is the long
 * run.
 */
@Timeout(3_600)
class ReferenceTest {
  private static final int READINGS = Integer.getInteger("headwater.reference.readings", 1_000_000);
  private static final int KEYS = 50;
  private static final Duration FEWEST_DAYS = Duration.ofDays(3);

  /** Between two readings when there are many; time-weighted means keep all of a window. */
  private static final Duration READING_EVERY = Duration.ofMillis(1_300);

  private static final long MINUTE_MS = 60_000;
  private static final long GRACE_MS = 180 * MINUTE_MS;

  @TempDir private Path folder;
  private final Seed seed = Seed.next();

  @Test
  void tumblingWindows() throws Exception {
    try (var sql = new SqlReference()) {
      var told =
          run(
              sql,
              READINGS,
              8 * 60,
              "window: {tumbling: 1h, grace: 3h}\nemit: final\nlate: drop\n");
      compare(told, sql.tumbling(60 * MINUTE_MS, GRACE_MS));
    }
  }

  @Test
  void hoppingWindows() throws Exception {
    try (var sql = new SqlReference()) {
      var told =
          run(
              sql,
              READINGS / 50,
              8 * 60,
              "window: {hopping: 1h, every: 20m, grace: 3h}\nemit: final\nlate: drop\n");
      compare(told, sql.hopping(60 * MINUTE_MS, 20 * MINUTE_MS, GRACE_MS));
    }
  }

  @Test
  void sessions() throws Exception {
    try (var sql = new SqlReference()) {
      var told = run(sql, READINGS / 50, 8 * 60, "window: {session: 15m, grace: 3h}\nlate: drop\n");
      compare(told, sql.sessions(15 * MINUTE_MS, GRACE_MS));
    }
  }

  @Test
  void slidingWindows() throws Exception {
    try (var sql = new SqlReference()) {
      var told = run(sql, READINGS / 200, 2 * 60, "window: {sliding: 2h, grace: 3h}\n");
      compare(told, sql.sliding(120 * MINUTE_MS));
    }
  }

  /** Publishes readings to the query and to SQL; the windows that the query tells at last. */
  private ToldWindows run(SqlReference sql, int readings, int latestMinutes, String window)
      throws SQLException {
    Query query =
        TopologyRun.query(
            "- name: q\n  from: in\n"
                + window.indent(2)
                + "  aggregates: ["
                + String.join(", ", SqlReference.COLUMNS)
                + "]\n");
    SplittableRandom random = seed.random();
    long daysMs = Math.max(FEWEST_DAYS.toMillis(), readings * READING_EVERY.toMillis());
    var told = new ToldWindows();
    try (var run = new TopologyRun(folder.resolve(query.name()), query);
        PreparedStatement insert = sql.inserts()) {
      for (int i = 0; i < readings; i++) {
        String key = "dev" + random.nextInt(KEYS);
        long timeMs = TopologyRun.T0 + i * daysMs / readings - delayMs(random, latestMinutes);
        double value = Math.round(random.nextDouble(-20, 40) * 1_000) / 1_000.0;
        run.publish("in", key, Double.toString(value), timeMs);
        insert.setInt(1, i);
        insert.setString(2, key);
        insert.setLong(3, timeMs);
        insert.setDouble(4, value);
        insert.addBatch();
        if (i % 1_000 == 999) {
          insert.executeBatch();
          run.json().forEach(told::add);
          run.dropChangelogs();
        }
      }
      insert.executeBatch();
      // Closes all windows that are still open.
      run.publish("in", "end", "1", TopologyRun.T0 + 2 * daysMs);
      run.json().forEach(told::add);
      told.removeKey("end");
      if (latestMinutes * MINUTE_MS > GRACE_MS) {
        assertThat(run.count("analytics.late")).as("%s", seed).isPositive();
      }
    }
    return told;
  }

  /** Most come at once, many out of order, a few so late that their windows may be closed. */
  private static long delayMs(SplittableRandom random, int latestMinutes) {
    int kind = random.nextInt(100);
    long most = kind < 70 ? 1 : kind < 95 ? latestMinutes / 4 : latestMinutes;
    return random.nextLong(most * MINUTE_MS);
  }

  private void compare(ToldWindows told, Map<WindowId, Map<String, Double>> expected) {
    assertThat(expected).as("%s", seed).hasSizeGreaterThan(100);
    told.assertEqual(expected, seed);
  }
}
