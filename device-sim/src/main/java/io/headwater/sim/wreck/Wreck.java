package io.headwater.sim.wreck;

import com.sun.tools.attach.AgentInitializationException;
import com.sun.tools.attach.AgentLoadException;
import com.sun.tools.attach.AttachNotSupportedException;
import com.sun.tools.attach.VirtualMachine;
import io.headwater.process.UserError;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Breaks JVMs of this machine and user. */
public final class Wreck {
  private Wreck() {}

  /**
   * Ends one session thread of the broker inside a bridge; returns when that has been asked for.
   *
   * @throws UserError if the process is no bridge, or does not let itself be attached to
   */
  public static void endSessionLoop(long bridge) {
    try {
      VirtualMachine machine = VirtualMachine.attach(Long.toString(bridge));
      try {
        machine.loadAgent(ownJar().toString());
      } finally {
        machine.detach();
      }
    } catch (AttachNotSupportedException
        | AgentLoadException
        | AgentInitializationException
        | IOException e) {
      throw UserError.failure("process " + bridge + " cannot be broken from inside: " + e, e);
    }
  }

  /** Its manifest names the agent's class. */
  private static Path ownJar() {
    try {
      Path jar = Path.of(Wreck.class.getProtectionDomain().getCodeSource().getLocation().toURI());
      if (Files.isDirectory(jar)) {
        throw UserError.failure(jar + " is a folder; only from its jar can this be done");
      }
      return jar;
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }
}
