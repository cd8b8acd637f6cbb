package io.headwater.sim.record;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headwater.process.UserError;
import io.headwater.sim.judge.Arrival;
import io.headwater.sim.judge.Judge;
import io.headwater.sim.judge.Ledger;
import io.headwater.sim.judge.Rules;
import io.headwater.sim.judge.Split;
import io.headwater.sim.judge.Verdict;
import io.headwater.sim.reading.Reading;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A recorded stream, with single readings deleted, doubled, swapped, damaged, and so on. */
@Timeout(60)
class RunRecordTest {
  private static final Rules RULES = new Rules(60_000, false);
  private static final int DEVICES = 3;
  private static final int READINGS = 40;
  private static final long DUE = 1_764_135_082_123L;

  @TempDir private Path folder;

  private Path file;
  private Verdict verdict;
  private List<String> lines;

  @BeforeEach
  void recordAStream() throws IOException {
    file = folder.resolve("run.jsonl");
    verdict = write(file, "gateway-1");
    lines = Files.readAllLines(file);
  }

  private static Verdict write(Path file, String gateway) {
    try (RunRecordWriter record =
        RunRecordWriter.open(file, "steady", "sim-x-", RULES, 7, InstantSource.system())) {
      var ledger = new Ledger(record);
      var judge = new Judge("sim-x-", RULES);
      long offset = 0;
      for (int sequence = 1; sequence <= READINGS; sequence++) {
        for (int device = 0; device < DEVICES; device++) {
          var reading = new Reading("sim-x-" + device, sequence, 1, DUE, "21.5");
          Ledger.Account account = ledger.account(reading.device());
          account.published(sequence, 1);
          account.acknowledged(sequence, 1);
          var arrival =
              new Arrival(
                  DUE + 30,
                  "t-0@" + offset,
                  reading.device().getBytes(StandardCharsets.UTF_8),
                  reading.encode(),
                  "9f:t:0:" + offset++,
                  gateway,
                  "live");
          record.arrived(arrival);
          judge.take(arrival);
        }
      }
      record.note("end of: cut uplink");
      Verdict judged = judge.verdict(ledger);
      record.verdict(judged);
      return judged;
    }
  }

  @Test
  void repeatsTheVerdict() {
    RunRecord again = RunRecord.judge(file);
    assertThat(again.verdict()).isEqualTo(verdict);
    assertThat(again.verdict().passed()).isTrue();
    assertThat(again.recorded()).contains(true);
  }

  @Test
  void readsWhatItHasCompressed() throws IOException {
    Path compressed = folder.resolve("run.jsonl.gz");
    write(compressed, "gateway-1");
    assertThat(RunRecord.judge(compressed).verdict()).isEqualTo(verdict);
    assertThat(Files.size(compressed)).isLessThan(Files.size(file) / 4);
  }

  @Test
  void keepsBytesThatAreNoText() {
    Path other = folder.resolve("bytes.jsonl");
    try (RunRecordWriter record =
        RunRecordWriter.open(other, "s", "sim-x-", RULES, 7, InstantSource.system())) {
      record.arrived(
          new Arrival(
              1,
              "t",
              "sim-x-1".getBytes(StandardCharsets.UTF_8),
              new byte[] {-1, 0, 34},
              null,
              null,
              null));
    }
    assertThat(RunRecord.judge(other).verdict().corrupted()).isEqualTo(1);
  }

  /** One fault at one line of the stream. */
  enum Fault {
    DELETED {
      @Override
      List<String> make(String line) {
        return List.of();
      }
    },
    DOUBLED {
      @Override
      List<String> make(String line) {
        return List.of(line, line);
      }
    },
    DAMAGED {
      @Override
      List<String> make(String line) {
        return List.of(line.replace("21.5", "27.5"));
      }
    },
    DELAYED {
      @Override
      List<String> make(String line) {
        return List.of(line.replace("\"ms\":" + (DUE + 30), "\"ms\":" + (DUE + 60_001)));
      }
    },
    ATTEMPTED_AGAIN {
      @Override
      List<String> make(String line) {
        String device = line.replaceAll(".*\"key\":\"([^\"]*)\".*", "$1");
        long sequence = Long.parseLong(line.replaceAll(".*seq\\\\\":(\\d+).*", "$1"));
        String again =
            new String(
                new Reading(device, sequence, 2, DUE, "21.5").encode(), StandardCharsets.UTF_8);
        String offset = line.replaceAll(".*9f:t:0:(\\d+).*", "$1");
        return List.of(
            line,
            line.replaceAll(
                    "\"value\":\".*?[^\\\\]\",", // the quotes inside are escaped
                    java.util.regex.Matcher.quoteReplacement(
                        "\"value\":\"" + again.replace("\"", "\\\"") + "\","))
                .replace("9f:t:0:" + offset, "9f:t:0:9" + offset + "000"));
      }
    };

