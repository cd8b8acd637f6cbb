/** Tests against real bookies and a real ZooKeeper in this process. */
@NullMarked
package io.headwater.hub.bookkeeper;

import org.jspecify.annotations.NullMarked;
