// Drives a hub with kafkajs; prints a line for each check, ends at the first that fails.
// Usage: node client.js HOST:PORT, in a folder where `npm ci` has run.
'use strict';

const assert = require('node:assert');
const { Kafka, CompressionTypes, logLevel } = require('kafkajs');

const PATIENCE = 30_000;
const kafka = new Kafka({
  clientId: 'headwater',
  brokers: [process.argv[2]],
  logLevel: logLevel.ERROR,
});

function check(what, found, expected) {
  assert.deepStrictEqual(found, expected, `FAILED ${what}`);
  console.log(`ok ${what}`);
}

async function until(what, condition) {
  const end = Date.now() + PATIENCE;
  while (!(await condition())) {
    assert.ok(Date.now() < end, `FAILED ${what}: not within ${PATIENCE} ms`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  console.log(`ok ${what}`);
}

/** A member of a group that collects values. */
async function member(groupId, topic, found, more = {}) {
  const consumer = kafka.consumer({
    groupId,
    sessionTimeout: 6_000,
    heartbeatInterval: 300,
    rebalanceTimeout: 6_000,
    maxWaitTimeInMs: 100,
    retry: { retries: 10 },
    ...more,
  });
  const joined = { partitions: 0 };
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    joined.partitions = (payload.memberAssignment[topic] ?? []).length;
  });
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ message }) => {
      found.push(message.value.toString());
    },
  });
  return { consumer, joined };
}

async function administration(admin) {
  const topic = 'js-admin';
  check(
    'creates a topic',
    await admin.createTopics({
      topics: [{ topic, numPartitions: 2, configEntries: [{ name: 'retention.ms', value: '12345' }] }],
    }),
    true,
  );
  check('says that a topic exists', await admin.createTopics({ topics: [{ topic }] }), false);
  await admin.createPartitions({ topicPartitions: [{ topic, count: 4 }] });
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
  check('adds partitions', topics[0].partitions.length, 4);
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type: 2, name: topic, configNames: ['retention.ms'] }],
  });
  check('describes settings', resources[0].configEntries[0].configValue, '12345');
  await admin.alterConfigs({
    resources: [{ type: 2, name: topic, configEntries: [{ name: 'retention.ms', value: '54321' }] }],
  });
  const cluster = await admin.describeCluster();
  check('tells of one broker', cluster.brokers.length, 1);
  await admin.deleteTopics({ topics: [topic] });
  check('deletes a topic', (await admin.listTopics()).includes(topic), false);
}

async function producing(admin) {
  const topic = 'js-gzip';
  await admin.createTopics({ topics: [{ topic, numPartitions: 3 }] });
  const producer = kafka.producer({ idempotent: true });
  await producer.connect();
  const messages = Array.from({ length: 500 }, (_, n) => ({ key: `k${n}`, value: `gzip ${n}` }));
  await producer.send({ topic, messages, compression: CompressionTypes.GZIP });
  await producer.disconnect();
  const offsets = await admin.fetchTopicOffsets(topic);
  check('counts what was produced', offsets.reduce((sum, { high }) => sum + Number(high), 0), 500);
  const found = [];
  const { consumer } = await member('js-gzip-group', topic, found);
  await until('reads gzip back', () => found.length >= 500);
  await consumer.disconnect();
  check('each record once', new Set(found).size, 500);
  const [committed] = await admin.fetchOffsets({ groupId: 'js-gzip-group', topics: [topic] });
  check(
    'fetches what the group has committed',
    committed.partitions.reduce((sum, { offset }) => sum + Number(offset), 0),
    500,
  );
  await admin.resetOffsets({ groupId: 'js-gzip-group', topic, earliest: true });
  const again = [];
  const { consumer: second } = await member('js-gzip-group', topic, again);
  await until('reads again after a reset of the offsets', () => again.length >= 500);
  await second.disconnect();
  await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '-1' }] });
  const [first] = (await admin.fetchTopicOffsets(topic)).filter(({ partition }) => partition === 0);
  check('deletes records', first.low, first.high);
  await admin.deleteGroups(['js-gzip-group']);
  check(
    'deletes a group',
    (await admin.listGroups()).groups.some(({ groupId }) => groupId === 'js-gzip-group'),
    false,
  );
}

async function transactions(admin) {
  const topic = 'js-tx';
  await admin.createTopics({ topics: [{ topic, numPartitions: 1 }, { topic: 'js-tx-source' }] });
  const producer = kafka.producer({
    transactionalId: 'js-tx',
    maxInFlightRequests: 1,
    idempotent: true,
    transactionTimeout: 10_000,
  });
  await producer.connect();
  for (let n = 0; n < 6; n++) {
    const transaction = await producer.transaction();
    await transaction.send({ topic, messages: [{ value: `a${n}` }, { value: `b${n}` }] });
    await transaction.sendOffsets({
      consumerGroupId: 'js-tx-group',
      topics: [{ topic: 'js-tx-source', partitions: [{ partition: 0, offset: `${n}` }] }],
    });
    await (n % 2 === 0 ? transaction.commit() : transaction.abort());
  }
  await producer.disconnect();
  const found = [];
  const { consumer } = await member('js-tx-readers', topic, found);
  await until('reads what is committed', () => found.length >= 6);
  await consumer.disconnect();
  check('and nothing else', found, ['a0', 'b0', 'a2', 'b2', 'a4', 'b4']);
  const [source] = await admin.fetchOffsets({ groupId: 'js-tx-group', topics: ['js-tx-source'] });
  check('commits offsets with a transaction', source.partitions[0].offset, '4');
}

async function groups(admin) {
  const topic = 'js-group';
  await admin.createTopics({ topics: [{ topic, numPartitions: 4 }] });
  const producer = kafka.producer();
  await producer.connect();
  const found = [];
  const first = await member('js-group', topic, found);
  await until('a member alone has all', () => first.joined.partitions === 4);
  const second = await member('js-group', topic, found);
  await until(
    'a second member takes half',
    () => first.joined.partitions === 2 && second.joined.partitions === 2,
  );
  const { groups: described } = await admin.describeGroups(['js-group']);
  check('describes the group', [described[0].state, described[0].members.length], ['Stable', 2]);
  await producer.send({
    topic,
    messages: Array.from({ length: 200 }, (_, n) => ({ key: `k${n}`, value: `v${n}` })),
  });
  await until('both read', () => found.length >= 200);
  check('each record once', new Set(found).size, 200);
  await first.consumer.disconnect();
  await until('the one that stays takes all', () => second.joined.partitions === 4);
  await second.consumer.disconnect();
  await producer.disconnect();
}

async function offsets(admin) {
  const topic = 'js-times';
  await admin.createTopics({ topics: [{ topic, numPartitions: 1 }] });
  const producer = kafka.producer();
  await producer.connect();
  for (let n = 0; n < 10; n++) {
    await producer.send({ topic, messages: [{ value: `v${n}`, timestamp: `${1_000_000 + n * 1_000}` }] });
  }
  await producer.disconnect();
  const [found] = await admin.fetchTopicOffsetsByTimestamp(topic, 1_004_000);
  check('finds the offset of a time', found.offset, '4');
}

async function main() {
  console.log(`kafkajs ${require('kafkajs/package.json').version}, node ${process.version}`);
  const admin = kafka.admin();
  await admin.connect();
  await administration(admin);
  await producing(admin);
  await transactions(admin);
  await groups(admin);
  await offsets(admin);
  await admin.disconnect();
  console.log('all checked');
}

main().catch((e) => {
  console.log(e);
  process.exit(1);
});
