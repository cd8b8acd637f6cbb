@NullMarked
package io.headwater.hub.kafka.ledger;

import org.jspecify.annotations.NullMarked;
