/** The APIs of producers and transactions, over the hub's transaction coordinator. */
@NullMarked
package io.headwater.hub.kafka.api.txn;

import org.jspecify.annotations.NullMarked;
