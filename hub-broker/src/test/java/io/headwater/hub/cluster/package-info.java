/**
 * A cluster of hub processes under load and faults. {@link io.headwater.hub.cluster.HubNodes}
 * starts and hurts them, {@link io.headwater.hub.cluster.ClusterLoad} writes and reads as backend
 * services do and keeps a history, which {@link io.headwater.hub.cluster.History} checks.
 */
@NullMarked
package io.headwater.hub.cluster;

import org.jspecify.annotations.NullMarked;
