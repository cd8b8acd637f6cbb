package io.headwater.hub.kafka.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class OwnershipTest {
  private static final PartitionStates.Key KEY = new PartitionStates.Key(Uuid.randomUuid(), 0);

  /** What is made of an older state must not undo what was made of a newer one. */
  @Test
  void aChangeIsAppliedBeforeTheNextIsMade() throws Exception {
    var states = new MemoryStates();
    PartitionStates.Versioned first =
        states.create(KEY, new PartitionState(1, 0, 0, 0, List.of())).orElseThrow();
    var ownership = new Ownership(states, KEY, first);
    var applied = new ArrayList<Long>(); // guarded by the ownership
    var next =
        Thread.ofPlatform()
            .unstarted(() ->
                ownership.change(
                    state -> state.withStart(state.startOffset() + 1),
                    state -> applied.add(state.startOffset())));
    ownership.change(
        state -> state.withStart(1),
        state -> {
          next.start();
          await()
              .until(() ->
                  next.getState() == Thread.State.BLOCKED
                      || next.getState() == Thread.State.TERMINATED);
          applied.add(state.startOffset());
        });
    next.join();
    assertThat(applied).containsExactly(1L, 2L);
    assertThat(ownership.state().startOffset()).isEqualTo(2);
  }

  /** It may be that the state was changed before without an answer. */
  @Test
  void aStateThatStaysAsItIsIsAppliedToo() {
    var states = new MemoryStates();
    PartitionStates.Versioned first =
        states.create(KEY, new PartitionState(1, 0, 7, 0, List.of())).orElseThrow();
    var applied = new ArrayList<Long>();
    new Ownership(states, KEY, first)
        .change(state -> state, state -> applied.add(state.startOffset()));
    assertThat(applied).containsExactly(7L);
    assertThat(states.read(KEY)).contains(first);
  }
}
