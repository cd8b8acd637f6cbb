package io.headwater.analytics;

import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.jspecify.annotations.Nullable;

/**
 * Writes the answers to single readings. They keep the readings' headers, so whoever reads them has
 * the capture time, too.
 *
 * <p>Confined to the Streams thread of its task.
 */
final class AnswerWriter implements Processor<Bytes, Outcome, Bytes, Outcome.Answered> {
  private @Nullable ProcessorContext<Bytes, Outcome.Answered> context;

  /** Writes an answer's value; nobody reads with it. */
  static Serde<Outcome.Answered> valueSerde() {
    return Serdes.serdeFrom(
        (_, answer) -> answer.value(),
        (_, _) -> {
          throw new UnsupportedOperationException("answers are not read back");
        });
  }

  @Override
  public void init(ProcessorContext<Bytes, Outcome.Answered> taskContext) {
    context = taskContext;
  }

  @Override
  @SuppressWarnings("NullAway") // Streams calls init first
  public void process(Record<Bytes, Outcome> record) {
    var answer = (Outcome.Answered) record.value();
    context.forward(record.withKey(answer.key()).withValue(answer));
  }
}
