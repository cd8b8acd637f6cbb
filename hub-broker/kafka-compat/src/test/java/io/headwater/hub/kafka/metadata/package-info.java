/** Tests of the topic catalog, and a catalog in memory for other packages' tests. */
@NullMarked
package io.headwater.hub.kafka.metadata;

import org.jspecify.annotations.NullMarked;
