"""Goes on producing with confluent-kafka (librdkafka) while somebody kills the hub again and again.

Usage: librdkafka_kills.py HOST:PORT STOP_FILE

Prints "acked N" as it goes on; once STOP_FILE is there, ends what it has begun, reads everything and checks that what
was acknowledged is there once, in its order, and of transactions all or nothing.
"""

import os
import sys
import threading
import time

import confluent_kafka
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

HUB, STOP = sys.argv[1:]
PATIENCE = 60
PARTITIONS = 3
ROWS = 5  # of a transaction


def check(what, good, found=""):
    if not good:
        sys.exit(f"FAILED {what}: {found}")
    print(f"ok {what}", flush=True)


def config(**more):
    return {
        "bootstrap.servers": HUB,
        "linger.ms": 5,
        "message.timeout.ms": 0,
        "reconnect.backoff.max.ms": 500,
        **more,
    }


def fail(args):
    threading.__excepthook__(args)
    os._exit(1)  # the others would go on alone


threading.excepthook = fail


def stopped():
    return os.path.exists(STOP)


class Idempotent(threading.Thread):
    """Sends numbers; each has its partition."""

    def __init__(self):
        super().__init__(daemon=True)
        # One at a time: with more, librdkafka before 2.3 gives up for good ("rewound sequence number", its #4438) when
        # of the requests that a kill left unanswered some had not arrived.
        self.producer = Producer(config(**{"enable.idempotence": True, "max.in.flight": 1}))
        self.acked, self.failed, self.sent = [], [], 0

    def answered(self, error, message):
        (self.failed if error else self.acked).append(int(message.value()))

    def run(self):
        while not stopped():
            try:
                self.producer.produce(
                    "single", str(self.sent), partition=self.sent % PARTITIONS, on_delivery=self.answered
                )
                self.sent += 1
            except BufferError:
                pass
            self.producer.poll(0.002)
        self.left = self.producer.flush(PATIENCE)


class Transactions(threading.Thread):
    """Commits transactions over all partitions; each third is aborted."""

    def __init__(self):
        super().__init__(daemon=True)
        self.committed, self.begun, self.restarts = set(), 0, 0

    def open(self):
        while True:
            producer = Producer(config(**{"transactional.id": "kills"}))
            try:
                producer.init_transactions(PATIENCE)
                return producer
            except KafkaException as e:
                if e.args[0].fatal():
                    raise

    def end(self, step):
        """Librdkafka goes on with an end that it is asked for once more."""
        until = time.monotonic() + PATIENCE
        while True:
            try:
                return step(10)
            except KafkaException as e:
                if not e.args[0].retriable() or time.monotonic() > until:
                    raise

    def run(self):
        producer = self.open()
        while not stopped():
            number = self.begun
            self.begun += 1
            try:
                producer.begin_transaction()
                for row in range(ROWS):
                    producer.produce("whole", f"{number}/{row}", partition=row % PARTITIONS)
                if number % 3 == 2:
                    self.end(producer.abort_transaction)
                else:
                    self.end(producer.commit_transaction)
                    self.committed.add(number)
            except KafkaException as e:
                if e.args[0].txn_requires_abort():
                    self.end(producer.abort_transaction)
                else:
                    self.restarts += 1
                    producer = self.open()


def read_all(topic):
    """The values of each partition, of committed transactions only."""
    reader = Consumer(
        {"bootstrap.servers": HUB, "group.id": "nobody", "isolation.level": "read_committed", "enable.partition.eof": True}
    )
    reader.assign([TopicPartition(topic, p, OFFSET_BEGINNING) for p in range(PARTITIONS)])
    found, ended = {p: [] for p in range(PARTITIONS)}, set()
    until = time.monotonic() + PATIENCE
    while len(ended) < PARTITIONS and time.monotonic() < until:
        message = reader.poll(0.5)
        if message is None:
            continue
        if message.error() is None:
            found[message.partition()].append(message.value().decode())
        elif message.error().code() == confluent_kafka.KafkaError._PARTITION_EOF:
            ended.add(message.partition())
    reader.close()
    check(f"{topic} was read to its end", len(ended) == PARTITIONS, ended)
    return found


def main():
    topics = [NewTopic(name, PARTITIONS, 1) for name in ("single", "whole")]
    admin = AdminClient({"bootstrap.servers": HUB})
    for future in admin.create_topics(topics).values():
        future.result(PATIENCE)
    single, whole = Idempotent(), Transactions()
    single.start()
    whole.start()
    while not stopped():
        time.sleep(0.1)
        print(f"acked {min(len(single.acked), ROWS * len(whole.committed))}", flush=True)
    single.join(2 * PATIENCE)
    whole.join(2 * PATIENCE)
    check("both producers came to their end", not (single.is_alive() or whole.is_alive()))

    check(f"{single.sent} records were acknowledged", (single.left, single.failed) == (0, []), single.failed[:5])
    found = read_all("single")
    for partition, values in found.items():
        expected = [str(n) for n in range(single.sent) if n % PARTITIONS == partition]
        check(f"{len(values)} records of partition {partition}: each once, in order", values == expected)

    rows = sorted(value for values in read_all("whole").values() for value in values)
    there = {int(row.split("/")[0]) for row in rows}
    every = sorted(f"{number}/{row}" for number in there for row in range(ROWS))
    check(f"{len(there)} transactions are there whole and once", rows == every)
    check(f"all {len(whole.committed)} that were committed are among them", whole.committed <= there)
    aborted = {number for number in there if number % 3 == 2}
    check(f"no transaction that was aborted is; {whole.restarts} producers began anew", not aborted, aborted)
    print("all checked")


main()
