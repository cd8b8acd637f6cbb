package io.headwater.sim;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.headwater.process.UserError;
import io.headwater.sim.far.Place;
import io.headwater.sim.far.Verifier;
import io.headwater.sim.fleet.Fleet;
import io.headwater.sim.fleet.FleetSettings;
import io.headwater.sim.judge.Ledger;
import io.headwater.sim.judge.Rules;
import io.headwater.sim.judge.RunListener;
import io.headwater.sim.judge.Verdict;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * One load and its verdict: the verifier takes its position, the fleet publishes for a time, what
 * is due is waited for, and the verdict given.
 */
final class Run {
  private static final Duration CONNECT_WITHIN = Duration.ofSeconds(5);
  private static final Duration DRAIN_WITHIN = Duration.ofSeconds(20);
  private static final Duration TAIL_WITHOUT_PROGRESS = Duration.ofSeconds(15);
  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  private Run() {}

  /** Told once a second. */
  interface EverySecond {
    /** A text ends the run: the reason. */
    Optional<String> passed(long second, Fleet.Counts counts, long arrived);
  }

  /**
   * @param seconds how long was published
   * @param endedBy why the run ended before its time, if it did
   */
  record Result(
      FleetSettings fleet,
      double seconds,
      Fleet.Counts counts,
      Verdict verdict,
      Optional<String> endedBy) {
    boolean passed() {
      return verdict.passed() && endedBy.isEmpty();
    }

    void write(Path file) {
      try {
        var root = JSON.createObjectNode();
        root.put("passed", passed());
        endedBy.ifPresent(reason -> root.put("endedBy", reason));
        root.put("devices", fleet.devices());
        root.put("devicePrefix", fleet.devicePrefix());
        root.put("rate", fleet.rate());
        root.put("seed", fleet.seed());
        root.put("seconds", seconds);
        root.set("fleet", JSON.valueToTree(counts));
        root.set("verdict", JSON.valueToTree(verdict));
        JSON.writeValue(file.toFile(), root);
      } catch (IOException e) {
        throw UserError.failure("cannot write " + file + ": " + e.getMessage(), e);
      }
    }
  }

  static Result execute(
      FleetSettings settings,
      Place place,
      Clock clock,
      Optional<Duration> length,
      Interruption interruption,
      EverySecond everySecond) {
    var ledger = new Ledger();
    try (Verifier verifier =
            Verifier.start(
                place, settings.devicePrefix(), Rules.DEFAULTS, ledger, RunListener.NONE, clock);
        var fleet = new Fleet(settings, ledger, clock)) {
      fleet.connect(CONNECT_WITHIN);
      fleet.begin();
      long start = System.nanoTime();
      Optional<String> endedBy = Optional.empty();
      for (long second = 1; endedBy.isEmpty(); second++) {
        long until = TimeUnit.SECONDS.toNanos(second);
        boolean last = length.isPresent() && length.get().toNanos() <= until;
        long end = start + (last ? length.orElseThrow().toNanos() : until);
        if (interruption.awaitAsked(end - System.nanoTime())) {
          break;
        }
        endedBy = everySecond.passed(second, fleet.counts(), verifier.arrivedCount());
        if (last) {
          break;
        }
      }
      fleet.stop();
      double seconds = (System.nanoTime() - start) / 1e9;
      // When a process has died there is nothing to wait for.
      boolean alive = endedBy.isEmpty();
      fleet.drain(alive ? DRAIN_WITHIN : Duration.ZERO);
      Verdict verdict = verifier.finish(alive ? TAIL_WITHOUT_PROGRESS : Duration.ofSeconds(2));
      return new Result(settings, seconds, fleet.counts(), verdict, endedBy);
    }
  }
}
