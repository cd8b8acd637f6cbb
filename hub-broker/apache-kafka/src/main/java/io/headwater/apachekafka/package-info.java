/**
 * A real Apache Kafka for tests: what runs on the hub must run on it as well.
 *
 * <p>{@link io.headwater.apachekafka.ApacheKafka} starts its server from Maven Central's artifacts,
 * in a JVM and on a class path of its own.
 */
@NullMarked
package io.headwater.apachekafka;

import org.jspecify.annotations.NullMarked;
