package io.headwater.analytics;

import io.headwater.analytics.aggregate.WindowState;
import io.headwater.analytics.decode.Undecodable;
import java.util.Optional;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.kstream.Windowed;
import org.jspecify.annotations.Nullable;

/**
 * What results look like as records.
 *
 * <p>Key: the readings' key, or what the query says. Value: see {@link ResultEncoder}. Headers:
 * none of those of the readings, for the reading that came last says nothing about the window;
 * {@link #STATE} if another query merges the results.
 */
final class ResultRecords {
  /** Header with the window itself, see {@link MergedUse#header}. */
  static final String STATE = "analytics.window";

  /** One of them. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record ResultRecord(Bytes key, byte @Nullable [] value, Headers headers) {}

  private final Query query;
  private final ResultEncoder results;

  ResultRecords(Query query, Windows windows, Gaps gaps) {
    this.query = query;
    this.results = new ResultEncoder(query, windows, gaps);
  }

  /**
   * Of a window.
   *
   * @param revision how often it has been told before
   * @return empty if it is not to be told
   */
  Optional<ResultRecord> told(Windowed<Bytes> window, WindowState state, int revision) {
    ResultScope told = results.told(window, state);
    if (!results.isWanted(told)) {
      return Optional.empty();
    }
    var headers = new RecordHeaders();
    if (query.output().carriesState()) {
      headers.add(STATE, MergedUse.header(window.window().start(), told.window()));
    }
    return Optional.of(
        new ResultRecord(key(window.key(), told), results.encode(told, revision), headers));
  }

  /** That a window which has been told is no more. */
  ResultRecord gone(Windowed<Bytes> window) {
    ResultScope gone = results.gone(window);
    return new ResultRecord(key(window.key(), gone), results.retraction(gone), new RecordHeaders());
  }

  private Bytes key(Bytes own, ResultScope result) {
    if (query.output().key().isEmpty()) {
      return own;
    }
    try {
      return Keys.of(query.output().key().get(), result, "key");
    } catch (Undecodable _) {
      return own;
    }
  }
}