    abstract List<String> make(String line);
  }

  @ParameterizedTest
  @EnumSource
  void findsEverySingleFaultAtStartMiddleAndEndAndNothingElse(Fault fault) throws IOException {
    List<Integer> arrived = new ArrayList<>();
    for (int i = 0; i < lines.size(); i++) {
      if (lines.get(i).contains("\"event\":\"arrived\"")) {
        arrived.add(i);
      }
    }
    for (int at : arrived) {
      var changed = new ArrayList<>(lines.subList(0, at));
      changed.addAll(fault.make(lines.get(at)));
      changed.addAll(lines.subList(at + 1, lines.size()));
      Files.write(file, changed);

      Verdict found = RunRecord.judge(file).verdict();

      String where = fault + " in line " + (at + 1) + ": " + found;
      assertThat(found.lost())
          .as(where)
          .isEqualTo(fault == Fault.DELETED || fault == Fault.DAMAGED ? 1 : 0);
      assertThat(found.duplicates()).as(where).isEqualTo(fault == Fault.DOUBLED ? 1 : 0);
      assertThat(found.corrupted()).as(where).isEqualTo(fault == Fault.DAMAGED ? 1 : 0);
      assertThat(found.late()).as(where).isEqualTo(new Split(fault == Fault.DELAYED ? 1 : 0, 0));
      assertThat(found.resent())
          .as(where)
          .isEqualTo(new Split(fault == Fault.ATTEMPTED_AGAIN ? 1 : 0, 0));
      assertThat(found.reordered()).as(where).isEqualTo(new Split(0, 0));
    }
  }

  @Test
  void findsEveryTwoReadingsOfADeviceThatAreSwapped() throws IOException {
    List<Integer> ofOneDevice = new ArrayList<>();
    for (int i = 0; i < lines.size(); i++) {
      if (lines.get(i).contains("\"event\":\"arrived\"")
          && lines.get(i).contains("\"key\":\"sim-x-1\"")) {
        ofOneDevice.add(i);
      }
    }
    for (int i = 1; i < ofOneDevice.size(); i++) {
      var changed = new ArrayList<>(lines);
      java.util.Collections.swap(changed, ofOneDevice.get(i - 1), ofOneDevice.get(i));
      Files.write(file, changed);
      Verdict found = RunRecord.judge(file).verdict();
      assertThat(found.reordered()).as("%s", found).isEqualTo(new Split(1, 0));
      assertThat(found.lost() + found.duplicates() + found.corrupted()).as("%s", found).isZero();
    }
  }

  @Test
  void judgesWhatIsThereOfARunThatWasKilled() throws IOException {
    String whole = Files.readString(file);
    // Without the end, in the middle of a line.
    Files.writeString(file, whole.substring(0, whole.indexOf("\"note\"") + 3));
    RunRecord cut = RunRecord.judge(file);
    assertThat(cut.recorded()).isEmpty();
    assertThat(cut.verdict()).isEqualTo(verdict);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"hello", "{}", "{\"event\":\"arived\"}", "{\"event\":\"published\",\"seq\":1}"})
  void namesTheLineThatIsNotUnderstood(String wrong) throws IOException {
    UnaryOperator<String> third = line -> line.equals(lines.get(2)) ? wrong : line;
    Files.write(file, lines.stream().map(third).toList());
    assertThatThrownBy(() -> RunRecord.judge(file))
        .isInstanceOf(UserError.class)
        .hasMessageStartingWith(file + " line 3: is no line of a run record (");
  }

  @Test
  void namesAFileThatIsNoRecordOrNotThere() throws IOException {
    Files.write(file, lines.subList(1, lines.size()));
    assertThatThrownBy(() -> RunRecord.judge(file))
        .hasMessage(
            file + " line 1: is no line of a run record (the first line must have the event run)");
    Files.writeString(file, "");
    assertThatThrownBy(() -> RunRecord.judge(file)).hasMessageContaining("is empty");
    assertThatThrownBy(() -> RunRecord.judge(folder.resolve("none")))
        .hasMessage(folder.resolve("none") + ": there is no such file");
    assertThatThrownBy(() -> write(folder.resolve("no/folder"), "g"))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("--record " + folder.resolve("no/folder"));
  }
}
