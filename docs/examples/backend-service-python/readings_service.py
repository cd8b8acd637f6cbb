"""A backend service: a member of a consumer group that keeps a summary of each device's readings.

Start it several times, and the members share out the topic's partitions. Offsets are committed
after the readings have been stored, so a member that dies loses none: another one reads them again
from the last commit. Summaries recognizes those that it has.

All of it happens on one thread, the callbacks of the consumer too.
"""

import logging
import os
import signal
import sqlite3
import time

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

HUB = os.environ.get("HUB", "localhost:9092")
TOPIC = os.environ.get("TOPIC", "sensors.temperature")
GROUP = os.environ.get("GROUP", "summaries")
DATABASE = os.environ.get("DATABASE", "readings.db")

BATCH = 500
REPORT_EVERY = 1.0

logger = logging.getLogger("readings_service")


class Summaries:
    """The summary of each device: how many readings, the smallest, the largest, the latest.

    A reading counts once, however often it is added: each row tells the offset of the last reading
    in it, in the same transaction, and takes only later ones. That is enough, because a device's
    readings lie in one partition, in order. (The partition is in the row's key for the day on which
    the topic gets more of them, and devices move.)

    Members share the database.
    """

    TABLE = """
        CREATE TABLE IF NOT EXISTS summaries (
          device TEXT, kafka_partition INTEGER, last_offset INTEGER,
          readings INTEGER, minimum REAL, maximum REAL, latest REAL,
          PRIMARY KEY (device, kafka_partition))
        """
    ADD = """
        INSERT INTO summaries VALUES (:device, :partition, :offset, 1, :value, :value, :value)
        ON CONFLICT (device, kafka_partition) DO UPDATE SET
          last_offset = excluded.last_offset,
          readings = readings + 1,
          minimum = min(minimum, excluded.minimum),
          maximum = max(maximum, excluded.maximum),
          latest = excluded.latest
        WHERE excluded.last_offset > last_offset
        """

    def __init__(self, file):
        # Another member may be writing: wait for it, up to 30 s.
        self._connection = sqlite3.connect(file, timeout=30)
        self._connection.execute(self.TABLE)

    def add(self, device, partition, offset, value):
        """Adds a reading, for good with the next commit()."""
        self._connection.execute(
            self.ADD,
            {"device": device, "partition": partition, "offset": offset, "value": value},
        )

    def commit(self):
        """All that was added is on disk when it returns."""
        self._connection.commit()

    def close(self):
        self._connection.close()


class ReadingsService:
    def __init__(self, consumer, summaries):
        self._consumer = consumer
        self._summaries = summaries
        self._partitions = set()  # ours at present
        self._stored = {}  # the next offset of each of them, behind what is stored
        self._stopping = False
        self._processed = 0
        self._reported = 0
        self._reported_at = time.monotonic()

    def stop(self, *_):
        """For signal handlers: the loop ends after the batch at hand."""
        self._stopping = True

    def run(self):
        self._consumer.subscribe(
            [TOPIC],
            on_assign=self._on_assign,
            on_revoke=self._on_revoke,
            on_lost=self._on_lost,
        )
        try:
            while not self._stopping:
                self._store(self._consumer.consume(BATCH, timeout=0.5))
                self._report()
            logger.info("stopping")
        finally:
            self._commit()
        logger.info("stopped after %d readings", self._processed)

    def _store(self, batch):
        # Those that another member has been given meanwhile are for it.
        batch = [message for message in batch if self._is_ours(message)]
        if not batch:
            return
        for message in batch:
            self._add(message)
        self._summaries.commit()
        for message in batch:
            self._stored[message.partition()] = message.offset() + 1
        self._processed += len(batch)
        # Asynchronously: the next batch need not wait, and a later commit covers one that failed.
        self._consumer.commit(offsets=self._offsets(), asynchronous=True)

    def _is_ours(self, message):
        error = message.error()
        if error is None:
            return message.partition() in self._partitions
        if error.code() == KafkaError.UNKNOWN_TOPIC_OR_PART or error.fatal():
            raise KafkaException(error)
        logger.warning("%s", error)  # librdkafka tries again by itself
        return False

    def _add(self, message):
        try:
            device, value = message.key().decode(), float(message.value())
        except (AttributeError, TypeError, ValueError):
            # It will not get better: who retries such a record for ever stands still. Your service
            # may want to send it to a topic of its own.
            logger.warning(
                "no reading, left out: %r at %s-%d offset %d",
                message.value(),
                message.topic(),
                message.partition(),
                message.offset(),
            )
            return
        self._summaries.add(device, message.partition(), message.offset(), value)

    def _offsets(self):
        return [TopicPartition(TOPIC, *next_of) for next_of in self._stored.items()]

    def _commit(self):
        """Waits for it; for the times when somebody else goes on from here."""
        if not self._stored:
            return
        try:
            self._consumer.commit(offsets=self._offsets(), asynchronous=False)
        except KafkaException as e:
            logger.warning("offsets not committed, some readings will come twice: %s", e)

    def _report(self):
        now = time.monotonic()
        if self._processed == self._reported or now - self._reported_at < REPORT_EVERY:
            return
        lag = 0
        for partition, offset in self._stored.items():
            _, end = self._consumer.get_watermark_offsets(
                TopicPartition(TOPIC, partition), cached=True
            )
            lag += max(0, end - offset)
        logger.info("processed %d readings, lag %d", self._processed, lag)
        self._reported = self._processed
        self._reported_at = now

    # Partitions come and go when members do.

    def _on_assign(self, _, partitions):
        self._partitions.update(each.partition for each in partitions)
        logger.info("partitions: %s", " ".join(map(str, sorted(self._partitions))))

    def _on_revoke(self, _, partitions):
        # The last moment at which they are ours: the next member begins at what is committed.
        self._commit()
        self._forget(partitions)

    def _on_lost(self, _, partitions):
        # They are another's already, and our commit would be refused.
        self._forget(partitions)

    def _forget(self, partitions):
        for each in partitions:
            self._partitions.discard(each.partition)
            self._stored.pop(each.partition, None)


def main():
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.INFO)
    summaries = Summaries(DATABASE)
    consumer = Consumer(
        {
            "bootstrap.servers": HUB,
            "group.id": GROUP,
            # A group that is new reads all that is there.
            "auto.offset.reset": "earliest",
            # We say what has been processed.
            "enable.auto.commit": False,
            # Readings reach the hub in transactions; one that was aborted never was.
            "isolation.level": "read_committed",
            # So long a member that died keeps its partitions.
            "session.timeout.ms": 6000,
            "heartbeat.interval.ms": 2000,
            # What every client library can do; members in Java may be in the group.
            "partition.assignment.strategy": "range",
        },
        logger=logger,
    )
    service = ReadingsService(consumer, summaries)
    signal.signal(signal.SIGTERM, service.stop)
    signal.signal(signal.SIGINT, service.stop)
    try:
        service.run()
    finally:
        consumer.close()  # leaves the group: the others need not wait for the time-out
        summaries.close()


if __name__ == "__main__":
    main()
