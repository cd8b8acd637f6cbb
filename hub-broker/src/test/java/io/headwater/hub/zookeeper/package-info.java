/** Tests against a real ZooKeeper in this process. */
@NullMarked
package io.headwater.hub.zookeeper;

import org.jspecify.annotations.NullMarked;
