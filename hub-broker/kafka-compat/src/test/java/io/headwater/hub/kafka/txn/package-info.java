/**
 * Tests of transactions, over a running hub: epochs, errors by version, recovery, markers, tools.
 */
@NullMarked
package io.headwater.hub.kafka.txn;

import org.jspecify.annotations.NullMarked;
