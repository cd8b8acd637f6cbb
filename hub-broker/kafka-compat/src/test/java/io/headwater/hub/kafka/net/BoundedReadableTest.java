package io.headwater.hub.kafka.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.message.OffsetFetchRequestData;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.MessageUtil;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class BoundedReadableTest {
  @Test
  void makesNoRoomForMoreElementsThanAnyRequestHas() {
    // Metadata version 0: as many topics as there are bytes, each of one byte: more than is there.
    ByteBuffer request = ByteBuffer.allocate(8 << 20);
    request.putInt(0, BoundedReadable.MOST_ELEMENTS + 1);
    assertThatThrownBy(
            () -> new MetadataRequestData().read(new BoundedReadable(request), (short) 0))
        .isInstanceOf(RuntimeException.class)
        .hasMessageContaining("Tried to allocate a collection of size 1000001");
  }

  @Test
  void readsNoMoreFieldsThanAnyRequestHas() {
    // Offset fetch version 7: a thousand topics without a name, each with many partitions.
    var out = new ByteBufferAccessor(ByteBuffer.allocate(64 << 20));
    out.writeUnsignedVarint(2); // group "g"
    out.writeByte((byte) 'g');
    int topics = 10;
    out.writeUnsignedVarint(topics + 1);
    for (int i = 0; i < topics; i++) {
      out.writeUnsignedVarint(1);
      out.writeUnsignedVarint(500_001);
      for (int partition = 0; partition < 500_000; partition++) {
        out.writeInt(partition);
      }
      out.writeUnsignedVarint(0);
    }
    out.flip();
    assertThatThrownBy(
            () -> new OffsetFetchRequestData().read(new BoundedReadable(out.buffer()), (short) 7))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessage("a request of more than 4000000 fields");
  }

  @Test
  void readsWhatIsWithinTheLimitsAsItIs() {
    var request = new MetadataRequestData();
    for (int i = 0; i < 1_000; i++) {
      request.topics().add(new MetadataRequestData.MetadataRequestTopic().setName("topic" + i));
    }
    ByteBuffer bytes = MessageUtil.toByteBufferAccessor(request, (short) 9).buffer();
    assertThat(new MetadataRequestData(new BoundedReadable(bytes), (short) 9)).isEqualTo(request);
  }
}
