/**
 * What a run does and what it must hold: load in phases, faults at moments of a phase, bounds on
 * what is measured.
 *
 * <p>A {@link io.headwater.sim.scenario.Scenario} is read from YAML by {@link
 * io.headwater.sim.scenario.ScenarioFile}, which reports every mistake with its line. Moments may
 * be given as ranges; {@link io.headwater.sim.scenario.FaultPlan} draws them from a seed, so that a
 * run can be replayed. Nothing here knows how a fault is made.
 */
@NullMarked
package io.headwater.sim.scenario;

import org.jspecify.annotations.NullMarked;
