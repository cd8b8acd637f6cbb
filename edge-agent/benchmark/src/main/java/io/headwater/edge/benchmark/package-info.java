/**
 * The edge agent beside Mosquitto and HiveMQ CE, measured on one machine.
 *
 * <p>A {@link io.headwater.edge.benchmark.Row} is one kind of work. In each round all brokers do it
 * one after the other, in turns of who is first, with the same client code in this JVM: {@link
 * io.headwater.edge.benchmark.Connection} makes and reads its packets by hand on one event loop, as
 * clients and broker share the processors. {@link io.headwater.edge.benchmark.Rows} lists what is
 * measured. Nothing here is a test: a target that is missed is printed and fails nothing.
 */
@NullMarked
package io.headwater.edge.benchmark;

import org.jspecify.annotations.NullMarked;
