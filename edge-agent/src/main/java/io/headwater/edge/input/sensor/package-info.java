/**
 * Sensors, and how their raw data becomes values.
 *
 * <p>A {@link io.headwater.edge.input.sensor.SensorType} reads the keys of a declared input into
 * {@link io.headwater.edge.input.sensor.SensorSettings}; these open a {@link
 * io.headwater.edge.input.sensor.Sensor} on the thread of its bus. Each type is a file here and a
 * line in {@link io.headwater.edge.input.sensor.SensorTypes}. Nothing here knows of threads, time,
 * MQTT or Pi4J: a {@link io.headwater.edge.input.sensor.Machine} gives files and buses.
 */
@NullMarked
package io.headwater.edge.input.sensor;

import org.jspecify.annotations.NullMarked;
