package io.headwater.hub.kafka.net;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.FileRegion;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchResponseData.FetchableTopicResponse;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.record.internal.FileRecords;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.FetchResponse;
import org.apache.kafka.common.requests.RequestHeader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class ResponseWriterTest {
  private static final short VERSION = 12;
  private static final int CORRELATION = 7;

  @TempDir private Path folder;

  /** Of a file in which other records stand before them. */
  private FileRecords records(int valueSize) throws Exception {
    byte[] value = new byte[valueSize];
    new SplittableRandom(valueSize).nextBytes(value);
    FileRecords file = FileRecords.open(folder.resolve("log" + valueSize).toFile());
    int before =
        file.append(MemoryRecords.withRecords(Compression.NONE, new SimpleRecord(new byte[10])));
    int size = file.append(MemoryRecords.withRecords(Compression.NONE, new SimpleRecord(value)));
    return file.slice(before, size);
  }

  private List<Object> encode(FileRecords... all) {
    var topic = new FetchableTopicResponse().setTopic("t");
    for (FileRecords records : all) {
      topic.partitions().add(new PartitionData().setRecords(records).setHighWatermark(1));
    }
    var response = FetchResponse.of(new FetchResponseData().setResponses(List.of(topic)));
    var header = new RequestHeader(ApiKeys.FETCH, VERSION, "test", CORRELATION);
    return ResponseWriter.encode(
        ByteBufAllocator.DEFAULT, header.toResponseHeader(), response, VERSION);
  }

  /** What a client reads, and gives the parts back. */
  private FetchResponse receive(List<Object> parts) throws Exception {
    Path sent = folder.resolve("sent");
    try (var out = Channels.newChannel(Files.newOutputStream(sent))) {
      for (Object part : parts) {
        switch (part) {
          case ByteBuf buffer -> {
            out.write(buffer.nioBuffer());
            buffer.release();
          }
          case FileRegion region -> {
            region.transferTo(out, 0);
            region.release();
          }
          default -> throw new AssertionError(part);
        }
      }
    }
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(sent));
    assertThat(bytes.getInt()).isEqualTo(bytes.remaining());
    return (FetchResponse)
        AbstractResponse.parseResponse(
            bytes, new RequestHeader(ApiKeys.FETCH, VERSION, "test", CORRELATION));
  }

  private static List<Integer> valueSizes(FetchResponse response) {
    return response.data().responses().getFirst().partitions().stream()
        .map(FetchResponse::recordsOrFail)
        .map(records -> ((MemoryRecords) records).records().iterator().next())
        .map(Record::valueSize)
        .toList();
  }

  @Test
  void aFewRecordsGoInOnePieceWithWhatStandsAroundThem() throws Exception {
    List<Object> parts = encode(records(100), records(200));

    assertThat(parts).hasSize(1);
    assertThat(valueSizes(receive(parts))).containsExactly(100, 200);
  }

  @Test
  void manyRecordsAreSentFromTheirFile() throws Exception {
    List<Object> parts = encode(records(ResponseWriter.READ), records(100));

    assertThat(parts).hasSize(3);
    assertThat(parts.get(1)).isInstanceOf(FileRegion.class);
    assertThat(valueSizes(receive(parts))).containsExactly(ResponseWriter.READ, 100);
  }
}
