package io.headwater.hub.kafka.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class TurnsTest {
  private final Deque<Runnable> workers = new ArrayDeque<>();
  private final List<Integer> ran = new ArrayList<>();

  @Test
  void oneWorkerRunsAllThatHasGathered() {
    var turns = new Turns(workers::add);

    turns.execute(() -> {
      ran.add(1);
      turns.execute(() -> ran.add(3)); // while its worker is at work
    });
    turns.execute(() -> ran.add(2));

    assertThat(workers).hasSize(1);
    workers.remove().run();
    assertThat(ran).containsExactly(1, 2, 3);
    assertThat(workers).isEmpty();
    turns.execute(() -> ran.add(4));
    assertThat(workers).as("the next worker").hasSize(1);
  }

  @Test
  void aWorkerGoesToTheOthersAfterAFewTasks() {
    var turns = new Turns(workers::add);
    var other = new Turns(workers::add);
    for (int i = 0; i <= Turns.MOST_IN_A_ROW; i++) {
      turns.execute(() -> ran.add(1));
    }
    other.execute(() -> ran.add(2));

    workers.remove().run();
    assertThat(ran).hasSize(Turns.MOST_IN_A_ROW).containsOnly(1);
    workers.remove().run();
    assertThat(ran).as("the other one's").endsWith(1, 2);
    workers.remove().run();
    assertThat(ran).endsWith(2, 1);
    assertThat(workers).isEmpty();
  }

  @Test
  void aTaskThatThrowsHoldsUpNoOther() {
    var turns = new Turns(workers::add);
    turns.execute(() -> {
      throw new StackOverflowError("on purpose");
    });
    turns.execute(() -> ran.add(2));

    assertThatThrownBy(workers.remove()::run).isInstanceOf(StackOverflowError.class);
    assertThat(ran).isEmpty();
    workers.remove().run();
    assertThat(ran).containsExactly(2);
    assertThat(workers).isEmpty();
  }

  @Test
  void keepsTheOrderOnManyWorkers() throws Exception {
    int tasks = 100_000;
    var done = new CountDownLatch(tasks);
    try (var pool = Executors.newFixedThreadPool(4)) {
      var turns = new Turns(pool);
      for (int i = 0; i < tasks; i++) {
        int number = i;
        turns.execute(() -> {
          ran.add(number); // not thread-safe: so it shows, too, that no two run at once
          done.countDown();
        });
      }
      done.await();
    }
    assertThat(ran).containsExactlyElementsOf(IntStream.range(0, tasks).boxed().toList());
  }
}
