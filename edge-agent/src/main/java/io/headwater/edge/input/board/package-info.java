/**
 * Buses and pins by Pi4J, with named providers: linuxfs for I2C, SPI and PWM, gpiod for pins, and
 * Pi4J's mock for what is simulated. Nothing of Pi4J is loaded before the first input or output
 * needs it, and nothing outside of this package knows it.
 */
@NullMarked
package io.headwater.edge.input.board;

import org.jspecify.annotations.NullMarked;
