"""Drives a hub with confluent-kafka (librdkafka); prints a line for each check, ends at the first that fails.

Usage: librdkafka.py HOST:PORT
"""

import sys
import time

import confluent_kafka
from confluent_kafka import (
    OFFSET_BEGINNING,
    Consumer,
    KafkaException,
    Producer,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient, ConfigResource, NewPartitions, NewTopic

HUB = sys.argv[1]
CODECS = ("none", "gzip", "snappy", "lz4", "zstd")
PATIENCE = 30


def check(what, found, expected):
    if found != expected:
        sys.exit(f"FAILED {what}: {found!r} instead of {expected!r}")
    print(f"ok {what}", flush=True)


def producer(**config):
    return Producer({"bootstrap.servers": HUB, "linger.ms": 5, **config})


def consumer(group, **config):
    return Consumer(
        {
            "bootstrap.servers": HUB,
            "group.id": group,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "session.timeout.ms": 6000,
            "heartbeat.interval.ms": 300,
            **config,
        }
    )


def send(to, topic, values, **more):
    failures = []
    for value in values:
        to.produce(
            topic,
            key=value,
            value=value,
            on_delivery=lambda error, _: error and failures.append(str(error)),
            **more,
        )
        to.poll(0)
    check(f"flush of {topic}", (to.flush(PATIENCE), failures), (0, []))


def read(members, count):
    """What the members of a group get together, until so many records have come."""
    found = []
    end = time.monotonic() + PATIENCE
    while len(found) < count and time.monotonic() < end:
        for member in members:
            message = member.poll(0.05)
            if message is not None and message.error() is None:
                found.append(message.value().decode())
    return found


def read_all(topic, count, **config):
    reader = consumer("nobody", **config)
    partitions = reader.list_topics(topic, PATIENCE).topics[topic].partitions
    reader.assign([TopicPartition(topic, p, OFFSET_BEGINNING) for p in partitions])
    found = read([reader], count)
    reader.close()
    return sorted(found)


def wait_for(what, condition, members):
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            sys.exit(f"FAILED {what}: not within {PATIENCE} s")
        for member in members:
            member.poll(0.05)
    print(f"ok {what}", flush=True)


def administration(admin):
    topic = NewTopic("py-admin", 2, 1, config={"cleanup.policy": "compact"})
    check("creates a topic", admin.create_topics([topic])["py-admin"].result(PATIENCE), None)
    try:
        admin.create_topics([topic])["py-admin"].result(PATIENCE)
        refused = None
    except KafkaException as e:
        refused = e.args[0].name()
    check("refuses a topic twice", refused, "TOPIC_ALREADY_EXISTS")
    resource = ConfigResource("topic", "py-admin")
    described = admin.describe_configs([resource])[resource].result(PATIENCE)
    check("describes settings", described["cleanup.policy"].value, "compact")
    resource = ConfigResource("topic", "py-admin", set_config={"retention.ms": "12345"})
    admin.alter_configs([resource])[resource].result(PATIENCE)
    described = admin.describe_configs([resource])[resource].result(PATIENCE)
    check("alters settings", described["retention.ms"].value, "12345")
    grown = admin.create_partitions([NewPartitions("py-admin", 4)])
    check("adds partitions", grown["py-admin"].result(PATIENCE), None)
    metadata = admin.list_topics("py-admin", PATIENCE)
    check("describes a topic", len(metadata.topics["py-admin"].partitions), 4)
    check("tells of one broker", len(metadata.brokers), 1)
    check("deletes a topic", admin.delete_topics(["py-admin"])["py-admin"].result(PATIENCE), None)
    check("forgets what was deleted", "py-admin" in admin.list_topics(timeout=PATIENCE).topics, False)


def create(admin, topic, partitions):
    admin.create_topics([NewTopic(topic, partitions, 1)])[topic].result(PATIENCE)


def codecs(admin):
    for codec in CODECS:
        topic = f"py-{codec}"
        create(admin, topic, 1)
        values = [f"{codec} {n} " + "x" * 100 for n in range(300)]
        send(producer(**{"compression.type": codec}), topic, values)
        check(f"reads {codec} back", read_all(topic, 300), sorted(values))


def idempotence(admin):
    create(admin, "py-idempotent", 3)
    values = [f"v{n}" for n in range(2000)]
    send(producer(**{"enable.idempotence": True, "compression.type": "lz4"}), "py-idempotent", values)
    check("idempotent records come once", read_all("py-idempotent", 2000), sorted(values))


def transactions(admin):
    create(admin, "py-tx", 2)
    create(admin, "py-tx-source", 1)
    ours = producer(**{"transactional.id": "py-tx", "transaction.timeout.ms": 10000})
    ours.init_transactions(PATIENCE)
    group = consumer("py-tx-group")
    group.subscribe(["py-tx-source"])
    send(producer(), "py-tx-source", ["one"])
    check("reads the source", read([group], 1), ["one"])
    for n in range(6):
        ours.begin_transaction()
        for m in range(10):
            ours.produce("py-tx", value=f"{n}:{m}")
        ours.flush(PATIENCE)  # an abort drops what has not been sent
        ours.send_offsets_to_transaction(
            [TopicPartition("py-tx-source", 0, n)], group.consumer_group_metadata(), PATIENCE
        )
        if n % 2 == 0:
            ours.commit_transaction(PATIENCE)
        else:
            ours.abort_transaction(PATIENCE)
    expected = sorted(f"{n}:{m}" for n in (0, 2, 4) for m in range(10))
    check("reads what is committed", read_all("py-tx", 30), expected)
    everything = read_all("py-tx", 60, **{"isolation.level": "read_uncommitted"})
    check("aborted records lie in the log", len(everything), 60)
    committed = group.committed([TopicPartition("py-tx-source", 0)], PATIENCE)
    check("commits offsets with a transaction", committed[0].offset, 4)
    group.close()
    newer = producer(**{"transactional.id": "py-tx", "transaction.timeout.ms": 10000})
    newer.init_transactions(PATIENCE)
    try:
        ours.begin_transaction()
        ours.produce("py-tx", value="zombie")
        ours.commit_transaction(PATIENCE)
        fenced = None
    except KafkaException as e:
        fenced = e.args[0].fatal()
    check("fences the older producer", fenced, True)


def groups(admin):
    create(admin, "py-group", 4)
    assigned = {}

    def member(name):
        made = consumer("py-group", **{"client.id": name})

        def took(_, partitions):
            assigned[name] = sorted(p.partition for p in partitions)

        made.subscribe(["py-group"], on_assign=took)
        return made

    send(producer(), "py-group", [f"v{n}" for n in range(400)])
    first = member("first")
    check("a member alone reads all", len(set(read([first], 400))), 400)
    first.commit(asynchronous=False)
    second = member("second")
    wait_for(
        "a second member takes half",
        lambda: len(assigned["first"]) == 2 and len(assigned.get("second", ())) == 2,
        [first, second],
    )
    check("every partition has one owner", sorted(assigned["first"] + assigned["second"]), [0, 1, 2, 3])
    listed = {group.id: group for group in admin.list_groups("py-group", PATIENCE)}
    check("lists the group with its members", len(listed["py-group"].members), 2)
    send(producer(), "py-group", [f"w{n}" for n in range(100)])
    check("both read on", len(set(read([first, second], 100))), 100)
    first.commit(asynchronous=False)
    second.commit(asynchronous=False)
    first.close()
    wait_for("the one that stays takes all", lambda: len(assigned["second"]) == 4, [second])
    partitions = [TopicPartition("py-group", p) for p in range(4)]
    check(
        "offsets are committed up to the end",
        sum(p.offset for p in second.committed(partitions, PATIENCE)),
        500,
    )
    second.close()


def offsets(admin):
    create(admin, "py-times", 1)
    to = producer()
    for n in range(10):
        send(to, "py-times", [f"v{n}"], timestamp=1_000_000 + n * 1000)
    reader = consumer("py-times")
    found = reader.offsets_for_times([TopicPartition("py-times", 0, 1_004_000)], PATIENCE)
    check("finds the offset of a time", found[0].offset, 4)
    found = reader.offsets_for_times([TopicPartition("py-times", 0, 9_000_000)], PATIENCE)
    check("a time past the end", found[0].offset in (-1, 10), True)
    watermarks = reader.get_watermark_offsets(TopicPartition("py-times", 0), PATIENCE)
    check("watermarks", watermarks, (0, 10))
    reader.close()


def main():
    print(f"confluent-kafka {confluent_kafka.version()[0]}, librdkafka {confluent_kafka.libversion()[0]}")
    admin = AdminClient({"bootstrap.servers": HUB})
    administration(admin)
    codecs(admin)
    idempotence(admin)
    transactions(admin)
    groups(admin)
    offsets(admin)
    print("all checked")


main()
