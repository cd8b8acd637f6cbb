package io.headwater.hub.kafka.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.List;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchResponseData.FetchableTopicResponse;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(10)
class FetchMemoryTest {
  private static final int MIB = 1 << 20;

  private final FetchMemory memory = new FetchMemory(16 * MIB);

  private static FetchResponseData answer(int bytes) {
    return new FetchResponseData()
        .setResponses(
            List.of(
                new FetchableTopicResponse()
                    .setPartitions(
                        List.of(
                            new PartitionData()
                                .setRecords(
                                    MemoryRecords.readableRecords(ByteBuffer.allocate(bytes)))))));
  }

  @Test
  void manyGetShareAfterShareUntilTooLittleIsLeft() {
    assertThat(memory.take(50 * MIB)).isEqualTo(4 * MIB);
    assertThat(memory.take(50 * MIB)).isEqualTo(3 * MIB);
    int more = 0;
    while (memory.take(50 * MIB) > 0) {
      more++;
    }
    assertThat(more).isBetween(3, 16);
    assertThat(memory.used()).isLessThanOrEqualTo(16 * MIB);
    assertThat(memory.takeLeast(50 * MIB)).isEqualTo(FetchMemory.LEAST);
  }

  @Test
  void whoWantsLittleGetsIt() {
    assertThat(memory.take(1_000)).isEqualTo(1_000);
    assertThat(memory.takeLeast(1_000)).isEqualTo(1_000);
  }

  @Test
  void whoWantsLessThanNothingGivesNobodyMore() {
    assertThat(memory.take(-MIB)).isZero();
    assertThat(memory.takeLeast(-MIB)).isZero();
    assertThat(memory.take(Integer.MIN_VALUE)).isZero();

    assertThat(memory.used()).isZero();
  }

  @Test
  void anAnswerHoldsWhatItHasOfRecordsAndLetsItGoOnce() {
    int taken = memory.take(50 * MIB);

    FetchMemory.Held held = memory.hold(taken, answer(3 * MIB));

    assertThat(memory.used()).isEqualTo(3 * MIB);
    held.letGo();
    held.letGo();
    assertThat(memory.used()).isZero();
  }

  @Test
  void oneLargeBatchIsHeldThoughItIsMoreThanWasTaken() {
    FetchMemory.Held held = memory.hold(memory.takeLeast(50 * MIB), answer(20 * MIB));

    assertThat(memory.take(50 * MIB)).isZero();
    held.letGo();
    assertThat(memory.take(50 * MIB)).isEqualTo(4 * MIB);
  }

  @Test
  void anAnswerWithoutRecordsInMemoryHoldsNothing() {
    memory.hold(memory.take(50 * MIB), new FetchResponseData());

    assertThat(memory.used()).isZero();
  }
}
