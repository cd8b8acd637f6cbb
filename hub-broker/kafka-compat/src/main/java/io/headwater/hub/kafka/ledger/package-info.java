/** The hub's logs in a cluster: each partition is a list of replicated ledgers. */
@NullMarked
package io.headwater.hub.kafka.ledger;

import org.jspecify.annotations.NullMarked;
