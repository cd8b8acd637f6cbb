package io.headwater.sim.fleet;

import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Wakes the devices of one event loop when they are due: about once a millisecond, all that have
 * become due since, instead of a timer for each. Confined to the loop.
 */
final class Pacer {
  private static final long GRAIN_NANOS = 1_000_000;

  /** So many devices in a row; then the sockets have their turn. */
  private static final int MOST_AT_ONCE = 256;

  /** Of the devices, one part in so many is looked after at a time, each once a second. */
  private static final int TICKS = 20;

  private final EventLoop loop;
  private final AtomicReference<Tempo> tempo;
  private final List<Device> devices = new ArrayList<>();

  /** A binary heap of devices by the beat that they wait for. */
  private Device[] heap = new Device[16];

  private double[] beats = new double[16];
  private int size;

  private @Nullable Future<?> timer;
  private boolean waking;
  private int tick;

  Pacer(EventLoop loop, AtomicReference<Tempo> tempo) {
    this.loop = loop;
    this.tempo = tempo;
  }

  EventLoop loop() {
    return loop;
  }

  Tempo tempo() {
    return tempo.get();
  }

  /** Looks after the devices from now on. */
  void start(List<Device> loopsDevices) {
    devices.addAll(loopsDevices);
    loop.scheduleAtFixedRate(this::tick, 1_000, 1_000 / TICKS, TimeUnit.MILLISECONDS);
  }

  /** The device is woken on that beat, once. */
  void await(double beat, Device device) {
    if (size == heap.length) {
      heap = Arrays.copyOf(heap, 2 * size);
      beats = Arrays.copyOf(beats, 2 * size);
    }
    int at = size++;
    for (int up = (at - 1) / 2; at > 0 && beat < beats[up]; up = (at - 1) / 2) {
      place(at, heap[up], beats[up]);
      at = up;
    }
    place(at, device, beat);
    if (at == 0 && !waking) {
      setTimer();
    }
  }

  /** The tempo is another. */
  void tempoChanged() {
    setTimer();
  }

  /** Whether all devices have published what was due, and everything is acknowledged. */
  boolean idle() {
    return devices.stream().allMatch(Device::idle);
  }

  private void wake() {
    timer = null;
    waking = true;
    double now = tempo().beatAt(System.nanoTime());
    for (int woken = 0; woken < MOST_AT_ONCE && size > 0 && beats[0] <= now; woken++) {
      pollFirst().wake();
    }
    waking = false;
    if (size > 0 && beats[0] <= now) {
      // As a timer, because the loop runs all tasks before it turns to its sockets.
      timer = loop.schedule(this::wake, 0, TimeUnit.NANOSECONDS);
    } else {
      setTimer();
    }
  }

  private void setTimer() {
    if (timer != null) {
      timer.cancel(false);
      timer = null;
    }
    long due = size == 0 ? Tempo.NEVER : tempo().nanosAt(beats[0]);
    if (due != Tempo.NEVER) {
      timer =
          loop.schedule(
              this::wake, Math.max(GRAIN_NANOS, due - System.nanoTime()), TimeUnit.NANOSECONDS);
    }
  }

  private Device pollFirst() {
    Device first = heap[0];
    int last = --size;
    Device device = heap[last];
    double beat = beats[last];
    int at = 0;
    for (int down = 1; down < last; down = 2 * at + 1) {
      if (down + 1 < last && beats[down + 1] < beats[down]) {
        down++;
      }
      if (beat <= beats[down]) {
        break;
      }
      place(at, heap[down], beats[down]);
      at = down;
    }
    place(at, device, beat);
    return first;
  }

  private void place(int at, Device device, double beat) {
    heap[at] = device;
    beats[at] = beat;
  }

  private void tick() {
    long now = System.nanoTime();
    for (int i = tick++ % TICKS; i < devices.size(); i += TICKS) {
      devices.get(i).tick(now);
    }
  }
}
