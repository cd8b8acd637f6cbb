package io.headwater.edge.mqtt;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** Which normative statements a test is for; {@code docs/mqtt-conformance.md} lists them all. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
@interface Statement {
  /** Of MQTT 5: {@code MQTT-3.1.0-1}. */
  String[] value() default {};

  /** Of MQTT 3.1.1. */
  String[] old() default {};
}
